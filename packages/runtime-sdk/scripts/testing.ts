/**
 * Builds the entry `./testing`, after the local runtime, which itself needs the contract. It is compiled into a folder
 * of its own: what it imports stands in `dist` already, and tsc does not write what it reads.
 */
import { execFileSync } from "node:child_process"
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"

const here = new URL("..", import.meta.url).pathname
const folder = mkdtempSync(join(here, "dist-"))
try {
  execFileSync("tsc", ["-p", join(here, "tsconfig.testing.json"), "--outDir", folder], { stdio: "inherit" })
  for (const name of readdirSync(folder)) {
    if (name.startsWith("testing")) cpSync(join(folder, name), join(here, "dist", name), { recursive: true })
  }
} finally {
  rmSync(folder, { recursive: true })
}
