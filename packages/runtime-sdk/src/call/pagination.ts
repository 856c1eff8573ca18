/**
 * The four list shapes of this API family become one `Page`. Nothing else in the SDK knows them.
 *
 * 1. bare array; 2. `{ results, metadata: { currentPage, itemsPerPage, totalItems } }`;
 * 3. `{ results, metadata: { nextCursor, hasNextPage } }`; 4. `{ items, nextCursor }`.
 *
 * A bare array says nothing about what follows. We go on with `createdAtLe` = the oldest instant seen: many rows can
 * share one millisecond after an import, so that instant is asked for again, and what was seen of it is dropped.
 *
 * Where a list may go on and nobody can say where, its page can be read; only who follows its cursor gets an error. A
 * walk never ends early without one.
 */
import type { Page } from "../contract/shared.ts"

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
    }
  | {
      readonly kind: "page"
      readonly page: number
      /** Rows per page: with another number the next page would begin elsewhere. */
      readonly limit: number
    }
  | { readonly kind: "cursor"; readonly cursor: string }
  | { readonly kind: "lost" }

const maxLimit = 1000
const defaultLimit = 100

const encode = (continuation: Continuation): string => {
  const json = JSON.stringify(continuation)
  // `btoa` takes Latin-1 only. Ids and times are ASCII, and then there is nothing to escape.
  return btoa(/^[ -$&-~]*$/.test(json) ? json : encodeURIComponent(json))
}

const decode = (cursor: string): Continuation | undefined => {
  try {
    const json: unknown = JSON.parse(decodeURIComponent(atob(cursor)))
    if (!isObject(json)) return undefined
    const { kind, le, seen, limit, page, cursor: next } = json
    if (kind === "page" && typeof page === "number" && typeof limit === "number") return { kind, page, limit }
    if (kind === "cursor" && typeof next === "string") return { kind, cursor: next }
    if (kind === "lost") return { kind }
    return kind === "window" && typeof le === "string" && typeof limit === "number" && isStrings(seen)
      ? { kind, le, seen, limit }
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
}

/** Turns a list query into a wire query, or says what is wrong with its cursor. */
export const pageRequest = (query: Readonly<Record<string, unknown>>): PageRequest | string => {
  const { cursor, ...rest } = query
  const requestLimit = typeof rest["limit"] === "number" ? rest["limit"] : undefined
  if (cursor === undefined || cursor === null)
    return { query: rest, limit: requestLimit ?? defaultLimit, from: undefined }
  const from = typeof cursor === "string" ? decode(cursor) : undefined
  if (from === undefined) return "Expected the nextCursor of an earlier page, unchanged"
  switch (from.kind) {
    case "lost":
      return "This list may go on, but the runtime's answer did not say where. Ask for more rows at once (limit, up to 1000)"
    case "page":
      return { query: { ...rest, page: from.page, limit: from.limit }, limit: from.limit, from }
    case "cursor":
      return { query: { ...rest, cursor: from.cursor }, limit: requestLimit ?? defaultLimit, from }
    case "window": {
      // Room for what is asked again, so that a full page always brings something new.
      const limit = Math.min(maxLimit, from.seen.length + (requestLimit ?? from.limit))
      return { query: { ...rest, createdAtLe: from.le, limit }, limit, from }
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
  const total = typeof metadata["totalItems"] === "number" ? { total: metadata["totalItems"] } : undefined
  const cursor = json["nextCursor"] ?? metadata["nextCursor"]
  const more = metadata["hasNextPage"] ?? json["hasNextPage"]
  if (typeof cursor === "string" && cursor !== "" && more !== false) {
    if (request.from?.kind === "cursor" && request.from.cursor === cursor) {
      return "the list repeats its cursor: it would never end"
    }
    return { items: rows, nextCursor: encode({ kind: "cursor", cursor }), ...total }
  }
  const { currentPage, itemsPerPage, totalItems } = metadata
  if (typeof currentPage === "number" && typeof itemsPerPage === "number" && typeof totalItems === "number") {
    if (request.from?.kind === "page" && currentPage !== request.from.page) {
      return `the list was asked for page ${request.from.page} and answered page ${currentPage}: it would never end`
    }
    const last = itemsPerPage <= 0 || currentPage * itemsPerPage >= totalItems
    return last
      ? { items: rows, ...total }
      : { items: rows, nextCursor: encode({ kind: "page", page: currentPage + 1, limit: itemsPerPage }), ...total }
  }
  return more === true ? { items: rows, nextCursor: lost, ...total } : { items: rows, ...total }
}

const windowPage = <A>(request: PageRequest, rows: ReadonlyArray<A>): Page<A> | string => {
  const from = request.from?.kind === "window" ? request.from : undefined
  const seen = new Set(from?.seen)
  const items = seen.size === 0 ? rows : rows.filter((row) => !seen.has(field(row, "id")))
  if (rows.some((row) => field(row, "createdAt") === "" || field(row, "id") === "")) {
    // Not to be continued by time. More than was asked for is everything.
    return rows.length === request.limit ? { items, nextCursor: lost } : { items }
  }
  let oldest = ""
  for (const row of rows) {
    const at = field(row, "createdAt")
    if (from !== undefined && at > from.le) return "the list ignores createdAtLe, so it cannot be continued"
    if (oldest === "" || at < oldest) oldest = at
  }
  if (rows.length < request.limit) return { items }
  if (items.length === 0) {
    return `more than ${maxLimit} rows share the instant ${oldest}: the list cannot be continued past them`
  }
  const same = rows.filter((row) => field(row, "createdAt") === oldest).map((row) => field(row, "id"))
  return {
    items,
    nextCursor: encode({
      kind: "window",
      le: oldest,
      seen: from?.le === oldest ? [...new Set([...from.seen, ...same])] : same,
      limit: from?.limit ?? request.limit
    })
  }
}

const field = (row: unknown, key: string): string => {
  const value = isObject(row) ? row[key] : undefined
  return typeof value === "string" ? value : ""
}

const isObject = (u: unknown): u is Record<string, unknown> => typeof u === "object" && u !== null && !Array.isArray(u)

const isStrings = (u: unknown): u is ReadonlyArray<string> => Array.isArray(u) && u.every((s) => typeof s === "string")
