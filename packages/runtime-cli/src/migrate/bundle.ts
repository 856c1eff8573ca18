/**
 * Imports a bundle through the runtime's importer.
 */
import { createHash } from "node:crypto"
import { readBody } from "../core/input.ts"
import type { Session } from "../core/session.ts"

/** What `migrate import` takes. */
export interface BundleInput {
  readonly bundle: string
  readonly source: string | undefined
}

/** Imports it; the idempotency key is that of the content. */
export const runBundle = async (input: BundleInput, session: Session): Promise<void> => {
  const bundle = await readBody(input.bundle, [])
  const source = input.source ?? "vapi"
  const client = await session.client()
  const key = createHash("sha256")
    .update(JSON.stringify([source, bundle]))
    .digest("base64url")
  const imported = await client.imports.create(
    { source, bundle },
    { idempotencyKey: `import-${key}`, signal: session.signal }
  )
  session.out.result(imported, () => `${imported.id}: ${imported.mappings.length} rows`)
}
