/**
 * A store that is frozen, away or locked under a receiver: the runtime has its 503 within a second, and everything is
 * handled once when the store is back.
 */
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as bullmq from "bullmq"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import { createServer } from "node:http"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { DatabaseSync } from "node:sqlite"
import { setTimeout as sleep } from "node:timers/promises"
import { PgBoss } from "pg-boss"
import { createClient } from "redis"
import { assert, describe, it } from "vitest"
import { InboxError, NodeSqlite, openWebhookInbox, WebhookInbox } from "../../src/inbox.ts"
import { bullmqInbox } from "../../src/inbox/bullmq.ts"
import { pgBossInbox } from "../../src/inbox/pg-boss.ts"
import { generateWebhookSecret, signAywaRuntimeWebhook } from "../../src/webhooks.ts"
import { nodeWebhookHandler } from "../../src/webhooks/handlers.ts"
import type { WebhookSink } from "../../src/webhooks/sink.ts"
import { eventually, rejection } from "../support/assertions.ts"
import { startRedis } from "../support/ownServers.ts"
import { makeProxy } from "../support/proxy.ts"
import { describeWith, describeWithPrograms } from "../support/services.ts"
import { makePlace, type Place } from "./support.ts"

interface Rig extends AsyncDisposable {
  readonly inbox: WebhookSink
  /** Kinds of errors, as they were told. */
  readonly kinds?: ReadonlyArray<string>
  /** Ids, as they were handled. */
  readonly handled: ReadonlyArray<string>
  readonly stop: () => unknown
  readonly goOn: () => unknown
}

const secret = generateWebhookSecret()

/** A receiver on a port; posts a signed notice, and says what came back, and when. */
const receiverOf = async (inbox: WebhookSink) => {
  const told: Array<string> = []
  const server = createServer(nodeWebhookHandler({ secret, inbox, onError: ({ message }) => void told.push(message) }))
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  return {
    told,
    post: async (id: string) => {
      const body = JSON.stringify({ message: { type: "hang", call: { id: "call_1" } } })
      const headers = { ...signAywaRuntimeWebhook({ body, secret, id }) }
      const begin = performance.now()
      const { status } = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", headers, body })
      return { status, millis: performance.now() - begin }
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, "close")
    }
  }
}

const check = async (rig: Rig): Promise<void> => {
  await using receiver = await receiverOf(rig.inbox)
  const accepted = (id: string) =>
    eventually(async () => assert.strictEqual((await receiver.post(id)).status, 200), 60_000)
  await accepted("evt_before")
  await eventually(() => assert.deepStrictEqual(rig.handled, ["evt_before"]))
  await rig.stop()
  const ids = Array.from({ length: 6 }, (_, i) => `evt_${i}`)
  receiver.told.length = 0
  // One after the other, then at once: those that wait for an earlier write have no more time than others.
  const answers = [await receiver.post("evt_0"), await receiver.post("evt_1")]
  answers.push(...(await Promise.all(ids.slice(2).map((id) => receiver.post(id)))))
  assert.deepStrictEqual(
    answers.map(({ status }) => status),
    ids.map(() => 503)
  )
  assert.lengthOf(receiver.told, ids.length)
  // The slower ones are a loaded machine's affair.
  const fastest = () => Math.min(...answers.map(({ millis }) => millis))
  for (let i = 0; i < 5 && fastest() >= 1000; i++) answers.push(await receiver.post("evt_0"))
  assert.isBelow(fastest(), 1000)
  await rig.goOn()
  // As the runtime does, until it has its 200.
  for (const id of [...ids, "evt_last"]) await accepted(id)
  await eventually(() => assert.sameMembers([...rig.handled], ["evt_before", ...ids, "evt_last"]))
}

const rigOf = async (
  store: Layer.Layer<WebhookInbox.WebhookInbox, unknown>,
  rest: Pick<Rig, "stop" | "goOn"> & { readonly end: () => Promise<unknown> }
): Promise<Rig> => {
  const handled: Array<string> = []
  const kinds: Array<string> = []
  const inbox = await openWebhookInbox({
    store,
    handle: async ({ id }) => void handled.push(id),
    onError: ({ kind }) => void kinds.push(kind)
  })
  return {
    ...rest,
    inbox,
    kinds,
    handled,
    [Symbol.asyncDispose]: async () => {
      await rest.goOn()
      await inbox.close()
      await rest.end()
    }
  }
}

const inRedis = (
  port: number,
  options: WebhookInbox.Options = {},
  socket: { readonly socketTimeout?: number } = {}
): Layer.Layer<WebhookInbox.WebhookInbox, unknown> =>
  WebhookInbox.layerRedis({ pollInterval: 20, ...options }).pipe(
    // The client logs each connection that it loses.
    Layer.provide(Layer.provide(NodeRedis.layer({ socket: { host: "127.0.0.1", port, ...socket } }), Logger.layer([])))
  )

/** A failure, and that it is over; what the server's settings are is no news here. */
const outage = (kinds: ReadonlyArray<string> = []) => kinds.filter((kind) => kind !== "warning")

/** A look at a server from beside: how many listen for deliveries. */
const watcherOf = async (port: number) => {
  const client = createClient({ socket: { host: "127.0.0.1", port } })
  await client.connect()
  return {
    listeners: async () => Object.values(await client.pubSubNumSub("{aywa}:webhooks/stored"))[0] ?? 0,
    [Symbol.asyncDispose]: () => client.close()
  }
}

/** A process that is told to end while its store does not answer, with something in hand; what it is told of that. */
const closing = async (store: Layer.Layer<WebhookInbox.WebhookInbox, unknown>, freeze: () => void): Promise<string> => {
  const begun = Promise.withResolvers<AbortSignal>()
  const told: Array<string> = []
  const inbox = await openWebhookInbox({
    store,
    grace: 100,
    onError: ({ kind, message }) => void told.push(`${kind}: ${message}`),
    handle: async (_, { signal }) => {
      begun.resolve(signal)
      await new Promise(() => {})
    }
  })
  await eventually(() => inbox.offer({ id: "evt_1", type: "hang", callId: undefined, body: "{}" }))
  const signal = await begun.promise
  freeze()
  const begin = performance.now()
  await inbox.close()
  // Five seconds and the grace; the lock would end after 90.
  assert.isBelow(performance.now() - begin, 30_000)
  assert.isTrue(signal.aborted)
  assert.isFalse((await inbox.health()).ok)
  return told.at(-1) ?? ""
}

const closedLate = /^warning: The inbox was closed while its store did not answer/

describe.concurrent("a receiver whose store does not answer", () => {
  describeWithPrograms("redis-server")("Redis", () => {
    it("that is frozen", async () => {
      await using server = await startRedis()
      await using rig = await rigOf(inRedis(server.port), {
        stop: server.freeze,
        goOn: server.thaw,
        end: async () => {}
      })
      await check(rig)
    })

    it("that is away", async () => {
      await using server = await startRedis()
      const proxy = await makeProxy(server.port)
      await using rig = await rigOf(inRedis(proxy.port), { stop: proxy.down, goOn: proxy.up, end: proxy.close })
      await check(rig)
    })

    it("whose connections died without a word: others are made, also to listen", async () => {
      await using server = await startRedis()
      const proxy = await makeProxy(server.port)
      const store = inRedis(proxy.port, { lockExpiration: "3 seconds" })
      await using client = await watcherOf(server.port)
      await using rig = await rigOf(store, { stop: proxy.hang, goOn: () => {}, end: proxy.close })
      const listeners = await client.listeners()
      await check(rig)
      assert.deepStrictEqual(outage(rig.kinds), ["failure", "recovery"])
      // Those that died are still there for the server.
      await eventually(async () => assert.isAbove(await client.listeners(), listeners), 60_000)
    })

    it("whose client is told to give silent connections up, and then does not come back by itself", async () => {
      await using server = await startRedis()
      const proxy = await makeProxy(server.port)
      const store = inRedis(proxy.port, {}, { socketTimeout: 6000 })
      await using rig = await rigOf(store, { stop: proxy.hang, goOn: () => {}, end: proxy.close })
      await check(rig)
    })

    it("that takes connections and answers none of them, for a while", async () => {
      await using server = await startRedis()
      const proxy = await makeProxy(server.port)
      const store = inRedis(proxy.port, { lockExpiration: "3 seconds" })
      await using rig = await rigOf(store, {
        stop: async () => {
          proxy.freeze()
          // Long enough for it to give up the connection, and the next one.
          await sleep(12_000)
        },
        goOn: proxy.thaw,
        end: proxy.close
      })
      await check(rig)
    })

    it("that is frozen does not keep a process that ends", async () => {
      await using server = await startRedis()
      assert.match(await closing(inRedis(server.port), server.freeze), closedLate)
    })

    it("that takes connections and never answers is not opened for ever", async () => {
      await using server = await startRedis()
      server.freeze()
      const error = await rejection(openWebhookInbox({ store: inRedis(server.port), onError: () => {} }))
      assert.instanceOf(error, InboxError)
      assert.match(error.message, /opening it: No answer within 30 s/)
      assert.strictEqual(error.kind, "failure")
    })

    it("under BullMQ, frozen", async () => {
      await using server = await startRedis(["--maxmemory-policy", "noeviction"])
      const handled: Array<string> = []
      const connection = { host: "127.0.0.1", port: server.port, maxRetriesPerRequest: null }
      const inbox = bullmqInbox({ bullmq, connection, onError: () => {} })
      await inbox.run(async ({ id }) => void handled.push(id))
      await check({ inbox, handled, stop: server.freeze, goOn: server.thaw, [Symbol.asyncDispose]: async () => {} })
      await inbox.close()
    })

    it("under BullMQ, whose connections died without a word", async () => {
      await using server = await startRedis(["--maxmemory-policy", "noeviction"])
      const proxy = await makeProxy(server.port)
      const handled: Array<string> = []
      const connection = { host: "127.0.0.1", port: proxy.port, maxRetriesPerRequest: null }
      const inbox = bullmqInbox({ bullmq, connection, lockExpiration: 5000, onError: () => {} })
      await inbox.run(async ({ id }) => void handled.push(id))
      await check({ inbox, handled, stop: proxy.hang, goOn: () => {}, [Symbol.asyncDispose]: async () => {} })
      await inbox.close()
      await proxy.close()
    })
  })

  it("SQLite, in which another program writes", async () => {
    const { place, remove } = await makePlace("sqlite")
    assert(place.kind === "sqlite")
    const other = new DatabaseSync(place.file)
    const stop = async () => eventually(() => other.exec("BEGIN IMMEDIATE"))
    const goOn = () => (other.isTransaction ? other.exec("COMMIT") : undefined)
    {
      await using rig = await rigOf(
        Layer.provide(WebhookInbox.layerSql({ pollInterval: 20 }), NodeSqlite.layer(place.file)),
        { stop, goOn, end: async () => other.close() }
      )
      await check(rig)
    }
    await remove()
  })
})

const portIn = (url: string, port: number) => url.replace(":5432", `:${port}`)

;(await describeWith("PostgreSQL"))("a receiver whose PostgreSQL does not answer", () => {
  const withPlace = async (test: (place: Extract<Place, { kind: "postgres" }>) => Promise<void>) => {
    const { place, remove } = await makePlace("postgres")
    assert(place.kind === "postgres")
    await test(place).finally(remove)
  }
  for (const how of ["frozen", "away"] as const) {
    it.concurrent(`that is ${how}`, () =>
      withPlace(async ({ url }) => {
        const proxy = await makeProxy(5432)
        const client = PgClient.layer({ url: Redacted.make(portIn(url, proxy.port)), maxConnections: 3 })
        await using rig = await rigOf(Layer.provide(WebhookInbox.layerSql({ pollInterval: 20 }), client), {
          stop: how === "frozen" ? proxy.freeze : proxy.down,
          goOn: how === "frozen" ? proxy.thaw : proxy.up,
          end: proxy.close
        })
        await check(rig)
      }))
  }

  it.concurrent("whose connections died without a word: others are made", () =>
    withPlace(async ({ url }) => {
      const proxy = await makeProxy(5432)
      const client = PgClient.layer({ url: Redacted.make(portIn(url, proxy.port)), maxConnections: 3 })
      const store = Layer.provide(WebhookInbox.layerSql({ pollInterval: 20, lockExpiration: "3 seconds" }), client)
      await using rig = await rigOf(store, { stop: proxy.hang, goOn: () => {}, end: proxy.close })
      await check(rig)
    }))

  it.concurrent("that is frozen does not keep a process that ends", () =>
    withPlace(async ({ url }) => {
      const proxy = await makeProxy(5432)
      const client = PgClient.layer({ url: Redacted.make(portIn(url, proxy.port)), maxConnections: 3 })
      assert.match(await closing(Layer.provide(WebhookInbox.layerSql(), client), proxy.freeze), closedLate)
      proxy.thaw()
      await proxy.close()
    }))

  it.concurrent("under pg-boss, frozen", () =>
    withPlace(async ({ url }) => {
      const proxy = await makeProxy(5432)
      const handled: Array<string> = []
      const boss = new PgBoss({
        connectionString: portIn(url, proxy.port),
        max: 3,
        schedule: false,
        monitorIntervalSeconds: 1
      })
      const inbox = pgBossInbox({ boss, onError: () => {} })
      await inbox.run(async ({ id }) => void handled.push(id))
      await check({ inbox, handled, stop: proxy.freeze, goOn: proxy.thaw, [Symbol.asyncDispose]: async () => {} })
      await inbox.close()
      await boss.stop()
      await proxy.close()
    }))
})
