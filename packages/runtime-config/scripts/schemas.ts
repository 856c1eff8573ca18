/**
 * Writes the JSON Schemas of the bodies that files hold, from the contract table: `node scripts/schemas.ts`. The entry
 * cannot make them itself: it carries the small schema, which knows no JSON Schema. A test holds the two together.
 */
import { writeFileSync } from "node:fs"
import { contract, openApi } from "@aywa-ai/runtime-sdk/contract"
import { contractBodies } from "../src/rows/kinds.ts"

/** The schemas by kind, as the contract says them today. */
export const bodySchemas = (): Readonly<Record<string, object>> => {
  const { schemas } = openApi(contract).components
  return Object.fromEntries(Object.entries(contractBodies).map(([kind, name]) => [kind, schemas[name] ?? {}]))
}

/** The module's text. */
export const moduleText = (): string => `/**
 * The JSON Schemas of what files hold. Written by \`node scripts/schemas.ts\` from the contract table.
 */

/** A JSON Schema. */
export interface BodySchema {
  readonly type: string
  readonly properties: { readonly [name: string]: object }
  readonly required?: ReadonlyArray<string>
  readonly additionalProperties: boolean
}

/** By the name of the resource. Keys stand in the order of the contract table. */
export const bodySchemas: { readonly [kind: string]: BodySchema } = JSON.parse(
  ${JSON.stringify(JSON.stringify(bodySchemas()))}
)
`

if (import.meta.main) {
  writeFileSync(new URL("../src/rows/bodySchemas.ts", import.meta.url), moduleText())
}
