/**
 * Builds the package: declarations by tsc, and the entry as one file.
 */
import { execFileSync } from "node:child_process"
import { copyFileSync, rmSync } from "node:fs"
import { bundle } from "./bundle.ts"

const here = new URL("..", import.meta.url).pathname
rmSync(`${here}dist`, { recursive: true, force: true })
execFileSync("tsc", ["-p", `${here}tsconfig.build.json`], { stdio: "inherit" })
await bundle(`${here}dist`)
copyFileSync(`${here}../../LICENSE`, `${here}LICENSE`)
