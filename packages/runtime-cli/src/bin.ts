#!/usr/bin/env node
/**
 * The `aywa-runtime` command. Says so when Node is too old: everything else is imported afterwards, because an old Node
 * could not even read it. So nothing here is newer than 2020, and nothing is imported by a statement.
 */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)

if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`aywa-runtime needs Node 22.19 or later, this is ${process.versions.node}.\n`)
  process.exitCode = 2
} else {
  // Compiled code is cached between runs: that is a third of the start-up time.
  process.getBuiltinModule("node:module").enableCompileCache()
  void import("./main.ts")
}
