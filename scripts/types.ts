/**
 * Checks the types of every package, and of these scripts.
 */
import { spawnSync } from "node:child_process"
import { globSync } from "node:fs"
import { join } from "node:path"
import { root, typed } from "./packages.ts"

/** What runs in a browser knows other globals. */
const pages = globSync("packages/*/{src,test}/**/tsconfig.json", { cwd: root }).map((file) => join(root, file))

const projects = [...typed.map(({ folder }) => folder), ...pages, join(root, "scripts")]
const failed = projects.filter((project) => spawnSync("tsc", ["-p", project], { stdio: "inherit" }).status !== 0)
if (failed.length > 0) process.exitCode = 1
