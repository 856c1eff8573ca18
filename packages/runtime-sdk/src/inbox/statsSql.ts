/**
 * What a table of deliveries holds, counted.
 */
import * as Effect from "effect/Effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { Fragment } from "effect/sql/Statement"
import { InboxError, type LineStats, type Stats } from "./model.ts"

/** Where the deliveries are. */
export interface Place {
  readonly table: Fragment
  readonly now: Fragment
  readonly name: string
  readonly lines: number
}

/** Every number may come as text. */
type Counted = Readonly<
  Record<"waiting" | "in_flight" | "retrying" | "most" | "oldest" | "parked" | "handled", unknown>
>

/** Counts in two statements: what waits has an index of its own, and so has what does not. */
export const statsSql = (sql: SqlClient.SqlClient, place: Place): Effect.Effect<Stats, InboxError> => {
  const { table, now, name } = place
  const waiting = sql`FROM ${table} WHERE inbox = ${name} AND state = 'waiting'`
  const counts = sql<Counted>`SELECT count(*) AS waiting, count(lock) AS in_flight,
    sum(CASE WHEN attempts > 0 THEN 1 ELSE 0 END) AS retrying, max(attempts) AS most, ${now} - min(stored_at) AS oldest,
    (SELECT count(*) FROM ${table} WHERE inbox = ${name} AND state = 'parked') AS parked,
    (SELECT count(*) FROM ${table} WHERE inbox = ${name} AND state = 'done' AND changed_at > ${now} - 60000) AS handled
    ${waiting}`
  const perLine = sql<Readonly<Record<"line" | "waiting" | "oldest", unknown>>>`SELECT line, count(*) AS waiting,
    ${now} - min(stored_at) AS oldest ${waiting} GROUP BY line ORDER BY line`
  return Effect.gen(function* () {
    const [row] = yield* counts.unprepared
    const lines = place.lines === 0 ? [] : yield* perLine.unprepared
    return {
      waiting: Number(row?.waiting ?? 0),
      inFlight: Number(row?.in_flight ?? 0),
      retrying: Number(row?.retrying ?? 0),
      maxAttempts: Number(row?.most ?? 0),
      oldestAgeMillis: Math.max(0, Number(row?.oldest ?? 0)),
      parked: Number(row?.parked ?? 0),
      handledLastMinute: Number(row?.handled ?? 0),
      lines: lines.map((line): LineStats => ({
        line: Number(line.line ?? 0),
        waiting: Number(line.waiting),
        lagMillis: Math.max(0, Number(line.oldest))
      }))
    }
  }).pipe(Effect.mapError((cause: SqlError) => new InboxError("counting deliveries", cause)))
}
