/**
 * Pages of documentation in a folder.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** A page. */
export interface Page {
  /** `retries`, `reference/assistants`. */
  readonly name: string
  readonly title: string
  readonly text: string
}

/** Without what only the checks of this repository read. */
const plain = (text: string): string =>
  text
    .replace(/^---\n[^]*?\n---\n/, "")
    .replaceAll(/<!--[^]*?-->\n?/g, "")
    .trimStart()

/** The pages of a folder, by their names: only what was found when it was read can be asked for. */
export const readPages = (folder: string): ReadonlyMap<string, Page> => {
  const files = readdirSync(folder, { encoding: "utf8" }).filter((file) => file.endsWith(".md"))
  return new Map(
    files.toSorted().map((file) => {
      const name = file.slice(0, -3)
      const text = plain(readFileSync(join(folder, file), "utf8"))
      return [
        name,
        {
          name,
          title:
            /^# (.*)$/m
              .exec(text)?.[1]
              ?.replaceAll(/<[^>]*>/g, " ")
              .trim() ?? name,
          text
        }
      ] as const
    })
  )
}
