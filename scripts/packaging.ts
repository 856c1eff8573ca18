/**
 * Looks at the tarballs as a registry and an editor would: what is in them, publint, attw, and that no declaration of
 * the promise entries names Effect. The matrix uses them.
 */
import { readFileSync, statSync } from "node:fs"
import { basename, join } from "node:path"
import { bundledEntries } from "../packages/runtime-sdk/scripts/bundle.ts"
import { differing } from "./manifests.ts"
import { packAll, run, work } from "./matrix/projects.ts"
import { published, root } from "./packages.ts"

/** What every tarball must be: whole, documented, and resolved the same way by Node and TypeScript. */
const checkTarball = async (tarball: string, hasTypes: boolean): Promise<void> => {
  const files = (await run("tar", ["-tzf", tarball], work)).stdout.trim().split("\n")
  for (const needed of ["package/package.json", "package/README.md", "package/LICENSE"]) {
    if (!files.includes(needed)) throw new Error(`${tarball} has no ${needed}`)
  }
  const strays = files.filter((file) => !/^package\/(dist\/|package\.json$|README\.md$|LICENSE$)/.test(file))
  if (strays.length > 0) throw new Error(`${tarball} also has ${strays.join(", ")}`)
  const leaked = files.filter((file) => /\.map$|\.test\.|\.bench\.|\/(test|fixtures)\//.test(file))
  if (leaked.length > 0) throw new Error(`${tarball} ships source maps or tests: ${leaked.join(", ")}`)
  console.log(`${basename(tarball)}: ${(statSync(tarball).size / 1024).toFixed(0)} KB, ${files.length} files`)
  await run("publint", ["run", "--strict", tarball], root)
  // A command has no types to resolve.
  if (!hasTypes) return
  // `require` of an entry that checks its peers gives the very namespace that the declarations of the module describe.
  await run("attw", [tarball, "--profile", "node16", "--ignore-rules", "cjs-resolves-to-esm", "false-esm"], root)
}

/** The declarations that an entry reaches: none of the promise entries' may name Effect. */
const declarationsOf = (entry: string, seen = new Set<string>()): ReadonlySet<string> => {
  if (seen.has(entry)) return seen
  seen.add(entry)
  for (const [, from = ""] of readFileSync(entry, "utf8").matchAll(/from "([^"]+)"/g)) {
    if (/^effect(\/|$)/.test(from))
      throw new Error(`${entry} names ${from}: the promise entries must check without effect`)
    const [, ours, sub = "index"] = /^@aywa-ai\/([\w-]+)(?:\/(.+))?$/.exec(from) ?? []
    if (ours !== undefined) declarationsOf(join(root, `packages/${ours}/dist/${sub}.d.ts`), seen)
    if (from.startsWith(".")) declarationsOf(join(entry, "..", from.replace(/\.(js|ts)$/, ".d.ts")), seen)
  }
  return seen
}

const promiseEntries = {
  "runtime-sdk": ["outbound", "tools", "inbox/bullmq", "inbox/pg-boss", ...bundledEntries],
  "runtime-migration": ["index"],
  "runtime-config": ["index"],
  "runtime-conformance": ["index"]
}
for (const [name, entries] of Object.entries(promiseEntries)) {
  for (const entry of entries) {
    const reached = declarationsOf(join(root, `packages/${name}/dist/${entry}.d.ts`))
    console.log(`${name}/${entry}.d.ts reaches ${reached.size} declaration files, none of which names effect`)
  }
}
if (differing().length > 0) {
  throw new Error(
    `Not what the workspace's package.json says: ${differing().join(", ")}. Run: node scripts/manifests.ts`
  )
}
const tarballs = await packAll()
for (const { name, manifest } of published) {
  await checkTarball((tarballs[name] ?? "").slice("file:".length), manifest.bin === undefined)
}
