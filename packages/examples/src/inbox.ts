/**
 * A signed request becomes work that is done once: verify, store, 200, then a worker whose handler runs in one SQL
 * transaction with a note that this delivery is done. SQLite by default, PostgreSQL when DATABASE_URL names one.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import { NodeSqlite, Once, WebhookInbox } from "@aywa-ai/runtime-sdk/inbox"
import { generateWebhookSecret, parseAywaRuntimeWebhook, signAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
import { nodeWebhookHandler } from "@aywa-ai/runtime-sdk/webhooks/handlers"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as SqlClient from "effect/sql/SqlClient"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

const secret = generateWebhookSecret()
const folder = mkdtempSync(join(tmpdir(), "aywa-inbox-"))
const databaseUrl = process.env["DATABASE_URL"]
const database =
  databaseUrl === undefined
    ? NodeSqlite.layer(join(folder, "app.db"))
    : PgClient.layer({ url: Redacted.make(databaseUrl) })
const layer = WebhookInbox.layerSql({ name: "example", backoff: "100 millis" }).pipe(Layer.provideMerge(database))

// What the handler does: book the cost of a call. It happens in the transaction of `Once.run`, or not at all.
let failures = 0
const book = (id: string, body: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const message = parseAywaRuntimeWebhook(body)
    if (message.type !== "end-of-call-report") return
    yield* sql`INSERT INTO example_bookings (delivery, cost) VALUES (${id}, ${message.cost ?? 0})`
    // The first attempt fails after it has written: its transaction is rolled back, and the delivery comes again.
    if (failures++ === 0) return yield* Effect.fail(new Error("a lost connection"))
  })

/** Sends a delivery as the runtime would. */
const deliver = async (url: string, id: string, cost: number): Promise<number> => {
  const message = { type: "end-of-call-report", endedReason: "customer-ended-call", artifact: {}, analysis: {}, cost }
  const body = JSON.stringify({ message })
  const headers = { "content-type": "application/json", ...signAywaRuntimeWebhook({ body, secret, id }) }
  const response = await fetch(url, { method: "POST", headers, body })
  return response.status
}

const program = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const inbox = yield* WebhookInbox.WebhookInbox
  yield* Once.createTable
  yield* sql`DROP TABLE IF EXISTS example_bookings`
  yield* sql`CREATE TABLE example_bookings (delivery VARCHAR(255), cost REAL)`

  const server = createServer(nodeWebhookHandler({ secret, inbox: WebhookInbox.toSink(inbox) }))
  server.listen(0, "127.0.0.1")
  yield* Effect.promise(() => once(server, "listening"))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks`

  // Each delivery arrives twice, as after an answer that was lost; they wait until a worker is there.
  const run = process.hrtime.bigint().toString(36) // Ids of their own: PostgreSQL remembers those of the last run.
  for (const n of [1, 2, 3, 1, 2, 3]) {
    console.log("delivery", n, "->", yield* Effect.promise(() => deliver(url, `evt_${run}_${n}`, n)))
  }
  const booked = sql<{ cost: number }>`SELECT cost FROM example_bookings ORDER BY cost`
  const all = Effect.repeat(Effect.delay(booked, "20 millis"), { while: (rows) => rows.length < 3, times: 500 })
  yield* Effect.raceFirst(
    inbox.run(({ id, body }) => Once.run(id, book(id, body))),
    all
  )
  server.close()
  return { costs: (yield* booked).map((row) => row.cost), parked: (yield* inbox.parked()).length }
})

const { costs, parked } = await Effect.runPromise(Effect.scoped(Effect.provide(program, layer)))
rmSync(folder, { recursive: true })
console.log("booked once each:", costs.join(", "))
if (costs.join() !== "1,2,3" || parked !== 0 || failures < 4) throw new Error("Expected three bookings, one each")
