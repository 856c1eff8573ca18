/**
 * What is in the store, over all organizations, as pages of short forms: rows, calls that are under way, webhook jobs.
 */
import type { SQLInputValue } from "node:sqlite"
import { json } from "../http/answer.ts"
import { jobStates } from "../outbox/jobs.ts"
import { resourceNames } from "../rows/rules.ts"
import type { Store } from "../store/Store.ts"
import { type ControlRoutes, onlyParameters, oneOf, pageOf, windowOf } from "./route.ts"
import { callColumns, jobColumns, rowColumns, summaryOf } from "./summaries.ts"

/** Rows that one answer looks at: a rare text must not hold everybody up. */
const searchWindow = 5000

/** The routes. */
export const listRoutes = (store: Store): ControlRoutes => ({
  "GET rows": ({ query }) => {
    onlyParameters(query, ["limit", "before", "id", "resource", "organization", "text"])
    const { limit, before } = windowOf(query)
    const text = query.get("text")
    const { where, values } = conditions({
      "seq < ?": before,
      "id = ?": query.get("id"),
      "resource = ?": oneOf(query, "resource", resourceNames),
      "org_id = ?": query.get("organization")
    })
    return json(
      200,
      searchPage(store, {
        columns: query.get("resource") === "calls" ? callColumns : rowColumns,
        table: "resource_rows",
        where,
        values,
        search: text === null ? undefined : ["instr(body, ?) > 0", text],
        limit
      })
    )
  },

  "GET calls/live": ({ query }) => {
    onlyParameters(query, ["limit", "before"])
    const { limit, before } = windowOf(query)
    const { where, values } = conditions({ "seq < ?": before })
    return json(
      200,
      searchPage(store, {
        columns: callColumns,
        table: "resource_rows",
        where: `${where} AND resource = 'calls' AND id IN (SELECT call_id FROM call_runs WHERE done = 0)`,
        values,
        search: undefined,
        limit
      })
    )
  },

  "GET jobs": ({ query }) => {
    onlyParameters(query, ["limit", "before", "id", "organization", "type", "status", "callId", "eventId"])
    const { limit, before } = windowOf(query)
    const { where, values } = conditions({
      "seq < ?": before,
      "id = ?": query.get("id"),
      "org_id = ?": query.get("organization"),
      "type = ?": query.get("type"),
      "state = ?": oneOf(query, "status", jobStates),
      "call_id = ?": query.get("callId"),
      "event_id = ?": query.get("eventId")
    })
    return json(
      200,
      searchPage(store, { columns: jobColumns, table: "webhook_jobs", where, values, search: undefined, limit })
    )
  }
})

const conditions = (wanted: Readonly<Record<string, SQLInputValue | undefined>>) => {
  const entries = Object.entries(wanted).flatMap(([sql, value]) =>
    value === undefined || value === null ? [] : [[sql, value] as const]
  )
  return { where: ["1", ...entries.map(([sql]) => sql)].join(" AND "), values: entries.map(([, value]) => value) }
}

interface SearchPage {
  readonly columns: string
  readonly table: string
  readonly where: string
  readonly values: ReadonlyArray<SQLInputValue>
  readonly search: readonly [sql: string, value: SQLInputValue] | undefined
  readonly limit: number
}

/** Newest first. With a search, of the next rows that are looked at; the cursor goes on behind them. */
const searchPage = (store: Store, { columns, table, where, values, search, limit }: SearchPage): string => {
  const [condition = "1", ...wanted] = search ?? []
  const items = store
    .all<{ seq: number; body: string }>(
      `SELECT seq, ${columns} AS body FROM ${table} WHERE seq IN
         (SELECT seq FROM ${table} WHERE ${where} ORDER BY seq DESC LIMIT ?)
       AND ${condition} ORDER BY seq DESC LIMIT ?`,
      ...values,
      search === undefined ? limit + 1 : searchWindow,
      ...wanted,
      limit + 1
    )
    .map(({ seq, body }) => ({ seq, json: JSON.stringify(summaryOf(body)) }))
  if (search === undefined) return pageOf(items, limit)
  const behind = store.get<{ seq: number | null }>(
    `SELECT min(seq) AS seq FROM (SELECT seq FROM ${table} WHERE ${where} ORDER BY seq DESC LIMIT ${searchWindow})
     HAVING count(*) = ${searchWindow}`,
    ...values
  )
  return pageOf(items, limit, behind?.seq ?? undefined)
}
