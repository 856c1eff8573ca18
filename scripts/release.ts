/**
 * Makes a release, in two steps. All three packages share a version, because the command line carries the other two.
 *
 *   npm run release:version    changesets become versions and CHANGELOG.md, and what depends on them is written anew;
 *                              look at it and commit it
 *   npm run release            builds and checks what is committed, publishes it with provenance, and tags it
 */
import { execFileSync } from "node:child_process"
import { globSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { packageNames } from "./matrix/projects.ts"

const root = new URL("..", import.meta.url).pathname
const manifestOf = (name: string) => join(root, "packages", name, "package.json")
const read = (file: string): Record<string, unknown> => JSON.parse(readFileSync(file, "utf8"))

const run = (command: string, ...args: ReadonlyArray<string>) =>
  execFileSync(command, [...args], { cwd: root, stdio: "inherit" })
const git = (...args: ReadonlyArray<string>): string =>
  execFileSync("git", [...args], { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim()
/** changesets calls pnpm, which this puts on the path. */
const changeset = (command: string) =>
  run("npx", "--yes", "--package", "pnpm@12.21.0", "--", "node_modules/.bin/changeset", command)

/** Where the packages are developed. A registry compares it with where a release with provenance was built. */
const originOf = (): string | undefined => {
  try {
    return git("remote", "get-url", "origin")
  } catch {
    return undefined
  }
}

const version = () => {
  // Without a changeset the version stays as it is; the rest is written all the same.
  if (globSync(".changeset/*.md", { cwd: root }).length > 0) changeset("version")
  const origin = originOf()
  for (const name of packageNames) {
    const { repository, ...manifest } = read(manifestOf(name))
    const of = origin === undefined ? repository : { type: "git", url: origin, directory: `packages/${name}` }
    writeFileSync(manifestOf(name), `${JSON.stringify({ ...manifest, ...(of ? { repository: of } : {}) }, null, 2)}\n`)
  }
  for (const [name, file] of [
    ["runtime-sdk", "src/contract/version.ts"],
    ["runtime-cli", "src/version.ts"]
  ] as const) {
    const path = join(root, "packages", name, file)
    const constant = `export const version = "${read(manifestOf(name))["version"]}"`
    writeFileSync(path, readFileSync(path, "utf8").replace(/^export const version = ".*"$/m, constant))
  }
  run("npm", "run", "-s", "format")
  run("npm", "run", "-s", "reference")
  if (origin === undefined) console.log("There is no remote `origin`, so the packages do not say their repository yet.")
}

const publish = () => {
  if (git("status", "--porcelain") !== "") throw new Error("Commit first: a release is what is committed.")
  for (const name of packageNames) {
    if (read(manifestOf(name))["repository"] === undefined) {
      throw new Error(
        `${name} does not say its repository, and a release with provenance must. Add the remote \`origin\`, run ` +
          "`npm run release:version`, and commit what it writes."
      )
    }
  }
  for (const step of ["build", "packaging", "matrix"]) run("npm", "run", "-s", step)
  changeset("publish")
  console.log("Published. Push the tags, and put dist/sbom/*.cdx.json beside the release.")
}

const commands: Record<string, () => void> = { version, publish }
const command = commands[process.argv[2] ?? ""]
if (command === undefined) throw new Error(`Say one of ${Object.keys(commands).join(", ")}`)
try {
  command()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
