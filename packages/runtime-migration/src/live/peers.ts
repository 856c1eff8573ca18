/**
 * The drivers of databases: optional packages, which are looked at when a database of theirs is opened.
 */
import { readFileSync } from "node:fs"
import { createRequire, findPackageJSON } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { fail } from "../errors/MigrationError.ts"

/** The oldest version of each that works. */
const oldest = { pg: [8, 0], mysql2: [3, 0], "@electric-sql/pglite": [0, 3] } as const

type Driver = keyof typeof oldest

/** Where a project's package is, when the project has it. */
const fileIn = (project: string, specifier: string): string | undefined => {
  try {
    return createRequire(join(project, "package.json")).resolve(specifier)
  } catch {
    return undefined
  }
}

/** The version that an import from `base` gets; nothing where Node cannot say, as in a bundle. */
const versionFrom = (name: string, base: string | undefined): string | undefined => {
  try {
    const file = base === undefined ? undefined : findPackageJSON(name, base)
    const version: unknown = file === undefined ? undefined : JSON.parse(readFileSync(file, "utf8")).version
    return typeof version === "string" ? version : undefined
  } catch {
    return undefined
  }
}

const isOlder = (version: string, [major, minor]: readonly [number, number]): boolean => {
  const [isMajor = 0, isMinor = 0] = version.split(".", 2).map((part) => Number.parseInt(part, 10))
  return isMajor < major || (isMajor === major && isMinor < minor)
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && /^(ERR_)?MODULE_NOT_FOUND$/.test(String(error.code))

/**
 * Imports a driver: the project's, when a project is given and has it, else the one beside this package. A missing or
 * old one is an error that says what to install.
 */
export const importDriver = async <A>(
  name: Driver,
  specifier: string,
  load: () => Promise<A>,
  project: string | undefined
): Promise<A> => {
  const [major, minor] = oldest[name]
  const needs = minor === 0 ? `${major}` : `${major}.${minor}`
  const file = project === undefined ? undefined : fileIn(project, specifier)
  const version = versionFrom(name, file ?? import.meta.url)
  if (version !== undefined && isOlder(version, oldest[name])) {
    return fail({ _tag: "MissingPeer", name, needs, found: version })
  }
  try {
    // The same package as `load` imports, from another folder.
    return await (file === undefined ? load() : (import(pathToFileURL(file).href) as Promise<A>))
  } catch (error) {
    if (!isMissing(error)) throw error
    return fail({ _tag: "MissingPeer", name, needs, found: undefined }, error)
  }
}
