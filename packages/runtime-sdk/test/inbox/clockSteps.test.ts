/** The store's clock is set while deliveries are in hand: nothing runs twice, nothing is late, an order is kept. */
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { fork } from "node:child_process"
import { once } from "node:events"
import { setTimeout as sleep } from "node:timers/promises"
import { Client } from "pg"
import { createClient } from "redis"
import { assert, it } from "vitest"
import { openWebhookInbox, WebhookInbox } from "../../src/inbox.ts"
import { makeStepWatch } from "../../src/inbox/clock.ts"
import type { WebhookSinkDelivery } from "../../src/webhooks/sink.ts"
import { startRedis } from "../support/ownServers.ts"
import { describeWith, describeWithPrograms } from "../support/services.ts"
import { makeSteppedClock } from "../support/steppedClock.ts"
import type { ClockTask, Told } from "./clockProcess.ts"
import { delivery, makePlace, quiet } from "./support.ts"

const hour = 3_600_000

it("a process that has just begun, or has seen a step, takes nothing over until every living one has renewed its locks", () => {
  let own = 1000
  const watch = makeStepWatch(90_000, () => own)
  assert.strictEqual(watch.lapsedBefore(), 0)
  assert.isFalse(watch.observe(5_000_000))
  own += 44_999
  assert.strictEqual(watch.lapsedBefore(), 0)
  own += 1
  assert.isAbove(watch.lapsedBefore(), 5_000_000)
  // Ahead by an hour, and back by two.
  for (const now of [5_000_000 + 45_000 + hour, 5_000_000 - hour]) {
    assert.isTrue(watch.observe(now))
    assert.strictEqual(watch.lapsedBefore(), 0)
    assert.strictEqual(watch.settlesIn(), 45_000)
    own += 45_000
    assert.strictEqual(watch.settlesIn(), 0)
  }
})

interface Worker extends AsyncDisposable {
  readonly offer: (delivery: WebhookSinkDelivery) => Promise<unknown>
}

/** A store whose clock can be set, and workers on it. */
interface Clocked extends AsyncDisposable {
  /** Milliseconds beside the machine's clock. */
  readonly set: (millis: number) => unknown
  /** What the store's clock shows beside the machine's. */
  readonly shows: () => Promise<number>
  readonly open: (options: WebhookInbox.Options, handled: (id: string) => void) => Promise<Worker>
}

const concurrency = 2
/** A loaded machine may not keep a worker from renewing for so long. */
const lockExpiration = 6000

/** Offers while the clock is set; what is handled takes half a second. */
const check = async (clocked: Clocked, order: "none" | "call", workers: number): Promise<void> => {
  const seen: Array<string> = []
  const ids = Array.from({ length: 8 }, (_, i) => `evt_${i}`)
  const all = Promise.withResolvers<void>()
  const options = { order, partitions: 2, lockExpiration, pollInterval: 50, offerTimeout: "20 seconds" } as const
  const open = () =>
    clocked.open(options, (id) => {
      seen.push(id)
      if (seen.length >= ids.length) all.resolve()
    })
  await using one = await open()
  await using _two = workers === 1 ? one : await open()
  for (const [i, id] of ids.entries()) {
    await one.offer(delivery(id, "call_1"))
    if (i === 2) await clocked.set(hour)
    if (i === 5) {
      assert.closeTo(await clocked.shows(), hour, 60_000)
      await clocked.set(-hour)
    }
    await sleep(150)
  }
  assert.closeTo(await clocked.shows(), -hour, 60_000)
  await all.promise
  // Whatever was in hand might come again now.
  await sleep(lockExpiration + 1000)
  assert.deepStrictEqual(order === "call" ? seen : seen.toSorted(), ids)
}

const orders = ["none", "call"] as const

const inProcess =
  (storeOf: (options: WebhookInbox.Options) => Layer.Layer<WebhookInbox.WebhookInbox, unknown>): Clocked["open"] =>
  (options, handled) =>
    openWebhookInbox({
      store: storeOf(options),
      concurrency,
      onError: () => {},
      handle: async ({ id }) => {
        handled(id)
        await sleep(500)
      }
    })

/** A database whose sessions read a clock that the test sets. */
const inPostgres = async (): Promise<Clocked> => {
  const { place, remove } = await makePlace("postgres")
  assert(place.kind === "postgres")
  const client = new Client({ connectionString: place.url })
  await client.connect()
  await client.query(`CREATE TABLE step (millis BIGINT NOT NULL); INSERT INTO step VALUES (0);
    CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql STABLE
      AS $$ SELECT pg_catalog.now() + millis * interval '1 millisecond' FROM public.step $$`)
  const url = `${place.url}?options=${encodeURIComponent("-c search_path=public,pg_catalog")}`
  return {
    open: inProcess((options) =>
      Layer.provide(WebhookInbox.layerSql(options), PgClient.layer({ url: Redacted.make(url), maxConnections: 3 }))
    ),
    set: (millis) => client.query("UPDATE step SET millis = $1", [millis]),
    shows: async () => {
      const { rows } = await client.query<{ millis: string }>("SELECT millis FROM step")
      return Number(rows[0]?.millis)
    },
    [Symbol.asyncDispose]: async () => {
      await client.end()
      await remove()
    }
  }
}

;(await describeWith("PostgreSQL"))("steps of PostgreSQL's clock", () => {
  it.concurrent.for(orders)("by an hour ahead and two back, order: %s", { timeout: 120_000 }, async (order) => {
    await using clocked = await inPostgres()
    await check(clocked, order, 2)
  })
})

/** A server whose wall clock the test sets. */
const inRedis = async (): Promise<Clocked> => {
  const clock = makeSteppedClock()
  const server = await startRedis([], clock.env)
  const socket = { host: "127.0.0.1", port: server.port }
  const client = createClient({ socket })
  await client.connect()
  return {
    open: inProcess((options) => Layer.provide(WebhookInbox.layerRedis(options), [NodeRedis.layer({ socket }), quiet])),
    set: clock.set,
    shows: async () => Number((await client.sendCommand<Array<string>>(["TIME"]))[0]) * 1000 - Date.now(),
    [Symbol.asyncDispose]: async () => {
      await client.close()
      await server[Symbol.asyncDispose]()
      clock[Symbol.dispose]()
    }
  }
}

describeWithPrograms("redis-server", "cc")("steps of Redis' clock", () => {
  it.concurrent.for(orders)("by an hour ahead and two back, order: %s", { timeout: 120_000 }, async (order) => {
    await using clocked = await inRedis()
    await check(clocked, order, 2)
  })
})

/** Processes whose wall clock the test sets: a SQLite file, or their memory, has no other. */
const inProcesses = async (kind: "sqlite" | "memory"): Promise<Clocked> => {
  const clock = makeSteppedClock()
  const { place, remove } = await makePlace(kind)
  const file = place.kind === "sqlite" ? place.file : undefined
  let now = 0
  return {
    open: async (options, handled) => {
      const task: ClockTask = { file, options, concurrency }
      const child = fork(new URL("./clockProcess.ts", import.meta.url).pathname, [JSON.stringify(task)], {
        env: { ...process.env, ...clock.env }
      })
      const offers = new Map<string, () => void>()
      const ready = Promise.withResolvers<void>()
      child.once("exit", () => ready.reject(new Error("it ended")))
      child.on("message", (message: Told) => {
        if (message === "ready") ready.resolve()
        else if ("handled" in message) handled(message.handled)
        else {
          now = message.now - Date.now()
          offers.get(message.offered)?.()
        }
      })
      await ready.promise
      return {
        offer: (one) =>
          new Promise<void>((resolve) => {
            offers.set(one.id, resolve)
            child.send(one)
          }),
        [Symbol.asyncDispose]: async () => {
          if (child.exitCode !== null || child.signalCode !== null) return
          const ended = once(child, "exit")
          child.kill("SIGKILL")
          await ended
        }
      }
    },
    set: clock.set,
    shows: async () => now,
    [Symbol.asyncDispose]: async () => {
      clock[Symbol.dispose]()
      await remove()
    }
  }
}

describeWithPrograms("cc")("steps of the clock of processes", () => {
  it.concurrent.for(orders)("SQLite: by an hour ahead and two back, order: %s", { timeout: 120_000 }, async (order) => {
    await using clocked = await inProcesses("sqlite")
    await check(clocked, order, 2)
  })
  it.concurrent.for(orders)("memory: by an hour ahead and two back, order: %s", { timeout: 120_000 }, async (order) => {
    await using clocked = await inProcesses("memory")
    await check(clocked, order, 1)
  })
})
