/**
 * Packs the packages and uses the tarballs as a stranger would: registry checks, then the install matrix in empty
 * projects outside of this workspace, each with a real call on a local runtime; then the bills of materials.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { checkDeclarations } from "./packaging/declarations.ts"
import { parts } from "./packaging/matrix.ts"
import { startRuntime } from "./packaging/runtime.ts"
import { writeSboms } from "./packaging/sbom.ts"
import { root } from "./packaging/shell.ts"
import { packAll } from "./packaging/tarballs.ts"

if (!existsSync(join(root, "packages/runtime-cli/dist/bin.js"))) throw new Error("dist is missing: npm run build first")
const began = performance.now()
const work = mkdtempSync(join(tmpdir(), "aywa-pack-"))
const runtime = await startRuntime()
try {
  checkDeclarations()
  const tarballs = await packAll(work)
  const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts)
  const queue = names.flatMap((name) => parts[name] ?? [])
  // Two at a time: installs wait for the network, checks for the processor.
  const worker = async () => {
    for (let part = queue.shift(); part !== undefined; part = queue.shift()) {
      for (const line of await part({ work, tarballs, env: runtime.env })) console.log(`pass  ${line}`)
    }
  }
  await Promise.all([worker(), worker()])
  if (process.argv.length === 2) await writeSboms(work, tarballs)
  console.log(`packaging: ${Math.round((performance.now() - began) / 1000)} s`)
} finally {
  await runtime.stop()
  rmSync(work, { recursive: true, force: true })
}
