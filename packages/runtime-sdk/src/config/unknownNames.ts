/**
 * Options are closed: a name that nobody reads is a mistake, and is told apart before it is ignored. The one place that
 * compares names, for every bag of options of these packages.
 */

/** The names of a bag of options; the compiler holds the list complete. */
export type Names<Options> = { readonly [K in keyof Options]-?: true }

/** A name that is not among those that are known, and what to do about it. */
export interface UnknownName {
  readonly name: string
  /** A sentence, beginning with the name. */
  readonly message: string
}

/** The first name of a bag that nobody reads; undefined when there is none. */
export const unknownName = (options: object, names: object, what = "is not an option"): UnknownName | undefined => {
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(names, name)) continue
    const candidates = Object.keys(names)
    const suggestion = nearestName(name, candidates)
    const label = /^[\w.-]{1,60}$/.test(name) ? name : "A name among them"
    return {
      name: label,
      message: `${label} ${what}. ${suggestion === undefined ? `There are: ${candidates.join(", ")}.` : `Did you mean ${suggestion}?`}`
    }
  }
  return undefined
}

/**
 * The known name that a field's name nearly is: the same letters, or one or two slips. Less than for options, where
 * every unknown name is wrong: a newer runtime has fields of its own.
 */
export const almost = (name: string, known: ReadonlyArray<string>): string | undefined => {
  const wrong = letters(name)
  let nearest: string | undefined
  let least = 3
  for (const right of known) {
    const meant = letters(right)
    const slips = slipsBetween(wrong, meant)
    if (slips >= least || slips > Math.min(wrong.length, meant.length) / 2.5) continue
    nearest = right
    least = slips
  }
  return nearest
}

/** What is wrong with a value that has to be one of some words; undefined where it is one. */
export const wrongChoice = (value: unknown, choices: ReadonlyArray<string>): string | undefined => {
  if (typeof value === "string" && choices.includes(value)) return undefined
  const meant = typeof value === "string" ? (begunBy(value, choices) ?? nearestName(value, choices)) : undefined
  const shown = typeof value === "string" && /^[\w.-]{0,60}$/.test(value) ? JSON.stringify(value) : `a ${typeof value}`
  const last = choices.at(-1) ?? ""
  const list = choices.length > 1 ? `${choices.slice(0, -1).join(", ")} or ${last}` : last
  return `takes ${list}, not ${shown}.${meant === undefined ? "" : ` Did you mean ${meant}?`}`
}

/** A word that was cut short: `prod`. */
const begunBy = (value: string, choices: ReadonlyArray<string>): string | undefined =>
  value.length >= 3 ? choices.find((choice) => choice.startsWith(value.toLowerCase())) : undefined

const letters = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "")

/** The known name that is meant, if one is near enough. */
export const nearestName = (name: string, candidates: ReadonlyArray<string>): string | undefined => {
  const wrong = letters(name).slice(0, 40)
  const ranked = candidates
    .map((right) => ({ right, far: distance(wrong, letters(right)) }))
    .toSorted((a, b) => a.far - b.far)
  return ranked.find(({ far }) => far < Infinity)?.right
}

/** How far two names are apart: a part of the other is near (`maxRetries`), and so are a few slips. */
const distance = (a: string, b: string): number => {
  if (a === b) return 0
  const [short, long] = a.length < b.length ? [a, b] : [b, a]
  if (short.length >= 5 && long.includes(short)) return 1 + (long.length - short.length) / 100
  const slips = slipsBetween(a, b)
  return slips <= Math.max(1, Math.floor(short.length / 3)) ? 1 + slips : Infinity
}

/** Letters to put in, take out or change; two neighbours that changed places are one slip. */
const slipsBetween = (a: string, b: string): number => {
  let [before, row]: [Array<number>, Array<number>] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swapped = swap ? (before[j - 2] ?? 0) + 1 : Infinity
      next.push(Math.min(change, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    before = row
    row = next
  }
  return row[b.length] ?? 0
}
