/** Tables of version 0.1.0: refused, and moved by the SQL that the message names. New ones, made by many at once. */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PersistedQueue from "effect/persistence/PersistedQueue"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import { assert, describe, it } from "vitest"
import {
  InboxError,
  inboxTables,
  NodeSqlite,
  type OpenOptions,
  openWebhookInbox,
  WebhookInbox
} from "../../src/inbox.ts"
import { describeWith } from "../support/services.ts"
import { delivery, makePlace, sqlLayer } from "./support.ts"

const item = Schema.Struct({
  id: Schema.String,
  type: Schema.String,
  callId: Schema.optionalKey(Schema.String),
  body: Schema.String,
  requeued: Schema.Finite
})

const waiting = Array.from({ length: 10 }, (_, i) => `evt_${i}`)

/** Leaves what version 0.1.0 would: one handled, ten that wait, one parked. */
const leaveOlder = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const store = yield* PersistedQueue.makeStoreSql({ tableName: "aywa_inbox" })
  const factory = yield* Effect.provideService(PersistedQueue.makeFactory, PersistedQueue.PersistedQueueStore, store)
  const queue = yield* factory.make({ name: "webhooks", schema: item })
  const offer = (id: string) =>
    queue.offer({ id, type: "t", callId: "call_1", body: `{"of":"${id} \\u0000 Grüße"}`, requeued: 0 }, { id })
  yield* offer("evt_done")
  yield* queue.take(() => Effect.void)
  for (const id of waiting) yield* offer(id)
  yield* sql`CREATE TABLE aywa_inbox_parked (
    inbox VARCHAR(255) NOT NULL, id VARCHAR(255) NOT NULL, type TEXT NOT NULL, call_id TEXT, body TEXT NOT NULL,
    attempts INTEGER NOT NULL, reason TEXT NOT NULL, parked_at BIGINT NOT NULL, requeued INTEGER NOT NULL,
    PRIMARY KEY (inbox, id))`
  yield* sql`INSERT INTO aywa_inbox_parked VALUES ('webhooks', 'evt_parked', 't', NULL, '{}', 10, 'broken', 5, 1)`
})

const suite = (kind: "sqlite" | "postgres") => {
  const dialect = kind
  const make = async () => {
    const { place, remove } = await makePlace(kind)
    assert(place.kind === "sqlite" || place.kind === "postgres")
    const client =
      place.kind === "sqlite"
        ? NodeSqlite.layer(place.file)
        : PgClient.layer({ url: Redacted.make(place.url), maxConnections: 3 })
    const open = (handle?: OpenOptions["handle"]) =>
      openWebhookInbox({
        store: WebhookInbox.layerSql({ pollInterval: 20 }).pipe(Layer.provide(client)),
        handle,
        concurrency: 1
      })
    const run = <A, E>(program: Effect.Effect<A, E, SqlClient.SqlClient>) =>
      program.pipe(Effect.provide(sqlLayer(place)), Effect.scoped, Effect.runPromise)
    return { open, run, remove }
  }

  it("are refused with the command that moves them; afterwards what waited runs, in its order, and ids are known", async () => {
    const { open, run, remove } = await make()
    await run(Effect.scoped(leaveOlder))
    const refused = await open().catch((error: unknown) => error)
    assert(refused instanceof InboxError, String(refused))
    assert.strictEqual(refused.kind, "refusal")
    assert.match(refused.message, /aywa-runtime inbox sql.*--move \|/)
    const statements = inboxTables({ dialect, move: true })
      .split(";\n")
      .filter((one) => one.trim() !== "")
    await run(
      Effect.flatMap(SqlClient.SqlClient, (sql) =>
        sql.withTransaction(Effect.forEach(statements.slice(1, -1), (one) => sql.unsafe(one), { discard: true }))
      )
    )
    const runs: Array<string> = []
    const all = Promise.withResolvers<void>()
    const inbox = await open(async ({ id, body, callId }) => {
      runs.push(id)
      if (waiting.includes(id)) {
        assert.strictEqual(body, `{"of":"${id} \\u0000 Grüße"}`)
        assert.strictEqual(callId, "call_1")
      }
      if (runs.length === 12) all.resolve()
    })
    const [parked] = await inbox.parked()
    assert.deepInclude(parked, { id: "evt_parked", attempts: 10, reason: "broken", parkedAt: 5, requeued: 1 })
    assert.isTrue(await inbox.requeue("evt_parked"))
    await inbox.offer(delivery("evt_done"))
    await inbox.offer(delivery("evt_3"))
    await inbox.offer(delivery("evt_new"))
    await all.promise
    assert.deepStrictEqual(runs.slice(0, 10), waiting)
    assert.deepStrictEqual(runs.slice(10).toSorted(), ["evt_new", "evt_parked"])
    await inbox.close()
    await remove()
  })

  it("new ones are made by many processes at once", async () => {
    const { open, remove } = await make()
    const inboxes = await Promise.all(Array.from({ length: 8 }, () => open()))
    for (const inbox of inboxes) assert.isTrue((await inbox.health()).ok)
    for (const inbox of inboxes) await inbox.close()
    await remove()
  })
}

describe("tables of version 0.1.0, SQLite", () => {
  suite("sqlite")
})
;(await describeWith("PostgreSQL"))("tables of version 0.1.0, PostgreSQL", () => {
  suite("postgres")
})
