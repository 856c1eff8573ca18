/**
 * The program that tests start as a process, in one file, built once: from source each start would take the processor as
 * long as a hundred requests of its tests do.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  export interface ProvidedContext {
    /** The file of the program. */
    localBin: string
  }
}

export default async (project: TestProject) => {
  const folder = mkdtempSync(join(tmpdir(), "aywa-local-"))
  const file = join(folder, "bin.mjs")
  await build({
    entryPoints: [fileURLToPath(new URL("../src/bin.ts", import.meta.url))],
    outfile: file,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
    logLevel: "warning"
  })
  project.provide("localBin", file)
  return () => rmSync(folder, { recursive: true, force: true })
}
