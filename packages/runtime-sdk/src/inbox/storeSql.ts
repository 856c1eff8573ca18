/**
 * The store in SQLite or PostgreSQL, beside the queue's own table. Times are the database's: processes need not agree
 * on one.
 */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { InboxError, type Parked } from "./model.ts"
import type { Store } from "./Store.ts"

interface ParkedRow {
  readonly id: string
  readonly type: string
  readonly call_id: string | null
  readonly body: string
  readonly attempts: number
  readonly reason: string
  /** PostgreSQL gives a BIGINT as text. */
  readonly parked_at: number | string
  readonly requeued: number
}

/** Creates the tables if they are not there, and gives the store. */
export const makeSql = Effect.fnUntraced(function* (prefix: string, inbox = "webhooks") {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  const parkedTable = sql(`${prefix}_parked`)
  const leaseTable = sql(`${prefix}_leases`)
  const now = sql.onDialectOrElse({
    pg: () => sql.literal("(extract(epoch from clock_timestamp()) * 1000)::bigint"),
    orElse: () => sql.literal("CAST(unixepoch('subsec') * 1000 AS INTEGER)")
  })
  const failing = (doing: string) => Effect.mapError((cause: SqlError) => new InboxError(doing, cause))

  // Two processes may start at once on an empty PostgreSQL: both see no table, and one of them fails. It finds it then.
  const create = Effect.all([
    sql`CREATE TABLE IF NOT EXISTS ${parkedTable} (
      inbox VARCHAR(255) NOT NULL, id VARCHAR(255) NOT NULL, type TEXT NOT NULL, call_id TEXT, body TEXT NOT NULL,
      attempts INTEGER NOT NULL, reason TEXT NOT NULL, parked_at BIGINT NOT NULL, requeued INTEGER NOT NULL,
      PRIMARY KEY (inbox, id))`,
    sql`CREATE TABLE IF NOT EXISTS ${leaseTable} (
      name VARCHAR(255) PRIMARY KEY, owner VARCHAR(64) NOT NULL, until_ms BIGINT NOT NULL)`
  ])
  yield* create.pipe(Effect.retry({ times: 3 }), failing("creating its tables"))

  const toParked = (row: ParkedRow): Parked => ({
    id: row.id,
    type: row.type,
    callId: row.call_id ?? undefined,
    body: row.body,
    attempts: row.attempts,
    reason: row.reason,
    parkedAt: Number(row.parked_at),
    requeued: row.requeued
  })
  const store: Store = {
    park: (one) =>
      Effect.asVoid(sql`INSERT INTO ${parkedTable} (inbox, id, type, call_id, body, attempts, reason, parked_at, requeued)
        VALUES (${inbox}, ${one.id}, ${one.type}, ${one.callId ?? null}, ${one.body}, ${one.attempts}, ${one.reason},
          ${one.parkedAt}, ${one.requeued})
        ON CONFLICT (inbox, id) DO UPDATE SET attempts = excluded.attempts, reason = excluded.reason,
          parked_at = excluded.parked_at, requeued = excluded.requeued`).pipe(failing("parking a delivery")),
    parked: (limit) =>
      sql<ParkedRow>`SELECT * FROM ${parkedTable} WHERE inbox = ${inbox} ORDER BY parked_at, id LIMIT ${limit}`.pipe(
        Effect.map((rows) => rows.map(toParked)),
        failing("listing what is parked")
      ),
    find: (id) =>
      sql<ParkedRow>`SELECT * FROM ${parkedTable} WHERE inbox = ${inbox} AND id = ${id}`.pipe(
        Effect.map(([row]) => (row === undefined ? undefined : toParked(row))),
        failing("looking for a parked delivery")
      ),
    unpark: (one) =>
      Effect.asVoid(
        sql`DELETE FROM ${parkedTable} WHERE inbox = ${inbox} AND id = ${one.id} AND requeued = ${one.requeued}`
      ).pipe(failing("removing a parked delivery")),
    lease: (name, owner, millis) =>
      sql`INSERT INTO ${leaseTable} AS held (name, owner, until_ms) VALUES (${name}, ${owner}, ${now} + ${millis})
        ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until_ms = excluded.until_ms
        WHERE held.owner = excluded.owner OR held.until_ms <= ${now}
        RETURNING name`.pipe(
        Effect.map((rows) => rows.length === 1),
        failing("taking a lease")
      ),
    release: (name, owner) =>
      Effect.asVoid(sql`DELETE FROM ${leaseTable} WHERE name = ${name} AND owner = ${owner}`).pipe(
        failing("giving up a lease")
      ),
    sweep: Effect.asVoid(sql`DELETE FROM ${leaseTable} WHERE until_ms <= ${now}`).pipe(failing("sweeping leases"))
  }
  return store
})
