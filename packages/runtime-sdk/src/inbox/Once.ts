/**
 * Effects in a SQL database that happen exactly once per delivery.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"

/**
 * Runs an effect in one transaction with a note that this id is done. When the note is there already, nothing runs and
 * `None` is given.
 *
 * **Details**
 *
 * The inbox gives a delivery to its handler at least once; what the handler does to this database through `run` is
 * done exactly once, however often processes die. Effects elsewhere (mail, another API) are not covered. Call
 * `createTable` once before.
 *
 * **Example**
 *
 * ```ts
 * import { Once, WebhookInbox } from "@aywa-ai/runtime-sdk/inbox"
 * import * as Effect from "effect/Effect"
 * import * as SqlClient from "effect/sql/SqlClient"
 *
 * export const worker = Effect.gen(function* () {
 *   const inbox = yield* WebhookInbox.WebhookInbox
 *   const sql = yield* SqlClient.SqlClient
 *   yield* Once.createTable
 *   return yield* inbox.run(({ id, callId, body }) =>
 *     Once.run(id, sql`INSERT INTO reports (call_id, body) VALUES (${callId ?? null}, ${body})`)
 *   )
 * })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const run = <A, E, R>(
  id: string,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<Option.Option<A>, E | SqlError, R | SqlClient.SqlClient> =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    sql.withTransaction(
      Effect.flatMap(
        sql`INSERT INTO ${sql("aywa_inbox_once")} (id) VALUES (${id}) ON CONFLICT (id) DO NOTHING RETURNING id`,
        (rows) => (rows.length === 0 ? Effect.succeed(Option.none()) : Effect.asSome(effect))
      )
    )
  )

/**
 * Creates the table `aywa_inbox_once` if it is not there.
 *
 * @since 0.1.0
 * @category setup
 */
export const createTable: Effect.Effect<void, SqlError, SqlClient.SqlClient> = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => {
    // PostgreSQL's TIMESTAMP is the clock of whichever session wrote it.
    const instant = sql.literal(sql.onDialectOrElse({ pg: () => "TIMESTAMPTZ", orElse: () => "TIMESTAMP" }))
    // Two processes may create it at the same moment: one of them fails, and finds it when it tries again.
    return Effect.asVoid(
      sql`CREATE TABLE IF NOT EXISTS ${sql("aywa_inbox_once")} (
        id VARCHAR(255) PRIMARY KEY, at ${instant} DEFAULT CURRENT_TIMESTAMP)`
    ).pipe(Effect.retry({ times: 3 }))
  }
)
