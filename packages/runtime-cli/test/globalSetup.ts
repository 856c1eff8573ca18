/** The tests run what is shipped: the bundle, built once. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { TestProject } from "vitest/node"
import { bundle } from "../scripts/bundle.ts"

declare module "vitest" {
  export interface ProvidedContext {
    bin: string
    host: string
  }
}

export default async (project: TestProject) => {
  const folder = mkdtempSync(join(tmpdir(), "aywa-cli-"))
  // The program, and the same in a process that stays.
  await bundle(join(folder, "dist"), [new URL("./hosted/host.ts", import.meta.url).pathname])
  project.provide("bin", join(folder, "dist/bin.js"))
  project.provide("host", join(folder, "dist/host.js"))
  return () => rmSync(folder, { recursive: true, force: true })
}
