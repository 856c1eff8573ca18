/**
 * The runtime as a process of its own: `node src/bin.ts --port 4010 --db ./runtime.sqlite`.
 *
 * Says so when Node is too old: everything else is imported afterwards, because an old Node could not even read it. So
 * nothing here is newer than 2020, and nothing is imported by a statement.
 */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)

if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`The local runtime needs Node 22.19 or later, this is ${process.versions.node}.\n`)
  process.exitCode = 2
} else {
  void import("./process.ts")
}
