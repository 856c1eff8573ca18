/**
 * Lists: filters, order, and the four shapes that this family of APIs answers with.
 */
import type { SQLInputValue } from "node:sqlite"
import { type Answer, json } from "../http/answer.ts"
import { decodeCursor, encodeCursor, type Place } from "./cursors.ts"
import { invalid } from "../http/errors.ts"
import type { Store } from "../store/Store.ts"

/**
 * `1` bare array; `2` `{ results, metadata: { currentPage, itemsPerPage, totalItems } }`, continued with `page`;
 * `3` `{ results, metadata: { nextCursor, hasNextPage, limit } }` and `4` `{ items, nextCursor }`, continued with
 * `cursor`.
 */
export type ListShape = 1 | 2 | 3 | 4

/** One shape for all routes, or a shape by resource name (`assistants`) or path (`/assistant`). */
export type ListShapes = ListShape | Readonly<Record<string, ListShape>>

interface Window {
  readonly limit: number
  readonly page: number
  readonly where: string
  readonly values: ReadonlyArray<SQLInputValue>
  readonly cursor: Place | undefined
  /** Only where lists have an envelope. */
  readonly oldestFirst: boolean | undefined
  readonly sortBy: SortKey
}

interface Listed {
  readonly seq: number
  readonly createdAt: number
  readonly body: string
}

const comparisons = { Gt: ">", Lt: "<", Ge: ">=", Le: "<=" } as const
const columns = { createdAt: "created_at", updatedAt: "updated_at" } as const

/** Query parameters of every list. A resource may know more. */
const listParameters: ReadonlySet<string> = new Set([
  "limit",
  "page",
  "cursor",
  ...Object.keys(columns).flatMap((column) => Object.keys(comparisons).map((suffix) => column + suffix))
])

/** Query parameters of lists with an envelope. */
const sortParameters: ReadonlySet<string> = new Set(["sortOrder", "sortBy"])

/** What a list with an envelope may be sorted by. */
type SortKey = "createdAt" | "duration" | "cost"

const sortKeys: ReadonlyArray<string> = ["createdAt", "duration", "cost"]

const isSortKey = (text: string): text is SortKey => sortKeys.includes(text)

/** Another order than by time: the tables to read in it, and the columns, each of one index. */
interface SortedSource {
  readonly from: string
  readonly columns: ReadonlyArray<string>
}

/** A table that can be listed: it has `seq`, `created_at` and `updated_at`. */
export interface ListSource {
  readonly table: string
  /** Which rows of it may be seen at all. */
  readonly where: string
  readonly values: ReadonlyArray<SQLInputValue>
  /** SQL of an item's JSON. */
  readonly body: string
  /** SQL of the value that a filter compares with. */
  readonly column: (filter: string) => string
  /** Default: newest first. */
  readonly oldestFirst?: boolean | undefined
  /** Where its rows have a duration and a cost; those of other tables have none, and stay sorted by time. */
  readonly sorted?: Readonly<Record<Exclude<SortKey, "createdAt">, SortedSource>> | undefined
}

interface ListOptions {
  readonly shape: ListShape
  readonly strict: boolean
  readonly filters: ReadonlyArray<string>
  /** Query parameters that list the values of a field, between commas. */
  readonly anyOf?: Readonly<Record<string, string>> | undefined
  /** Fields that `search` looks for a part of, whatever the case. */
  readonly search?: ReadonlyArray<string> | undefined
}

/** Answers a list of stored rows. */
export const listRows = (
  store: Store,
  resource: string,
  organization: string,
  query: URLSearchParams,
  options: ListOptions
): Answer =>
  listFrom(
    store,
    {
      table: "resource_rows",
      // Written out, so that the indexes of one resource can be used; it is a name of the contract.
      where: `resource = '${resource}' AND resource_rows.org_id = ?`,
      values: [organization],
      body: "body",
      column: (filter) => (filter === "id" ? "resource_rows.id" : `json_extract(body, '$.${filter}')`),
      ...(resource === "calls" ? { sorted: sortedCalls } : {})
    },
    query,
    options
  )

/** The facts of calls in the order of an index, each with its row: read until the page is full. */
const factsFirst =
  "call_facts AS facts CROSS JOIN resource_rows ON resource_rows.id = facts.id AND facts.org_id = resource_rows.org_id"

const sortedCalls = {
  duration: { from: factsFirst, columns: ["facts.seconds", "facts.cost", "facts.id"] },
  cost: { from: factsFirst, columns: ["facts.cost", "facts.id"] }
}

/** Answers a list, newest first; rows of one millisecond keep the order in which they were written. */
export const listFrom = (store: Store, source: ListSource, query: URLSearchParams, options: ListOptions): Answer => {
  const name = JSON.stringify([source.table, source.where, source.values])
  const place = (text: string) => decodeCursor(store, name, text)
  const window = parse(query, { ...options, column: source.column, place })
  const scope = [...source.values, ...window.values]
  const { limit, page, cursor } = window
  const where = `${source.where}${window.where}`
  const { from, columns } = (window.sortBy === "createdAt" ? undefined : source.sorted?.[window.sortBy]) ?? {
    from: source.table,
    columns: ["created_at", "seq"]
  }
  const [order, beyond] = (window.oldestFirst ?? source.oldestFirst) === true ? ["ASC", ">"] : ["DESC", "<"]
  const after = cursor === undefined ? "" : ` AND (created_at, seq) ${beyond} (?, ?)`
  const rows = store.all<Listed>(
    `SELECT seq, created_at AS "createdAt", ${source.body} AS body FROM ${from} WHERE ${where}${after}
     ORDER BY ${columns.map((column) => `${column} ${order}`).join(", ")} LIMIT ? OFFSET ?`,
    ...scope,
    ...(cursor === undefined ? [] : [cursor.createdAt, cursor.seq]),
    // One more than the page has tells whether there is a next one.
    limit + 1,
    options.shape === 2 ? (page - 1) * limit : 0
  )
  const items = rows.slice(0, limit)
  const list = `[${items.map((row) => row.body).join(",")}]`
  const last = items.at(-1)
  const next = last !== undefined && rows.length > limit ? encodeCursor(store, name, last) : undefined
  const nextCursor = JSON.stringify(next ?? null)
  switch (options.shape) {
    case 1:
      return json(200, list)
    case 2: {
      const total = store.get<{ n: number }>(`SELECT count(*) AS n FROM ${source.table} WHERE ${where}`, ...scope)
      const totalItems = total?.n ?? 0
      const totalPages = limit === 0 ? 0 : Math.ceil(totalItems / limit)
      const metadata = JSON.stringify({
        currentPage: page,
        itemsPerPage: limit,
        totalItems,
        totalPages,
        hasNextPage: page < totalPages,
        sortOrder: order
      })
      return json(200, `{"results":${list},"metadata":${metadata}}`)
    }
    case 3: {
      const metadata = `{"nextCursor":${nextCursor},"hasNextPage":${next !== undefined},"limit":${limit}}`
      return json(200, `{"results":${list},"metadata":${metadata}}`)
    }
    case 4:
      return json(200, `{"items":${list},"nextCursor":${nextCursor}}`)
  }
}

// Where the source API answers with an envelope, and the logs, which it does not have; everything else is a bare array.
const envelopes: Readonly<Record<string, ListShape>> = {
  structuredOutputs: 2,
  webhookLogs: 4,
  "/call/:id/timeline": 4,
  "/call/:id/logs": 4
}

/** The shape of a route: that of the options, else that of the source API. */
export const shapeOf = (shapes: ListShapes | undefined, resource: string, path: string): ListShape =>
  typeof shapes === "number"
    ? shapes
    : (shapes?.[resource] ?? shapes?.[path] ?? envelopes[path] ?? envelopes[resource] ?? 1)

const parse = (
  query: URLSearchParams,
  {
    shape,
    strict,
    filters,
    search = [],
    anyOf = {},
    column,
    place
  }: ListOptions & Pick<ListSource, "column"> & { readonly place: (text: string) => Place | undefined }
): Window => {
  const problems: Array<string> = []
  const integer = (name: string, fallback: number, minimum: number, maximum: number) => {
    const text = query.get(name)
    if (text === null) return fallback
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (value >= minimum && value <= maximum) return value
    problems.push(`${name}: expected an integer from ${minimum} to ${maximum}`)
    return fallback
  }
  for (const name of new Set(query.keys())) {
    const isKnown =
      listParameters.has(name) ||
      filters.includes(name) ||
      Object.hasOwn(anyOf, name) ||
      (shape === 2 && sortParameters.has(name)) ||
      (name === "search" && search.length > 0)
    if (strict && !isKnown) problems.push(`query parameter ${name} should not exist`)
    else if (query.getAll(name).length > 1) problems.push(`${name}: expected one value`)
  }
  let where = ""
  const values: Array<SQLInputValue> = []
  for (const [field, column] of Object.entries(columns)) {
    for (const [suffix, operator] of Object.entries(comparisons)) {
      const text = query.get(field + suffix)
      if (text === null) continue
      const time = parseTime(text)
      if (time === undefined) problems.push(`${field}${suffix}: expected an ISO 8601 time such as 2026-01-31T09:00:00Z`)
      else {
        where += ` AND ${column} ${operator} ?`
        values.push(time)
      }
    }
  }
  for (const name of filters) {
    const text = query.get(name)
    if (text === null) continue
    where += ` AND ${column(name)} = ?`
    values.push(text)
  }
  for (const [name, field] of Object.entries(anyOf)) {
    const text = query.get(name)
    if (text === null) continue
    where += ` AND ${column(field)} IN (SELECT value FROM json_each(?))`
    values.push(JSON.stringify(text.split(",").map((one) => one.trim())))
  }
  const term = query.get("search")
  if (term !== null && search.length > 0) {
    if (term.length > 100) problems.push("search: expected 100 characters at most")
    where += ` AND (${search.map((field) => `instr(lower(coalesce(${column(field)}, '')), lower(?)) > 0`).join(" OR ")})`
    values.push(...search.map(() => term))
  }
  const sortOrder = shape === 2 ? query.get("sortOrder") : null
  if (sortOrder !== null && sortOrder !== "ASC" && sortOrder !== "DESC") {
    problems.push("sortOrder: expected ASC or DESC")
  }
  const sortBy = (shape === 2 ? query.get("sortBy") : null) ?? "createdAt"
  if (!isSortKey(sortBy)) problems.push(`sortBy: expected one of ${sortKeys.join(", ")}`)
  const cursor = parseCursor(query.get("cursor"), place, problems)
  const window = {
    limit: integer("limit", 100, 0, 1000),
    page: integer("page", 1, 1, 1_000_000),
    where,
    values,
    cursor,
    oldestFirst: sortOrder === null ? undefined : sortOrder === "ASC",
    sortBy: isSortKey(sortBy) ? sortBy : "createdAt"
  }
  if (problems.length > 0) throw invalid(problems)
  return window
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
