/**
 * Makes a release, in two steps. All packages share a version, because the command line carries the others.
 *
 *   npm run release:version    changesets become versions and CHANGELOG.md, and what depends on them is written anew;
 *                              look at it and commit it
 *   npm run release            builds and checks what is committed, publishes it with provenance, and tags it
 */
import { execFileSync } from "node:child_process"
import { globSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { placeholder, sharedFields, writeShared } from "./manifests.ts"
import { manifestOf, published, root } from "./packages.ts"

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
  if (origin !== undefined) fillIn(origin)
  writeShared()
  for (const { folder } of published) {
    const manifest = manifestOf(folder)
    for (const file of globSync("src/**/version.ts", { cwd: folder })) {
      const path = join(folder, file)
      const constant = `export const version = "${manifest.version}"`
      writeFileSync(path, readFileSync(path, "utf8").replace(/^export const version = ".*"$/m, constant))
    }
  }
  run("npm", "run", "-s", "format")
  run("npm", "run", "-s", "reference")
  if (isUnfilled()) console.log(`package.json still says ${placeholder}: fill it in, or add the remote \`origin\`.`)
}

const isUnfilled = (): boolean => sharedFields().repository.url.includes(placeholder)

/** Puts the address of the remote in the place of the placeholder. */
const fillIn = (origin: string): void => {
  const path = join(root, "package.json")
  const address = origin.replace(/^git@([^:]+):/, "https://$1/").replace(/\.git$/, "")
  const text = readFileSync(path, "utf8")
  writeFileSync(path, text.replaceAll(/https:\/\/[^"]*?OWNER\/REPOSITORY/g, address))
}

const publish = () => {
  if (git("status", "--porcelain") !== "") throw new Error("Commit first: a release is what is committed.")
  if (isUnfilled()) {
    throw new Error(
      "The packages do not say their repository, and a release with provenance must. Add the remote `origin`, run " +
        "`npm run release:version`, and commit what it writes."
    )
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
