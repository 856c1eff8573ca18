/** The tests run what is shipped: the bundle, built once. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { TestProject } from "vitest/node"
import { bundle } from "../scripts/bundle.ts"

declare module "vitest" {
  export interface ProvidedContext {
    bin: string
  }
}

export default async (project: TestProject) => {
  const folder = mkdtempSync(join(tmpdir(), "aywa-cli-"))
  await bundle(join(folder, "dist"))
  project.provide("bin", join(folder, "dist/bin.js"))
  return () => rmSync(folder, { recursive: true, force: true })
}
