/** A worker that another one has taken a delivery from is told by its signal; its last word changes nothing. */
import * as bullmq from "bullmq"
import { randomUUID } from "node:crypto"
import { DatabaseSync } from "node:sqlite"
import { Client } from "pg"
import { PgBoss } from "pg-boss"
import { createClient } from "redis"
import { assert, describe, it } from "vitest"
import { openWebhookInbox } from "../../src/inbox.ts"
import { bullmqInbox } from "../../src/inbox/bullmq.ts"
import { pgBossInbox } from "../../src/inbox/pg-boss.ts"
import { eventually } from "../support/assertions.ts"
import { makeProxy } from "../support/proxy.ts"
import { describeWith } from "../support/services.ts"
import { delivery, inboxLayer, makePlace, type Place } from "./support.ts"

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener("abort", () => resolve(), { once: true })
  })

const redisCommand = async (...words: ReadonlyArray<string>): Promise<unknown> => {
  const client = createClient()
  await client.connect()
  return client.sendCommand([...words]).finally(() => client.close())
}

/** Gives the delivery of a worker that holds it to somebody else. */
const takeAway = async (place: Place): Promise<void> => {
  if (place.kind === "sqlite") {
    const database = new DatabaseSync(place.file)
    database.exec("PRAGMA busy_timeout = 5000; UPDATE aywa_inbox_deliveries SET lock = 'another'")
    database.close()
  } else if (place.kind === "postgres") {
    const client = new Client({ connectionString: place.url })
    await client.connect()
    await client.query("UPDATE aywa_inbox_deliveries SET lock = 'another'")
    await client.end()
  } else if (place.kind === "redis") {
    await redisCommand("HSET", `${place.prefix}webhooks/locks`, "evt_1", "another")
  }
}

const suite = (kind: "sqlite" | "postgres" | "redis") => {
  it.concurrent("the signal fires, and the delivery stays the other one's", async () => {
    const { place, remove } = await makePlace(kind)
    const begun = Promise.withResolvers<AbortSignal>()
    const inbox = await openWebhookInbox({
      // So that nobody takes it over from the other one meanwhile.
      store: inboxLayer(place, { lockExpiration: "6 seconds" }),
      onError: () => {},
      handle: async (_, { signal }) => {
        begun.resolve(signal)
        await aborted(signal)
      }
    })
    await inbox.offer(delivery("evt_1"))
    const signal = await begun.promise
    assert.isFalse(signal.aborted)
    await takeAway(place)
    await aborted(signal)
    await inbox.close()
    const after = await openWebhookInbox({ store: inboxLayer(place) })
    assert.deepInclude(await after.stats(), { waiting: 1, inFlight: 1, handledLastMinute: 0, parked: 0 })
    await after.close()
    await remove()
  })
}

describe("a takeover, SQLite", () => {
  suite("sqlite")
})
;(await describeWith("Redis"))("a takeover, Redis", () => {
  suite("redis")

  it.concurrent("BullMQ: the signal fires when the lock is lost", async () => {
    const name = `aywa-${randomUUID().slice(0, 8)}`
    const connection = { host: "127.0.0.1", port: 6379, maxRetriesPerRequest: null }
    const begun = Promise.withResolvers<AbortSignal>()
    const inbox = bullmqInbox({ bullmq, connection, name, lockExpiration: 2000, onError: () => {} })
    await inbox.run(async (_, { signal }) => {
      begun.resolve(signal)
      await aborted(signal)
    })
    await inbox.offer(delivery("evt_1"))
    const signal = await begun.promise
    assert.isFalse(signal.aborted)
    const [lock = ""] = (await redisCommand("KEYS", `bull:${name}:*:lock`)) as ReadonlyArray<string>
    await redisCommand("SET", lock, "another")
    await aborted(signal)
    await inbox.close()
    const queue = new bullmq.Queue(name, { connection })
    await queue.obliterate({ force: true })
    await queue.close()
  })
})
;(await describeWith("PostgreSQL"))("a takeover, PostgreSQL", () => {
  suite("postgres")

  const withBoss = async (test: (url: string) => Promise<void>) => {
    const { place, remove } = await makePlace("postgres")
    assert(place.kind === "postgres")
    await test(place.url).finally(remove)
  }

  it.concurrent("pg-boss: the signal fires when the job is another one's; its heartbeat is 10 s unless it is set", () =>
    withBoss(async (url) => {
      const boss = new PgBoss({ connectionString: url, max: 3, schedule: false })
      const inbox = pgBossInbox({ boss, onError: () => {} })
      const begun = Promise.withResolvers<AbortSignal>()
      await inbox.run(async (_, { signal }) => {
        begun.resolve(signal)
        await aborted(signal)
      })
      assert.deepInclude(await boss.getQueue("aywa-webhooks"), { heartbeatSeconds: 10 })
      await inbox.offer(delivery("evt_1"))
      const signal = await begun.promise
      assert.isFalse(signal.aborted)
      const client = new Client({ connectionString: url })
      await client.connect()
      // What the monitor does when it has heard nothing of a worker.
      await client.query(
        "UPDATE pgboss.job SET state = 'retry', start_after = now() + interval '1 hour' WHERE name = 'aywa-webhooks'"
      )
      await client.end()
      await aborted(signal)
      await inbox.close()
      await boss.stop({ graceful: false })
    }))

  it.concurrent("pg-boss: run waits for a database that is away, and an offer meanwhile rejects", () =>
    withBoss(async (url) => {
      const proxy = await makeProxy(5432)
      proxy.down()
      const boss = new PgBoss({
        connectionString: url.replace(":5432", `:${proxy.port}`),
        max: 3,
        schedule: false
      })
      let errors = 0
      const handled: Array<string> = []
      const inbox = pgBossInbox({ boss, onError: () => void errors++ })
      const running = inbox.run(async ({ id }) => void handled.push(id))
      await eventually(() => assert.isAtLeast(errors, 2))
      assert.match(String(await inbox.offer(delivery("evt_1")).catch((error: unknown) => error)), /InboxError/)
      proxy.up()
      await running
      await inbox.offer(delivery("evt_1"))
      await eventually(() => assert.deepStrictEqual(handled, ["evt_1"]))
      await inbox.close()
      await boss.stop({ graceful: false })
      await proxy.close()
    }))
})
