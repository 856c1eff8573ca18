/**
 * Packs the three packages as `pnpm publish` would, and runs the registry checks on each tarball.
 */
import { readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { root, run, tool } from "./shell.ts"

/** The tarballs by package. */
export interface Tarballs {
  readonly sdk: string
  readonly local: string
  readonly cli: string
}

const pack = async (folder: string, work: string): Promise<string> => {
  const cwd = join(root, "packages", folder)
  const before = new Set(readdirSync(work))
  await run("npx", ["--yes", "pnpm@12.21.0", "pack", "--pack-destination", work], { cwd })
  const name = readdirSync(work).find((name) => name.endsWith(".tgz") && !before.has(name))
  if (name === undefined) throw new Error(`${folder} made no tarball`)
  return join(work, name)
}

/** Packs and checks them. */
export const packAll = async (work: string): Promise<Tarballs> => {
  const sdk = await pack("runtime-sdk", work)
  const local = await pack("runtime-local", work)
  const cli = await pack("runtime-cli", work)
  for (const [name, tarball] of Object.entries({ sdk, local, cli })) {
    await run(tool("publint"), ["run", "--strict", tarball], { cwd: root })
    // The command line has a bin and no entry to import: there are no types that could be wrong.
    const types = name === "cli" ? "no entry to import" : "attw"
    if (name !== "cli") {
      await run(tool("attw"), [tarball, "--profile", "node16", "--ignore-rules", "cjs-resolves-to-esm"], { cwd: root })
    }
    const files = (await run("tar", ["-tzf", tarball], { cwd: root })).trim().split("\n").length
    console.log(
      `${tarball.split("/").pop()}: ${(statSync(tarball).size / 1024).toFixed(0)} KB, ${files} files; publint, ${types}`
    )
  }
  return { sdk, local, cli }
}
