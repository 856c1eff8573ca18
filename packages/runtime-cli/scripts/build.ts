/**
 * Builds the package into `dist`.
 */
import { chmodSync, copyFileSync } from "node:fs"
import { bundle } from "./bundle.ts"

const here = new URL("..", import.meta.url).pathname
await bundle(`${here}dist`)
chmodSync(`${here}dist/bin.js`, 0o755)
copyFileSync(`${here}../../LICENSE`, `${here}LICENSE`)
