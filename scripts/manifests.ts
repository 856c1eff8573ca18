/**
 * What is the same in every published package.json. A maintainer says it in one place, the package.json of the workspace;
 * `npm run release:version` writes it into the packages, and `npm run packaging` compares.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { manifestOf, published, root } from "./packages.ts"

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

/** Packages whose package.json says something else, or says nothing about what they are for. */
export const differing = (): ReadonlyArray<string> =>
  published
    .filter(({ name, folder }) => {
      const manifest: Record<string, unknown> = { ...manifestOf(folder) }
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
    const text = JSON.stringify({ name: full, version, description, keywords, ...rest, ...fieldsOf(name) }, null, 2)
    writeFileSync(join(folder, "package.json"), `${text}\n`)
  }
}

if (import.meta.main) writeShared()
