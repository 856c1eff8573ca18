/** The database's clock is set while deliveries are in hand: nothing runs twice, nothing is late, an order is kept. */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { setTimeout as sleep } from "node:timers/promises"
import { Client } from "pg"
import { assert, it } from "vitest"
import { openWebhookInbox, WebhookInbox } from "../../src/inbox.ts"
import { makeStepWatch } from "../../src/inbox/clock.ts"
import { describeWith } from "../support/services.ts"
import { delivery, makePlace } from "./support.ts"

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

/** A database whose sessions read a clock that the test sets. */
const makeClock = async () => {
  const { place, remove } = await makePlace("postgres")
  assert(place.kind === "postgres")
  const client = new Client({ connectionString: place.url })
  await client.connect()
  await client.query(`CREATE TABLE step (millis BIGINT NOT NULL); INSERT INTO step VALUES (0);
    CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql STABLE
      AS $$ SELECT pg_catalog.now() + millis * interval '1 millisecond' FROM public.step $$`)
  const url = `${place.url}?options=${encodeURIComponent("-c search_path=public,pg_catalog")}`
  return {
    layer: (options: WebhookInbox.Options) =>
      Layer.provide(WebhookInbox.layerSql(options), PgClient.layer({ url: Redacted.make(url), maxConnections: 3 })),
    set: (millis: number) => client.query("UPDATE step SET millis = $1", [millis]),
    [Symbol.asyncDispose]: async () => {
      await client.end()
      await remove()
    }
  }
}

;(await describeWith("PostgreSQL"))("steps of PostgreSQL's clock", () => {
  it.concurrent.for(["none", "call"] as const)(
    "by an hour ahead and two back, order: %s",
    { timeout: 120_000 },
    async (order) => {
      await using clock = await makeClock()
      const seen: Array<string> = []
      const ids = Array.from({ length: 8 }, (_, i) => `evt_${i}`)
      const all = Promise.withResolvers<void>()
      const handle = async ({ id }: { readonly id: string }) => {
        seen.push(id)
        await sleep(500)
        if (seen.length >= ids.length) all.resolve()
      }
      const options = { order, partitions: 2, lockExpiration: 1500, pollInterval: 50 } as const
      const open = () => openWebhookInbox({ store: clock.layer(options), handle, concurrency: 2, onError: () => {} })
      await using one = await open()
      await using _two = await open()
      for (const [i, id] of ids.entries()) {
        await one.offer(delivery(id, "call_1"))
        if (i === 2) await clock.set(hour)
        if (i === 5) await clock.set(-hour)
        await sleep(150)
      }
      await all.promise
      // Whatever was in hand might come again now.
      await sleep(2000)
      assert.deepStrictEqual(order === "call" ? seen : seen.toSorted(), ids)
    }
  )
})
