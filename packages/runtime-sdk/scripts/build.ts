/**
 * Builds the package: every module by tsc, then the entries for plain async code as one file each with Effect
 * inlined, because importing Effect's modules one by one takes ten times as long as the whole bundle.
 */
import { execFileSync } from "node:child_process"
import { copyFileSync, rmSync } from "node:fs"
import { bundle, bundledEntries } from "./bundle.ts"
import { writeCommonJs } from "./commonJs.ts"

const here = new URL("..", import.meta.url).pathname
rmSync(`${here}dist`, { recursive: true, force: true })
execFileSync("tsc", ["-p", `${here}tsconfig.build.json`], { stdio: "inherit" })
await bundle(bundledEntries, `${here}dist`)
await writeCommonJs(`${here}dist`)
copyFileSync(`${here}../../LICENSE`, `${here}LICENSE`)
