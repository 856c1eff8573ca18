/**
 * What is the same in every published package.json. A maintainer says it in one place, the package.json of the workspace;
 * `npm run release:version` writes it into the packages, and `npm run packaging` compares.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type Manifest, manifestOf, published, root, type Targets } from "./packages.ts"

/** What stands in the workspace's package.json until a maintainer has said where it is developed. */
export const placeholder = "OWNER/REPOSITORY"

interface Shared {
  readonly homepage: string
  readonly bugs: { readonly url: string }
  readonly repository: { readonly type: string; readonly url: string }
  readonly license: string
}

/** What the workspace says. */
export const sharedFields = (): Shared => JSON.parse(readFileSync(join(root, "package.json"), "utf8"))

/** The fields that a package has to have. */
const fieldsOf = (name: string) => {
  const { homepage, bugs, license, repository } = sharedFields()
  return { homepage, bugs, license, repository: { ...repository, directory: `packages/${name}` } }
}

/** The declarations of an entry: those of `require` where they are others. */
const declarationsOf = (targets: Targets): string | undefined => {
  if (typeof targets === "string") return undefined
  const { types, require } = targets
  return (
    (require === undefined ? undefined : declarationsOf(require)) ?? (typeof types === "string" ? types : undefined)
  )
}

/**
 * Where TypeScript finds the declarations of an entry when it resolves without `exports`: `module: "commonjs"` with nothing
 * else said, before TypeScript 6.
 */
const typesVersionsOf = (exports: Readonly<Record<string, Targets>>) => {
  const entries = Object.entries(exports).flatMap(([entry, targets]) => {
    const types = declarationsOf(targets)
    return entry === "." || types === undefined ? [] : [[entry.slice(2), [types]]]
  })
  return entries.length === 0 ? {} : { typesVersions: { "*": Object.fromEntries(entries) } }
}

/** `publishConfig` with what follows from its `exports`. */
const publishConfigOf = ({ publishConfig = {} }: Manifest) => ({
  ...publishConfig,
  ...(publishConfig.exports !== undefined && typesVersionsOf(publishConfig.exports))
})

/** Packages whose package.json says something else, or says nothing about what they are for. */
export const differing = (): ReadonlyArray<string> =>
  published
    .filter(({ name, folder }) => {
      const manifest: Record<string, unknown> = { ...manifestOf(folder) }
      const resolved = publishConfigOf(manifestOf(folder))
      if (JSON.stringify(manifest["publishConfig"] ?? {}) !== JSON.stringify(resolved)) return true
      const same = Object.entries(fieldsOf(name)).every(
        ([key, value]) => JSON.stringify(manifest[key]) === JSON.stringify(value)
      )
      const keywords: unknown = manifest["keywords"]
      return (
        !same || !Array.isArray(keywords) || !keywords.includes("aywa") || typeof manifest["description"] !== "string"
      )
    })
    .map(({ name }) => name)

/** Writes them into every package. */
export const writeShared = (): void => {
  for (const { name, folder } of published) {
    const { description, keywords, ...manifest }: Record<string, unknown> = { ...manifestOf(folder) }
    const { name: full, version, ...rest } = manifest
    const fields = { ...rest, ...fieldsOf(name), publishConfig: publishConfigOf(manifestOf(folder)) }
    const text = JSON.stringify({ name: full, version, description, keywords, ...fields }, null, 2)
    writeFileSync(join(folder, "package.json"), `${text}\n`)
  }
}

if (import.meta.main) writeShared()
