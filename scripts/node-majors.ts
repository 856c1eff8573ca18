/**
 * Runs the transport's check under the oldest and the newest Node that the SDK supports, beside the one of the
 * workspace: the built-in dispatcher differs in each (undici 6, 7 and 8). Each Node comes from its npm package.
 */
import { execFileSync } from "node:child_process"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

const check = fileURLToPath(new URL("../packages/runtime-sdk/test/support/dispatcherCheck.ts", import.meta.url))
const built = fileURLToPath(new URL("../packages/runtime-sdk/dist/index.js", import.meta.url))
if (!existsSync(built)) throw new Error("dist is missing: npm run build first")

const modes = ["plain", "proxy", "mock", "removed"]
const under = (node: string): void => {
  for (const mode of modes) execFileSync(node, [check, mode, pathToFileURL(built).href], { stdio: "inherit" })
}

under(process.execPath)
for (const major of process.argv.length > 2 ? process.argv.slice(2) : ["22", "26"]) {
  const folder = mkdtempSync(join(tmpdir(), `node-${major}-`))
  try {
    writeFileSync(join(folder, "package.json"), '{ "private": true }')
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", `node@${major}`], {
      cwd: folder,
      stdio: ["ignore", "ignore", "inherit"]
    })
    under(join(folder, "node_modules/node/bin/node"))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
