/**
 * What the query of a list asks for: its window, its filters, its order. Each problem is told, not only the first.
 */
import type { SQLInputValue } from "node:sqlite"
import type { Place } from "./cursors.ts"
import { invalid } from "../http/errors.ts"

/** What a list is to have. */
export interface Window {
  readonly limit: number
  readonly page: number
  /** SQL of the filters, each after an `AND`. */
  readonly where: string
  readonly values: ReadonlyArray<SQLInputValue>
  /** Whether a field of the rows, other than a time, is asked for. */
  readonly isNarrow: boolean
  readonly cursor: Place | undefined
  /** Only where lists have an envelope. */
  readonly oldestFirst: boolean | undefined
  readonly sortBy: SortKey
}

/** A row of a list. */
export interface Listed {
  readonly seq: number
  readonly createdAt: number
  readonly body: string
}

/** What a list with an envelope may be sorted by. */
export type SortKey = "createdAt" | "duration" | "cost"

/** What a list knows of its query. */
export interface WindowOptions {
  /** Whether it has an envelope, and so pages and an order. */
  readonly envelope: boolean
  readonly strict: boolean
  /** Query parameters that ask for equality with a field. */
  readonly filters: ReadonlyArray<string>
  /** The values that a filter may have, where they are known. */
  readonly words?: Readonly<Record<string, ReadonlyArray<string>>> | undefined
  /** Query parameters that list the values of a field, between commas. */
  readonly anyOf?: Readonly<Record<string, string>> | undefined
  /** Fields that `search` looks for a part of, whatever the case. */
  readonly search?: ReadonlyArray<string> | undefined
  /** SQL of the value that a filter compares with. */
  readonly column: (filter: string) => string
  /** Reads a cursor. */
  readonly place: (text: string) => Place | undefined
}

const comparisons = { Gt: ">", Lt: "<", Ge: ">=", Le: "<=" } as const
const times = { createdAt: "created_at", updatedAt: "updated_at" } as const

/** Query parameters of every list. A resource may know more. */
const listParameters: ReadonlySet<string> = new Set([
  "limit",
  "page",
  "cursor",
  ...Object.keys(times).flatMap((column) => Object.keys(comparisons).map((suffix) => column + suffix))
])

/** Query parameters of lists with an envelope. */
const sortParameters: ReadonlySet<string> = new Set(["sortOrder", "sortBy"])

const sortKeys: ReadonlyArray<string> = ["createdAt", "duration", "cost"]

const isSortKey = (text: string): text is SortKey => sortKeys.includes(text)

/** A filter as SQL. */
interface Condition {
  readonly sql: string
  readonly values: ReadonlyArray<SQLInputValue>
}

/** Reads a query; throws 400 with one sentence per problem. */
export const windowOf = (query: URLSearchParams, options: WindowOptions): Window => {
  const problems: Array<string> = [...unknownParameters(query, options), ...unknownWords(query, options)]
  const ranges = timeConditions(query, problems)
  const fields = [...fieldConditions(query, options), ...searchConditions(query, options, problems)]
  const conditions = [...ranges, ...fields]
  const sortOrder = options.envelope ? query.get("sortOrder") : null
  if (sortOrder !== null && sortOrder !== "ASC" && sortOrder !== "DESC") {
    problems.push("sortOrder: expected ASC or DESC")
  }
  const sortBy = (options.envelope ? query.get("sortBy") : null) ?? "createdAt"
  if (!isSortKey(sortBy)) problems.push(`sortBy: expected one of ${sortKeys.join(", ")}`)
  const window = {
    limit: integer(query, "limit", { fallback: 100, minimum: 0, maximum: 1000 }, problems),
    page: integer(query, "page", { fallback: 1, minimum: 1, maximum: 1_000_000 }, problems),
    where: conditions.map(({ sql }) => ` AND ${sql}`).join(""),
    values: conditions.flatMap(({ values }) => values),
    isNarrow: fields.length > 0,
    cursor: parseCursor(query.get("cursor"), options.place, problems),
    oldestFirst: sortOrder === null ? undefined : sortOrder === "ASC",
    sortBy: isSortKey(sortBy) ? sortBy : "createdAt"
  }
  if (problems.length > 0) throw invalid(problems)
  return window
}

const unknownParameters = (
  query: URLSearchParams,
  { envelope, strict, filters, anyOf = {}, search = [] }: WindowOptions
): ReadonlyArray<string> =>
  [...new Set(query.keys())].flatMap((name) => {
    const isKnown =
      listParameters.has(name) ||
      filters.includes(name) ||
      Object.hasOwn(anyOf, name) ||
      (envelope && sortParameters.has(name)) ||
      (name === "search" && search.length > 0)
    if (strict && !isKnown) return [`query parameter ${name} should not exist`]
    return query.getAll(name).length > 1 ? [`${name}: expected one value`] : []
  })

const unknownWords = (query: URLSearchParams, { strict, words = {} }: WindowOptions): ReadonlyArray<string> =>
  Object.entries(words).flatMap(([name, known]) => {
    const word = query.get(name)
    return word === null || !strict || known.includes(word) ? [] : [`${name}: expected one of ${known.join(", ")}`]
  })

const integer = (
  query: URLSearchParams,
  name: string,
  { fallback, minimum, maximum }: { readonly fallback: number; readonly minimum: number; readonly maximum: number },
  problems: Array<string>
): number => {
  const text = query.get(name)
  if (text === null) return fallback
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value >= minimum && value <= maximum) return value
  problems.push(`${name}: expected an integer from ${minimum} to ${maximum}`)
  return fallback
}

const timeConditions = (query: URLSearchParams, problems: Array<string>): ReadonlyArray<Condition> =>
  Object.entries(times).flatMap(([field, column]) =>
    Object.entries(comparisons).flatMap(([suffix, operator]): ReadonlyArray<Condition> => {
      const text = query.get(field + suffix)
      if (text === null) return []
      const time = parseTime(text)
      if (time !== undefined) return [{ sql: `${column} ${operator} ?`, values: [time] }]
      problems.push(`${field}${suffix}: expected an ISO 8601 time such as 2026-01-31T09:00:00Z`)
      return []
    })
  )

const fieldConditions = (
  query: URLSearchParams,
  { filters, anyOf = {}, column }: WindowOptions
): ReadonlyArray<Condition> => [
  ...filters.flatMap((name): ReadonlyArray<Condition> => {
    const text = query.get(name)
    return text === null ? [] : [{ sql: `${column(name)} = ?`, values: [text] }]
  }),
  ...Object.entries(anyOf).flatMap(([name, field]): ReadonlyArray<Condition> => {
    const words = query.get(name)?.split(",")
    if (words === undefined) return []
    const sql = `${column(field)} IN (SELECT value FROM json_each(?))`
    return [{ sql, values: [JSON.stringify(words.map((word) => word.trim()))] }]
  })
]

const searchConditions = (
  query: URLSearchParams,
  { search = [], column }: WindowOptions,
  problems: Array<string>
): ReadonlyArray<Condition> => {
  const term = query.get("search")
  if (term === null || search.length === 0) return []
  if (term.length > 100) problems.push("search: expected 100 characters at most")
  const parts = search.map((field) => `instr(lower(coalesce(${column(field)}, '')), lower(?)) > 0`)
  return [{ sql: `(${parts.join(" OR ")})`, values: search.map(() => term) }]
}

const iso = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/

/** A time without an offset is UTC: the answer must not depend on where the process runs. */
const parseTime = (text: string): number | undefined => {
  const match = iso.exec(text)
  if (match === null) return undefined
  const time = Date.parse(match[1] !== undefined && match[4] === undefined ? `${text}Z` : text)
  return Number.isNaN(time) ? undefined : time
}

const parseCursor = (
  text: string | null,
  place: (text: string) => Place | undefined,
  problems: Array<string>
): Place | undefined => {
  if (text === null) return undefined
  const cursor = place(text)
  if (cursor !== undefined) return cursor
  problems.push("cursor: expected a cursor that a list answered with")
  return undefined
}
