/**
 * What a store does not take: too large for it, or it is full. That is said in words, the runtime sends again, and
 * whatever else is under way goes on.
 */
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as SqlClient from "effect/sql/SqlClient"
import { setTimeout as sleep } from "node:timers/promises"
import { createClient } from "redis"
import { assert, describe, it } from "vitest"
import { InboxError, NodeSqlite, type OpenOptions, openWebhookInbox, WebhookInbox } from "../../src/inbox.ts"
import { eventually, rejection } from "../support/assertions.ts"
import { startRedis } from "../support/ownServers.ts"
import { describeWith, describeWithPrograms } from "../support/services.ts"
import { delivery, makePlace } from "./support.ts"

const large = (id: string, size: number) => ({ ...delivery(id), body: "x".repeat(size) })

const refusalOf = async (offer: Promise<unknown>, kind: InboxError["kind"] = "failure"): Promise<string> => {
  const error = await rejection(offer)
  assert(error instanceof InboxError, String(error))
  assert.deepStrictEqual([error.kind, error.httpStatus], [kind, 503])
  return error.message
}

const command = async (port: number, ...args: ReadonlyArray<string>): Promise<unknown> => {
  const client = createClient({ socket: { host: "127.0.0.1", port } })
  await client.connect()
  return client.sendCommand([...args]).finally(() => client.close())
}

describeWithPrograms("redis-server")("a Redis that takes no more", () => {
  const open = (port: number, options: Partial<OpenOptions> & WebhookInbox.Options = {}) => {
    const { handle, onError = () => {}, concurrency, ...rest } = options
    return openWebhookInbox({
      store: Layer.provide(
        WebhookInbox.layerRedis({ pollInterval: 20, offerTimeout: "10 seconds", ...rest }),
        NodeRedis.layer({ socket: { host: "127.0.0.1", port } })
      ),
      handle,
      onError,
      concurrency
    })
  }

  it("a delivery beyond proto-max-bulk-len is refused by name, and those beside it are stored", async () => {
    await using server = await startRedis(["--proto-max-bulk-len", "1mb"])
    const handled: Array<string> = []
    const told: Array<string> = []
    await using inbox = await open(server.port, {
      handle: async ({ id }) => void handled.push(id),
      onError: ({ kind }) => void told.push(kind)
    })
    const offers = [delivery("evt_1"), large("evt_large", 2_000_000), delivery("evt_2")].map((one) => inbox.offer(one))
    const [first, refused, second] = await Promise.allSettled(offers)
    assert.deepStrictEqual([first?.status, second?.status], ["fulfilled", "fulfilled"])
    const message = await refusalOf(offers[1] ?? Promise.resolve(), "refusal")
    assert.strictEqual(refused?.status, "rejected")
    assert.match(message, /evt_large has 2000\d{3} bytes.*takes 1048576 \(proto-max-bulk-len\)/)
    await eventually(() => assert.sameMembers(handled, ["evt_1", "evt_2"]))
    // The connection was not cut for it: nobody had to be told of an outage.
    assert.deepStrictEqual(told, ["warning"])
    await inbox.close()
  })

  it("its memory is full: offers say so, workers go on with what is there, and one that begins anew, too", async () => {
    await using server = await startRedis(["--maxmemory-policy", "noeviction"])
    const handled: Array<string> = []
    const slow = async ({ id }: { readonly id: string }) => {
      handled.push(id)
      // Longer than a lock: it has to be renewed meanwhile.
      await sleep(id === "evt_slow" ? 1500 : 0)
    }
    const intake = await open(server.port)
    await intake.offer(delivery("evt_slow"))
    await intake.offer(delivery("evt_dead"))
    const worker = await open(server.port, { handle: slow, lockExpiration: 400, concurrency: 1 })
    await eventually(() => assert.deepStrictEqual(handled, ["evt_slow"]))
    // As a worker that died leaves it.
    await command(server.port, "ZADD", "{aywa}:webhooks/locked", "1", "evt_dead")
    await command(server.port, "HSET", "{aywa}:webhooks/locks", "evt_dead", "dead")
    await command(server.port, "ZREM", "{aywa}:webhooks/fresh", "evt_dead")
    for (const id of ["evt_1", "evt_2"]) await intake.offer(delivery(id))
    await command(server.port, "CONFIG", "SET", "maxmemory", "1")
    const refused = intake.offer(delivery("evt_later"))
    assert.match(await refusalOf(refused), /OOM.*maxmemory/)
    // Not inside of something that the client put around it.
    assert.match(String((await rejection(refused)).cause), /Error: OOM/)
    const warnings: Array<string> = []
    const other = await open(server.port, {
      handle: slow,
      lockExpiration: 400,
      onError: ({ kind, message }) => void warnings.push(`${kind}: ${message}`)
    })
    assert.match(warnings[0] ?? "", /warning: .*memory is full/)
    await eventually(() => assert.sameMembers(handled, ["evt_slow", "evt_dead", "evt_1", "evt_2"]))
    await eventually(async () => assert.deepInclude(await intake.stats(), { waiting: 0, handledLastMinute: 4 }))
    await command(server.port, "CONFIG", "SET", "maxmemory", "0")
    await intake.offer(delivery("evt_later"))
    await eventually(() => assert.include(handled, "evt_later"))
    assert.lengthOf(handled, 5)
    await Promise.all([intake, worker, other].map((one) => one.close()))
  })
})

describe("a SQLite that takes no more", () => {
  it("the file is full: offers say so, and it goes on when there is room", async () => {
    const { place, remove } = await makePlace("sqlite")
    assert(place.kind === "sqlite")
    let sql: SqlClient.SqlClient | undefined
    const limited = Effect.tap(SqlClient.SqlClient, (client) => {
      sql = client
      return client`PRAGMA max_page_count = 60`
    })
    const store = WebhookInbox.layerSql({ pollInterval: 20, offerTimeout: "10 seconds" }).pipe(
      Layer.provide(Layer.effect(SqlClient.SqlClient, limited)),
      Layer.provide(NodeSqlite.layer(place.file))
    )
    const handled: Array<string> = []
    const inbox = await openWebhookInbox({ store, onError: () => {}, handle: async ({ id }) => void handled.push(id) })
    assert.match(await refusalOf(inbox.offer(large("evt_large", 1_000_000))), /database or disk is full/)
    await inbox.offer(delivery("evt_small"))
    await eventually(() => assert.deepStrictEqual(handled, ["evt_small"]))
    await Effect.runPromise(sql!`PRAGMA max_page_count = 100000`)
    await inbox.offer(large("evt_large", 1_000_000))
    await eventually(() => assert.deepStrictEqual(handled, ["evt_small", "evt_large"]))
    await inbox.close()
    await remove()
  })
})

;(await describeWith("PostgreSQL"))("a PostgreSQL whose client reads no more", () => {
  it("a delivery that could be stored and never be read again is refused by name", async () => {
    const { place, remove } = await makePlace("postgres")
    assert(place.kind === "postgres")
    const { url } = place
    const handled: Array<string> = []
    const open = (maxMessageSize?: number) =>
      openWebhookInbox({
        store: Layer.provide(
          WebhookInbox.layerSql({ pollInterval: 20, offerTimeout: "20 seconds" }),
          PgClient.layer({ url: Redacted.make(url), maxConnections: 3, maxMessageSize })
        ),
        onError: () => {},
        handle: async ({ id }) => void handled.push(id)
      })
    const inbox = await open()
    assert.match(
      await refusalOf(inbox.offer(large("evt_large", 17 * 2 ** 20)), "refusal"),
      /evt_large has 178\d{5} bytes.*maxMessageSize/
    )
    await inbox.offer(delivery("evt_small"))
    await eventually(() => assert.deepStrictEqual(handled, ["evt_small"]))
    await inbox.close()
    const wide = await open(32 * 2 ** 20)
    await wide.offer(large("evt_large", 17 * 2 ** 20))
    await eventually(() => assert.deepStrictEqual(handled, ["evt_small", "evt_large"]))
    await wide.close()
    await remove()
  })
})
