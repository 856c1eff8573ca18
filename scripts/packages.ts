/**
 * The packages, from the folders themselves: who is published, and in which order they depend on one another. Builds,
 * types, tests, versions, tarballs, bills of materials and publishing checks all go by this list.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

export const root = new URL("..", import.meta.url).pathname

/** What an entry leads to, by condition. */
export type Targets = string | { readonly [condition: string]: Targets }

export interface Manifest {
  readonly name: string
  readonly version?: string
  readonly private?: boolean
  readonly bin?: Readonly<Record<string, string>>
  readonly repository?: unknown
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  /** What is said otherwise in a tarball. */
  readonly publishConfig?: { readonly exports?: Readonly<Record<string, Targets>> }
}

export interface Package {
  /** The folder's name, which is the package's without its scope. */
  readonly name: string
  readonly folder: string
  readonly manifest: Manifest
}

export const manifestOf = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))

const workspace: ReadonlyArray<Package> = readdirSync(join(root, "packages"))
  .map((name) => ({ name, folder: join(root, "packages", name) }))
  .filter(({ folder }) => existsSync(join(folder, "package.json")))
  .map((each) => ({ ...each, manifest: manifestOf(each.folder) }))

/** What has to be built before: what is named by `workspace:` as a dependency, or inlined from a development one. */
const needs = ({ manifest, name }: Package): ReadonlyArray<string> =>
  Object.entries({ ...manifest.dependencies, ...(manifest.bin === undefined ? {} : manifest.devDependencies) })
    .filter(([dependency, range]) => range.startsWith("workspace:") && dependency !== `@aywa-ai/${name}`)
    .map(([dependency]) => dependency.slice("@aywa-ai/".length))

const inOrder = (all: ReadonlyArray<Package>): ReadonlyArray<Package> => {
  const sorted: Array<Package> = []
  while (sorted.length < all.length) {
    const next = all.filter(
      (each) => !sorted.includes(each) && needs(each).every((name) => sorted.some((done) => done.name === name))
    )
    if (next.length === 0) throw new Error("The packages depend on one another in a circle")
    sorted.push(...next)
  }
  return sorted
}

/** The published packages, each after those that it is built upon. */
export const published: ReadonlyArray<Package> = inOrder(workspace.filter(({ manifest }) => manifest.private !== true))

/** All packages of the workspace that have types to check. */
export const typed: ReadonlyArray<Package> = [
  ...published,
  ...workspace.filter(({ manifest }) => manifest.private === true)
].filter(({ folder }) => existsSync(join(folder, "tsconfig.json")))

/** The packages that have tests. */
export const tested: ReadonlyArray<Package> = typed.filter(({ folder }) => existsSync(join(folder, "test")))
