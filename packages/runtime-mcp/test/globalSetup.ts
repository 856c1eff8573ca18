/** The server that tests start as a process, in one file: that starts in a fraction of the time. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { build } from "esbuild"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  export interface ProvidedContext {
    server: string
  }
}

export default async (project: TestProject) => {
  const folder = mkdtempSync(join(tmpdir(), "aywa-mcp-server-"))
  const outfile = join(folder, "server.mjs")
  await build({
    entryPoints: [new URL("process.ts", import.meta.url).pathname],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node22",
    logLevel: "warning",
    // What yaml resolves to for Node is CommonJS, which requires parts of Node.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' }
  })
  project.provide("server", outfile)
  return () => rmSync(folder, { recursive: true, force: true })
}
