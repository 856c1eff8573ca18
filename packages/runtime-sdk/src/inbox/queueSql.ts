/**
 * The queue in SQLite or PostgreSQL, with times that mean the same in every session.
 *
 * Effect's queue keeps its times in TIMESTAMP columns, which PostgreSQL fills with the clock of a session's own time
 * zone: sessions of other zones, or of the same one after its clock went back, take them for other times. Sessions come
 * and go (reconnects, poolers, `ALTER ROLE`), so none of them is trusted: the columns themselves become TIMESTAMPTZ.
 * The queue's statements compare and shift instants then, and no zone takes part. SQLite's CURRENT_TIMESTAMP is UTC.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as PersistedQueue from "effect/persistence/PersistedQueue"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { InboxError } from "./model.ts"
import { refuse } from "./report.ts"
import { checkSql } from "./settingsSql.ts"

type QueueOptions = NonNullable<Parameters<typeof PersistedQueue.makeStoreSql>[0]>

/** Checks the server, makes the queue's table if it is not there, and gives the queue. */
export const makeQueueSql = Effect.fnUntraced(function* (table: string, options: QueueOptions) {
  yield* checkSql
  const queue = yield* PersistedQueue.makeStoreSql({ tableName: table, ...options }).pipe(
    // The queue dies of what its migration meets, a missing right for one.
    Effect.catchCause((cause) =>
      Cause.hasInterruptsOnly(cause)
        ? Effect.failCause(cause as Cause.Cause<never>) // No failure in it.
        : Effect.fail(new InboxError("creating its tables", Cause.squash(cause)))
    )
  )
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  yield* sql.onDialectOrElse({ pg: () => keepInstants(sql, table), orElse: () => Effect.void })
  return queue
})

const keepInstants = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, table: string) {
  const local = localColumns(sql, table)
  const failing = Effect.mapError((cause: SqlError) => new InboxError("reading its tables", cause))
  if ((yield* failing(local)).length === 0) return
  const change = Effect.gen(function* () {
    yield* sql`SET LOCAL lock_timeout = '5s'`
    yield* sql`LOCK TABLE ${sql(table)} IN ACCESS EXCLUSIVE MODE`
    // Another process may have been faster.
    for (const statement of changesOf(table, yield* local)) yield* sql.unsafe(statement)
  })
  yield* sql
    .withTransaction(change)
    .pipe(
      Effect.catch((cause) =>
        Effect.flatMap(failing(local), (columns) =>
          columns.length === 0 ? Effect.void : refuse("PostgreSQL", localTimes(table, columns), cause)
        )
      )
    )
})

/** The columns that hold a clock's time and not an instant. */
const localColumns = (sql: SqlClient.SqlClient, table: string): Effect.Effect<ReadonlyArray<string>, SqlError> =>
  Effect.map(
    sql<{ readonly name: string }>`SELECT quote_ident(attname) AS name FROM pg_attribute
      WHERE attrelid = to_regclass(quote_ident(${table})) AND atttypid = 'timestamp'::regtype
        AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    (rows) => rows.map(({ name }) => name)
  )

/**
 * What makes instants of them, in one transaction.
 *
 * Nobody knows which zones filled the columns. They are read as UTC, which PostgreSQL does without writing the table
 * anew, and where the difference could matter they are set: what waits is due, in the order in which it was stored,
 * and before what is being stored meanwhile; locks begin anew, as if their workers had just refreshed them; ids that
 * were handled lately are remembered from now on.
 */
const changesOf = (table: string, columns: ReadonlyArray<string>): ReadonlyArray<string> =>
  columns.length === 0
    ? []
    : [
        "SET LOCAL TimeZone = 'UTC'",
        `ALTER TABLE ${table} ${columns.map((name) => `ALTER COLUMN ${name} TYPE TIMESTAMPTZ`).join(", ")}`,
        `UPDATE ${table} SET updated_at = now() WHERE state <> 'pending' AND updated_at > now() - INTERVAL '3 days'`,
        // Last, and by the clock: what comes before it may take longer than a lock lives.
        `UPDATE ${table} SET visible_at = now() - INTERVAL '1 hour',
          acquired_at = CASE WHEN acquired_by IS NULL THEN NULL ELSE clock_timestamp() END WHERE state = 'pending'`
      ]

const localTimes = (table: string, columns: ReadonlyArray<string>) => ({
  setting: `Its table ${table} holds times without a time zone, and this role could not change that`,
  effect: "deliveries run twice, or are hidden for hours, when sessions differ in time zone or a zone's clock changes",
  remedy: `End what holds the table, or let its owner run: BEGIN; ${changesOf(table, columns)
    .map((statement) => statement.replaceAll(/\s+/g, " "))
    .join("; ")}; COMMIT`
})
