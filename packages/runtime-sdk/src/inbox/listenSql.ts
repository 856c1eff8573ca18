/**
 * How processes on PostgreSQL hear of what others have stored: LISTEN and NOTIFY, where the client has them.
 *
 * A pooler in transaction mode takes LISTEN and gives nothing. So the listener calls itself once, and only a session
 * that heard that is believed; polling goes on behind it in any case.
 */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { Fragment } from "effect/sql/Statement"
import { InboxError } from "./model.ts"
import type { Store } from "./Store.ts"

const channel = "aywa_inbox"

/** As much of `PgClient` as is used. */
interface Listens {
  readonly listen: (
    channel: string
  ) => Effect.Effect<Queue.Dequeue<{ readonly payload?: string | undefined }, SqlError>, SqlError, Scope.Scope>
}

const listens = (client: object): client is Listens => "listen" in client && typeof client.listen === "function"

/** The listener of one inbox; `notify` ends a statement that stores, `notifyToo` one that returns something. */
export const listenerOf = (
  client: SqlClient.SqlClient,
  inbox: string
): { readonly notify: Fragment; readonly notifyToo: Fragment; readonly listen: Store["listen"] } => {
  const sql = client.withoutTransforms()
  const isPostgres = sql.onDialectOrElse({ pg: () => true, orElse: () => false })
  const none = sql.literal("")
  // The function runs once for each new row, and PostgreSQL sends equal notifications of a transaction once.
  const call = sql`pg_notify(${channel}, ${inbox})`
  const notify = isPostgres ? sql` RETURNING ${call}` : none
  const notifyToo = isPostgres ? sql`, ${call}` : none
  if (!isPostgres || !listens(client)) return { notify, notifyToo, listen: () => Effect.never }
  const failing = Effect.mapError((cause: SqlError) => new InboxError("listening for deliveries", cause))
  return {
    notify,
    notifyToo,
    listen: Effect.fnUntraced(function* (wake, onState) {
      const messages = yield* failing(client.listen(channel))
      const echo = globalThis.crypto.randomUUID()
      yield* failing(sql`SELECT pg_notify(${channel}, ${echo})`.unprepared)
      while (true) {
        const { payload } = yield* failing(Queue.take(messages))
        if (payload === echo) onState(true)
        else if (payload === inbox) wake()
      }
    })
  }
}
