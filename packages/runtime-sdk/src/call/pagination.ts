/**
 * The four list shapes of this API family become one `Page`. Nothing else in the SDK knows them.
 *
 * 1. bare array; 2. `{ results, metadata: { currentPage, itemsPerPage, totalItems } }`;
 * 3. `{ results, metadata: { nextCursor, hasNextPage } }`; 4. `{ items, nextCursor }`.
 *
 * A bare array says nothing about what follows. We go on with `createdAtLe` = the oldest instant seen: many rows can
 * share one millisecond after an import, so that instant is asked for again, and what was seen of it is dropped. Nor does
 * it say whether the runtime gives fewer rows than were asked for, nor whether always as many: a list is over when nothing
 * new comes. The same holds for pages that are counted wrongly, or not at all.
 *
 * Where a list may go on and nobody can say where, its page can be read; only who follows its cursor gets an error. A
 * walk never ends early without one.
 */
import type { ListProfile } from "../config/runtimeProfile.ts"
import type { Page } from "../contract/shared.ts"
import { digestOf } from "../policy/digest.ts"
import { isObject } from "../schema/isObject.ts"
import { compareInstants, isInstant } from "./instants.ts"

/** Where a list goes on. */
type Continuation =
  | {
      readonly kind: "window"
      /** The oldest instant seen. */
      readonly le: string
      /** Ids already given out that were created at that instant. */
      readonly seen: ReadonlyArray<string>
      /** Page size that the caller asked for. */
      readonly limit: number
      /** Rows of the largest answer so far: as many the runtime gives at once. */
      readonly most: number
      /** Whether to look only for what is older: the runtime gave all that it has of the instant, or all that it gives. */
      readonly older: boolean
    }
  | {
      readonly kind: "page"
      readonly page: number
      /** Rows of the pages before it, and the first of the last one. */
      readonly given: number
      readonly first: string
      /** Rows per page: with another number the next page would begin elsewhere. */
      readonly limit: number
    }
  | { readonly kind: "cursor"; readonly cursor: string }
  | { readonly kind: "lost" }

const maxLimit = 1000
const defaultLimit = 100

const encode = (continuation: Continuation, of?: string): string => {
  const json = JSON.stringify({ ...continuation, of })
  // `btoa` takes Latin-1 only. Ids and times are ASCII, and then there is nothing to escape.
  return btoa(/^[ -$&-~]*$/.test(json) ? json : encodeURIComponent(json))
}

const decode = (cursor: string, list: string): Continuation | undefined => {
  try {
    const json: unknown = JSON.parse(decodeURIComponent(atob(cursor)))
    if (!isObject(json)) return undefined
    const {
      kind,
      le,
      seen,
      limit,
      most = 0,
      older = false,
      page,
      given = 0,
      first = "",
      cursor: next,
      of = list
    } = json
    if (of !== list) return undefined
    if (kind === "page" && typeof page === "number" && typeof limit === "number")
      return { kind, page, limit, given: Number(given), first: String(first) }
    if (kind === "cursor" && typeof next === "string") return { kind, cursor: next }
    if (kind === "lost") return { kind }
    return kind === "window" &&
      typeof le === "string" &&
      typeof limit === "number" &&
      typeof most === "number" &&
      isStrings(seen)
      ? { kind, le, seen, limit, most, older: older === true }
      : undefined
  } catch {
    return undefined
  }
}

const lost = encode({ kind: "lost" })

/** What to ask for: the query on the wire, and what is needed to read the answer. */
export interface PageRequest {
  readonly query: Readonly<Record<string, unknown>>
  readonly limit: number
  readonly from: Continuation | undefined
  /** What tells the list from others: its operation and filters. */
  readonly of: () => string
  /** What is known of the list. */
  readonly list: ListProfile | undefined
}

/** Turns a list query into a wire query, or says what is wrong with its cursor. */
export const pageRequest = (
  query: Readonly<Record<string, unknown>>,
  list?: ListProfile | undefined,
  operation = ""
): PageRequest | string => {
  const { cursor, ...rest } = query
  const of = () => {
    const filters = Object.entries({ ...rest, limit: undefined }).filter(([, value]) => value !== undefined)
    return digestOf(operation + JSON.stringify(filters.toSorted(([a], [b]) => (a < b ? -1 : 1))))
  }
  const requestLimit = typeof rest["limit"] === "number" ? rest["limit"] : undefined
  if (cursor === undefined || cursor === null)
    return { query: rest, limit: requestLimit ?? defaultLimit, from: undefined, of, list }
  const from = typeof cursor === "string" ? decode(cursor, of()) : undefined
  if (from === undefined)
    return "Expected the nextCursor of an earlier page of this list, unchanged, with the same filters"
  switch (from.kind) {
    case "lost":
      return "This list may go on, but the runtime's answer did not say where. Ask for more rows at once (limit, up to 1000)"
    case "page":
      return { query: { ...rest, page: from.page, limit: from.limit }, limit: from.limit, from, of, list }
    case "cursor":
      return { query: { ...rest, cursor: from.cursor }, limit: requestLimit ?? defaultLimit, from, of, list }
    case "window": {
      if (from.older) return { query: { ...rest, createdAtLt: from.le, limit: 1 }, limit: 1, from, of, list }
      // Room for what is asked again, so that a full page always brings something new; where there is none, for one more.
      const full = from.seen.length >= maxLimit
      const limit = full ? maxLimit + 1 : Math.min(maxLimit, from.seen.length + (requestLimit ?? from.limit))
      return { query: { ...rest, createdAtLe: from.le, limit }, limit, from, of, list }
    }
  }
}

/** The rows of a list answer; they are checked before `toPage` is called. */
export const rowsOf = (json: unknown): ReadonlyArray<unknown> | undefined => {
  if (Array.isArray(json)) return json
  if (!isObject(json)) return undefined
  const rows = json["results"] ?? json["items"]
  return Array.isArray(rows) ? rows : undefined
}

/** Makes the page, or says what is wrong with the list. */
export const toPage = <A>(request: PageRequest, json: unknown, rows: ReadonlyArray<A>): Page<A> | string => {
  if (Array.isArray(json)) return windowPage(request, rows)
  if (!isObject(json)) return "expected a list"
  const metadata = isObject(json["metadata"]) ? json["metadata"] : {}
  // As numbers, or as texts of them; NaN where they are absent.
  const number = (key: string) => Number(metadata[key] ?? "-")
  const [page, size, count] = [number("currentPage"), number("itemsPerPage"), number("totalItems")]
  const total = count >= 0 ? { total: count } : undefined
  const cursor = json["nextCursor"] ?? metadata["nextCursor"]
  const more = metadata["hasNextPage"] ?? json["hasNextPage"] ?? metadata["hasMore"] ?? json["hasMore"]
  if (cursor !== undefined && cursor !== null && typeof cursor !== "string") {
    return `nextCursor: expected text, got ${Array.isArray(cursor) ? "an array" : typeof cursor}`
  }
  if (typeof cursor === "string" && cursor !== "" && more !== false) {
    if (request.from?.kind === "cursor" && request.from.cursor === cursor) {
      return "the list repeats its cursor: it would never end"
    }
    return { items: rows, nextCursor: encode({ kind: "cursor", cursor }, request.of()), ...total }
  }
  if (page >= 0 && size >= 0 && more !== false) {
    const from = request.from?.kind === "page" ? request.from : undefined
    if (from !== undefined && page !== from.page) {
      return `the list was asked for page ${from.page} and answered page ${page}: it would never end`
    }
    const [row] = rows
    const first = row === undefined ? "" : field(row, "id") || JSON.stringify(row)
    if (from !== undefined && row !== undefined && from.first === first) {
      return `the list answers page ${page} with the rows of the one before: it would never end`
    }
    const given = (from?.given ?? 0) + rows.length
    if (row === undefined || given >= count) return { items: rows, ...total }
    const next = { kind: "page", page: page + 1, limit: size || request.limit, given, first } as const
    return { items: rows, nextCursor: encode(next, request.of()), ...total }
  }
  return more === true ? { items: rows, nextCursor: lost, ...total } : { items: rows, ...total }
}

const windowPage = <A>(request: PageRequest, rows: ReadonlyArray<A>): Page<A> | string => {
  const from = request.from?.kind === "window" ? request.from : undefined
  if (from?.older === true) {
    const older = rows.some((row) => compareInstants(field(row, "createdAt"), from.le) < 0)
    return older ? crowded(from) : { items: [] }
  }
  const seen = new Set(from?.seen)
  const items = seen.size === 0 ? rows : rows.filter((row) => !seen.has(field(row, "id")))
  const end = endOf(rows)
  // Not to be continued by time. More than was asked for is everything.
  if (end === undefined) return rows.length === request.limit ? { items, nextCursor: lost } : { items }
  const { oldest } = end
  if (from !== undefined && rows.some((row) => compareInstants(field(row, "createdAt"), from.le) > 0)) {
    return "the list ignores createdAtLe, so it cannot be continued"
  }
  const most = Math.max(from?.most ?? request.list?.most ?? 0, rows.length)
  const next = { kind: "window", le: oldest, limit: from?.limit ?? request.limit, most } as const
  if (from !== undefined && items.length === 0) {
    // As many as it ever gave, all of one instant: there may be more of it, which shows where there is something older.
    const doubtful = rows.length > 1 && rows.length >= from.most
    return doubtful ? { items, nextCursor: encode({ ...next, seen: from.seen, older: true }, request.of()) } : { items }
  }
  const [first] = items
  if (from !== undefined && seen.size >= maxLimit && compareInstants(field(first, "createdAt"), from.le) === 0) {
    return crowded(from, true)
  }
  const known = request.list?.most
  if (rows.length === 0 || (known !== undefined && rows.length < Math.min(request.limit, known))) return { items }
  if (request.list?.walk === "first-page") {
    const all = Math.min(request.limit, known ?? request.limit)
    return rows.length >= all ? { items, nextCursor: lost } : { items }
  }
  const before = from !== undefined && compareInstants(from.le, oldest) === 0 ? from.seen : []
  const nextCursor = () => {
    const seen = before.length === 0 ? end.ids : [...new Set([...before, ...end.ids])]
    return encode({ ...next, seen, older: false }, request.of())
  }
  if (rows.length >= request.limit || rows.length % 5 === 0) return { items, nextCursor: nextCursor() }
  const page = { items }
  probes.set(page, nextCursor)
  return page
}

/**
 * The oldest instant of some rows, and the ids that share it; `undefined` where a row has no instant or no id, or is newer
 * than the one before it: what is older than all of them is then not all that is left.
 */
const endOf = (
  rows: ReadonlyArray<unknown>
): { readonly oldest: string; readonly ids: ReadonlyArray<string> } | undefined => {
  let oldest = ""
  const ids: Array<string> = []
  for (const row of rows) {
    const at = field(row, "createdAt")
    const id = field(row, "id")
    if (id === "" || !isInstant(at)) return undefined
    const order = oldest === "" ? -1 : compareInstants(at, oldest)
    if (order > 0) return undefined
    if (order < 0) {
      oldest = at
      ids.length = 0
    }
    ids.push(id)
  }
  return { oldest, ids }
}

/**
 * Where a walk looks on behind a page that is short. A reader is not told of it: behind such a page there is mostly
 * nothing, unless it has a round number of rows (10, 25, 50), as a runtime that gives fewer than it is asked for would choose.
 */
const probes = new WeakMap<object, () => string>()

/** Where a walk goes on behind a page; `undefined` at the end of the list. */
export const cursorBehind = (page: Page<unknown>): string | undefined => page.nextCursor ?? probes.get(page)?.()

/** Lets a walk go on behind a page that was made out of another. */
export const sameCursor = (from: Page<unknown>, to: Page<unknown>): void => {
  const cursor = probes.get(from)
  if (cursor !== undefined) probes.set(to, cursor)
}

/** More rows of one instant than can be had at once: what is behind them cannot be reached, nor all of them. */
const crowded = ({ le, seen }: Extract<Continuation, { readonly kind: "window" }>, surely = false): string =>
  `${surely ? "" : "perhaps "}more than ${seen.length} rows share the instant ${le}, and the runtime gives no more of them: the list cannot be continued past them. Narrow it with other filters`

/** What it means that the runtime refuses to give more rows than its limit: whether there are more cannot be known. */
export const refusedPage = ({ from }: PageRequest): string | undefined =>
  from?.kind === "window" && !from.older && from.seen.length >= maxLimit ? crowded(from) : undefined

const field = (row: unknown, key: string): string => {
  const value = isObject(row) ? row[key] : undefined
  return typeof value === "string" ? value : ""
}

const isStrings = (u: unknown): u is ReadonlyArray<string> => Array.isArray(u) && u.every((s) => typeof s === "string")
