/**
 * Lists: filters, order, and the four shapes that this family of APIs answers with.
 */
import type { SQLInputValue } from "node:sqlite"
import { type Answer, json } from "../http/answer.ts"
import { decodeCursor, encodeCursor } from "./cursors.ts"
import { type Sort, sortedCalls } from "./sortedCalls.ts"
import type { Store } from "../store/Store.ts"
import { type Listed, windowOf } from "./window.ts"

/**
 * `1` bare array; `2` `{ results, metadata: { currentPage, itemsPerPage, totalItems } }`, continued with `page`;
 * `3` `{ results, metadata: { nextCursor, hasNextPage, limit } }` and `4` `{ items, nextCursor }`, continued with
 * `cursor`.
 */
export type ListShape = 1 | 2 | 3 | 4

/** One shape for all routes, or a shape by resource name (`assistants`) or path (`/assistant`). */
export type ListShapes = ListShape | Readonly<Record<string, ListShape>>

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
  /** How many rows there are without a filter, where that is known without a look at them. */
  readonly total?: (() => number) | undefined
  /** Reads a page of it sorted by a duration or a cost; rows of other tables have neither, and stay sorted by time. */
  readonly sorted?: ((sort: Sort) => ReadonlyArray<Listed>) | undefined
}

interface ListOptions {
  readonly shape: ListShape
  readonly strict: boolean
  readonly filters: ReadonlyArray<string>
  /** The values that a filter may have, where they are known. */
  readonly words?: Readonly<Record<string, ReadonlyArray<string>>> | undefined
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
      total: () =>
        store.get<{ n: number }>("SELECT n FROM row_counts WHERE org_id = ? AND resource = ?", organization, resource)
          ?.n ?? 0,
      sorted: resource === "calls" ? (sort) => sortedCalls(store, organization, sort) : undefined
    },
    query,
    options
  )

/** Answers a list, newest first; rows of one millisecond keep the order in which they were written. */
export const listFrom = (store: Store, source: ListSource, query: URLSearchParams, options: ListOptions): Answer => {
  const name = JSON.stringify([source.table, source.where, source.values])
  const place = (text: string) => decodeCursor(store, name, text)
  const window = windowOf(query, { ...options, envelope: options.shape === 2, column: source.column, place })
  const scope = [...source.values, ...window.values]
  const { limit, page, cursor } = window
  const where = `${source.where}${window.where}`
  const order = (window.oldestFirst ?? source.oldestFirst) === true ? "ASC" : "DESC"
  const after = cursor === undefined ? "" : ` AND (created_at, seq) ${order === "ASC" ? ">" : "<"} (?, ?)`
  const byTime = () =>
    store.all<Listed>(
      `SELECT seq, created_at AS "createdAt", ${source.body} AS body FROM ${source.table} WHERE ${where}${after}
       ORDER BY created_at ${order}, seq ${order} LIMIT ? OFFSET ?`,
      ...scope,
      ...(cursor === undefined ? [] : [cursor.createdAt, cursor.seq]),
      // One more than the page has tells whether there is a next one.
      limit + 1,
      options.shape === 2 ? (page - 1) * limit : 0
    )
  const rows =
    (window.sortBy === "createdAt" ? undefined : source.sorted?.({ ...window, by: window.sortBy, order })) ?? byTime()
  const items = rows.slice(0, limit)
  const list = `[${items.map((row) => row.body).join(",")}]`
  const last = items.at(-1)
  const next = last !== undefined && rows.length > limit ? encodeCursor(store, name, last) : undefined
  const nextCursor = JSON.stringify(next ?? null)
  switch (options.shape) {
    case 1:
      return json(200, list)
    case 2: {
      const count = () =>
        store.get<{ n: number }>(`SELECT count(*) AS n FROM ${source.table} WHERE ${where}`, ...scope)?.n ?? 0
      const totalItems = window.where === "" && source.total !== undefined ? source.total() : count()
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
