/**
 * Checks the types of every package, and of these scripts.
 */
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { root, typed } from "./packages.ts"

const projects = [...typed.map(({ folder }) => folder), join(root, "scripts")]
const failed = projects.filter((project) => spawnSync("tsc", ["-p", project], { stdio: "inherit" }).status !== 0)
if (failed.length > 0) process.exitCode = 1
