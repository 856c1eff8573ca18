/**
 * Results of a bounded size, which say how to ask for more.
 */
import type { Field } from "./fields.ts"

/** Characters of a result, as JSON: some 3,000 tokens. */
export const maxCharacters = 12_000

/** Characters of one text, unless its field was asked for. */
const maxText = 2_000

/** Characters of one text that was asked for. */
const maxAskedText = 10_000

interface Limits {
  readonly text: number
  readonly items: number
}

const steps: ReadonlyArray<Limits> = [
  { text: maxText, items: 200 },
  { text: 800, items: 60 },
  { text: 300, items: 20 },
  { text: 120, items: 8 },
  { text: 40, items: 3 }
]

const sizeOf = (value: unknown): number => JSON.stringify(value)?.length ?? 0

/** Whether a text of a value ends with what this module put there: written back it would take the place of the rest. */
export const holdsCut = (value: unknown): boolean => {
  if (typeof value === "string") return /…\(\d+ more( items)?; fields=\[/.test(value)
  return typeof value === "object" && value !== null && Object.values(value).some(holdsCut)
}

const cutText = (text: string, path: string, limit: number, offset: number): string =>
  text.length <= limit
    ? text
    : `${text.slice(0, limit)}…(${text.length - limit} more; fields=["${path}@${offset + limit}"])`

const cut = (value: unknown, path: string, limits: Limits, offsets: ReadonlyMap<string, number>): unknown => {
  if (typeof value === "string") return cutText(value, path, limits.text, offsets.get(path) ?? 0)
  const below = (key: string | number) => (path === "" ? String(key) : `${path}.${key}`)
  if (Array.isArray(value)) {
    const shown = value.slice(0, limits.items).map((item, index) => cut(item, below(index), limits, offsets))
    const left = value.length - shown.length
    return left === 0 ? shown : [...shown, `…(${left} more items; fields=["${below(shown.length)}"])`]
  }
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cut(inner, below(key), limits, offsets)]))
}

const offsetsOf = (fields: ReadonlyArray<Field>): ReadonlyMap<string, number> =>
  new Map(fields.map(({ text, offset }) => [text, offset]))

const stepsFor = (fields: ReadonlyArray<Field>): ReadonlyArray<Limits> =>
  fields.length === 0 ? steps : [{ text: maxAskedText, items: 500 }, { text: 5_000, items: 200 }, ...steps]

/** One value, as whole as it fits. */
export const boundValue = (value: unknown, fields: ReadonlyArray<Field> = [], room = maxCharacters): unknown => {
  const offsets = offsetsOf(fields)
  for (const limits of stepsFor(fields)) {
    const small = cut(value, "", limits, offsets)
    if (sizeOf(small) <= room) return small
  }
  const names = typeof value === "object" && value !== null ? Object.keys(value).slice(0, 100) : []
  return { tooLarge: `${sizeOf(value)} characters. Ask for some of it with fields.`, fields: names }
}

/** Rows of a list, as many and as whole as fit. */
export interface BoundRows {
  readonly rows: ReadonlyArray<unknown>
  /** Rows that did not fit. */
  readonly left: number
}

/** Rows: first texts become shorter, then rows are left out from the end. */
export const boundRows = (all: ReadonlyArray<unknown>, fields: ReadonlyArray<Field> = []): BoundRows => {
  const offsets = offsetsOf(fields)
  let shown: ReadonlyArray<unknown> = all
  for (const limits of stepsFor(fields)) {
    shown = all.map((row) => cut(row, "", limits, offsets))
    if (sizeOf(shown) <= maxCharacters) return { rows: shown, left: 0 }
  }
  const rows: Array<unknown> = []
  let size = 2
  for (const row of shown) {
    size += sizeOf(row) + 1
    if (size > maxCharacters) break
    rows.push(row)
  }
  return { rows, left: all.length - rows.length }
}
