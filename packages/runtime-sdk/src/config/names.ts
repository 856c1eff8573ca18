/**
 * Options by name: one that does not exist would be ignored without a word.
 */
import { ConfigError } from "../errors/Errors.ts"

/** Throws a ConfigError about the first key of an object that is none of the known ones. */
export const refuseUnknown = (
  given: object,
  known: ReadonlyArray<string>,
  { field = (key: string) => key, what = "is no option" } = {}
): void => {
  const key = Object.keys(given).find((name) => !known.includes(name))
  if (key === undefined) return
  const meant = nearest(key, known)
  const hint = meant === undefined ? `There are: ${known.join(", ")}.` : `Did you mean "${meant}"?`
  throw new ConfigError({ field: field(key), message: `${field(key)} ${what}. ${hint}` })
}

/** The known name that a word was most likely meant to be. */
const nearest = (word: string, known: ReadonlyArray<string>): string | undefined => {
  const distances = known.map((name) => ({ name, distance: distanceOf(plain(word), plain(name)) }))
  const [best] = distances.toSorted((a, b) => a.distance - b.distance)
  if (best !== undefined && best.distance <= Math.max(1, Math.floor(best.name.length / 3))) return best.name
  // `timeout` is short of `timeoutSeconds` by too many letters to be a slip.
  return plain(word).length < 4 ? undefined : known.find((name) => plain(name).startsWith(plain(word)))
}

/** Words alone: `endOfCallReport` and `end-of-call-report` are the same. */
const plain = (name: string): string => name.toLowerCase().replace(/[^a-z]/g, "")

/** Edits between two words: insertions, deletions, substitutions. */
const distanceOf = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (const [i, letter] of [...a].entries()) {
    let left = i + 1
    row = row.map((above, j) => {
      if (j === 0) return left
      const replaced = (row[j - 1] ?? 0) + (letter === b[j - 1] ? 0 : 1)
      left = Math.min(left + 1, above + 1, replaced)
      return left
    })
  }
  return row[b.length] ?? 0
}

/** A value as a message names it, without showing it. */
export const kindOf = (value: unknown): string => {
  if (value === undefined || value === null) return String(value)
  if (Array.isArray(value)) return "a list"
  return typeof value === "object" ? "an object" : `a ${typeof value}`
}
