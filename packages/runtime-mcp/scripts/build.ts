/**
 * Builds the package with tsc. Both entries run on Effect, which is a peer, so nothing is inlined.
 */
import { execFileSync } from "node:child_process"
import { copyFileSync, rmSync } from "node:fs"

const here = new URL("..", import.meta.url).pathname
rmSync(`${here}dist`, { recursive: true, force: true })
execFileSync("tsc", ["-p", `${here}tsconfig.build.json`], { stdio: "inherit" })
copyFileSync(`${here}../../LICENSE`, `${here}LICENSE`)
