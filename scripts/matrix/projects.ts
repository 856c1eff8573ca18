/** Packed tarballs, and empty projects that they are installed into, all in a folder that goes at the end. */
import { execFile } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { type Package, published } from "../packages.ts"

const execute = promisify(execFile)

export const work = mkdtempSync(join(tmpdir(), "aywa-matrix-"))
process.once("exit", () => rmSync(work, { recursive: true, force: true }))

export const run = async (command: string, args: ReadonlyArray<string>, cwd: string, env: NodeJS.ProcessEnv = {}) => {
  try {
    return await execute(command, [...args], { cwd, env: { ...process.env, ...env }, timeout: 240_000 })
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { readonly stdout?: string; readonly stderr?: string }
    throw new Error(`${command} ${args.join(" ")}\n${stdout}${stderr}`, { cause: error })
  }
}

/** Packs a package and gives the tarball's path. */
const pack = async ({ name, folder: source }: Package): Promise<string> => {
  const folder = join(work, `pack-${name}`)
  mkdirSync(folder)
  await run("npx", ["--yes", "pnpm@12.21.0", "pack", "--pack-destination", folder], source)
  return join(folder, readdirSync(folder)[0] ?? "")
}

export const project = async (
  name: string,
  dependencies: Record<string, string>,
  files: Record<string, string>,
  lock = "--package-lock=false"
) => {
  const folder = join(work, name)
  mkdirSync(folder)
  // Packages of ours that depend on one another are the packed ones, wherever they are named.
  const overrides = Object.fromEntries(
    Object.keys(dependencies)
      .filter((key) => key.startsWith("@aywa-ai/"))
      .map((key) => [key, `$${key}`])
  )
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name, version: "1.0.0", private: true, type: "module", dependencies, overrides })
  )
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  if (Object.keys(dependencies).length > 0) {
    await run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", lock], folder)
  }
  return folder
}

/** The tarballs that rows of the matrix name, among all. */
type Tarballs = Readonly<
  Record<
    | "runtime-sdk"
    | "runtime-local"
    | "runtime-migration"
    | "runtime-config"
    | "runtime-conformance"
    | "runtime-mcp"
    | "runtime-cli",
    string
  >
> & {
  readonly [name: string]: string
}

/** `file:` specifiers of the tarballs, by package name without the scope. */
export const packAll = async (): Promise<Tarballs> => {
  const packed = await Promise.all(published.map(async (each) => [each.name, `file:${await pack(each)}`] as const))
  // The folders that are there; a name that is not among them fails when it is installed.
  return Object.fromEntries(packed) as unknown as Tarballs
}
