/** The adapters of job queues: options, duplicates, attempts, what is given up. Crashes are in `crash.test.ts`. */
import * as bullmq from "bullmq"
import { randomUUID } from "node:crypto"
import { Client } from "pg"
import { PgBoss } from "pg-boss"
import { assert, describe, it, onTestFinished } from "vitest"
import { InboxError } from "../../src/inbox.ts"
import { bullmqInbox } from "../../src/inbox/bullmq.ts"
import type { EngineInbox, EngineOptions } from "../../src/inbox/engines/engine.ts"
import { pgBossInbox } from "../../src/inbox/pg-boss.ts"
import { eventually } from "../support/assertions.ts"
import { describeWith } from "../support/services.ts"
import { delivery, makePlace } from "./support.ts"

const onError = () => {}

describe("options of an adapter", () => {
  // Never connected: options are looked at before.
  const boss = new PgBoss("postgres://127.0.0.1:1/nowhere")
  const connection = { host: "127.0.0.1", port: 1, lazyConnect: true }
  const adapters: Readonly<Record<string, (options: object) => unknown>> = {
    pgBossInbox: (options) => pgBossInbox({ boss, ...options }),
    bullmqInbox: (options) => bullmqInbox({ bullmq, connection, ...options })
  }
  const wrong: ReadonlyArray<readonly [object, RegExp]> = [
    [{ order: "cal" }, /order of an inbox must be "none" or "call", and is "cal"/],
    [{ remember: 1000 }, /remember of an inbox must be 29 hours or more/],
    [{ maxAttempts: Number.NaN }, /maxAttempts/],
    [{ offerTimeout: 0 }, /offerTimeout/],
    [{ backoff: 0.5 }, /backoff/],
    [{ name: "a b" }, /name of an inbox/],
    [{ maxAttemps: 3 }, /maxAttemps/]
  ]
  for (const [adapter, make] of Object.entries(adapters)) {
    it.for(wrong)(`${adapter}: %j is refused`, ([options, says]) => {
      assert.throws(() => make(options), InboxError, says)
    })
  }
  it("how to handle is checked, too", async () => {
    const boss = { on: () => undefined } as never
    for (const inbox of [pgBossInbox({ boss }), pgBossInbox({ boss, order: "call" })]) {
      for (const run of [() => inbox.run(async () => {}, { concurency: 2 } as never), () => inbox.run("x" as never)]) {
        const error = await run().catch((cause: unknown) => cause)
        assert.instanceOf(error, InboxError)
        assert.match(error.message, /concurency.*concurrency|takes a function/)
      }
    }
  })

  it("bullmqInbox: a lock that ends at once, and no line, are refused", () => {
    assert.throws(() => adapters["bullmqInbox"]?.({ lockExpiration: 0 }), InboxError, /lockExpiration/)
    assert.throws(() => adapters["bullmqInbox"]?.({ partitions: 0 }), InboxError, /partitions/)
    assert.throws(() => adapters["bullmqInbox"]?.({ partitions: 4 }), InboxError, /partitions.*order: "call"/)
  })
})

/** Two deliveries, one of them twice, and one that always fails. */
const attemptsOn = async (inbox: EngineInbox, givenUp: () => Promise<number>): Promise<ReadonlyArray<string>> => {
  const attempts: Array<string> = []
  for (const id of ["a", "b", "a"]) await inbox.offer(delivery(id))
  await inbox.run(async ({ id }, { attempt }) => {
    attempts.push(`${id}${attempt}`)
    if (id === "b") throw new Error("no")
  })
  while ((await givenUp()) === 0) await new Promise((resolve) => setTimeout(resolve, 50))
  await inbox.close()
  return attempts.toSorted()
}
const expected = ["a1", "b1", "b2"]
const options: EngineOptions = { maxAttempts: 2, backoff: 20, onError }

;(await describeWith("Redis"))("an inbox on BullMQ", () => {
  it("drops duplicates, tries again, and leaves what it gave up among the failed jobs", async () => {
    const name = `aywa-${randomUUID().slice(0, 8)}`
    const connection = { host: "127.0.0.1", port: 6379, maxRetriesPerRequest: null }
    const queue = new bullmq.Queue(name, { connection })
    const inbox = bullmqInbox({ ...options, name, bullmq, connection })
    assert.deepStrictEqual(await attemptsOn(inbox, () => queue.getFailedCount()), expected)
    assert.strictEqual(await queue.getFailedCount(), 1)
    await queue.obliterate({ force: true })
    await queue.close()
  })

  const connection = { host: "127.0.0.1", port: 6379, maxRetriesPerRequest: null }
  const named = async (more: Partial<Parameters<typeof bullmqInbox>[0]> = {}) => {
    const name = `aywa-${randomUUID().slice(0, 8)}`
    const lines = more.order === undefined ? [name] : Array.from({ length: 8 }, (_, line) => `${name}-${line}`)
    onTestFinished(async () => {
      for (const line of lines) {
        const queue = new bullmq.Queue(line, { connection })
        await queue.obliterate({ force: true })
        await queue.close()
      }
    })
    return bullmqInbox({ ...options, name, bullmq, connection, ...more })
  }

  it("refuses deliveries once it is closed, rather than losing them", async () => {
    for (const order of [undefined, "call"] as const) {
      const inbox = await named({ order })
      await inbox.run(async () => {})
      await inbox.offer(delivery("a"))
      await inbox.close()
      const refused = await inbox.offer(delivery("b")).catch((error: unknown) => error)
      assert.instanceOf(refused, InboxError)
      assert.match(refused.message, /closed/)
    }
  })

  it("ends though a handler hangs, which is told by its signal", async () => {
    const inbox = await named({ grace: 50 })
    assert.isTrue((await endsWhileOneHangs(inbox)).aborted)
  })

  it("handles no more side by side than it is told, however many lines there are", async () => {
    const inbox = await named({ order: "call", partitions: 8 })
    for (let i = 0; i < 24; i++) await inbox.offer({ ...delivery(`d${i}`), callId: `c${i}` })
    let [running, most, done] = [0, 0, 0]
    await inbox.run(
      async () => {
        most = Math.max(most, ++running)
        await new Promise((resolve) => setTimeout(resolve, 5))
        running--
        done++
      },
      { concurrency: 2 }
    )
    await eventually(() => assert.strictEqual(done, 24))
    await inbox.close()
    assert.strictEqual(most, 2)
  })
})

/** Closes an inbox while a handler hangs. */
const endsWhileOneHangs = async (inbox: EngineInbox) => {
  await inbox.offer(delivery("hangs"))
  const begun = Promise.withResolvers<AbortSignal>()
  await inbox.run((_, { signal }) => {
    begun.resolve(signal)
    return new Promise(() => {})
  })
  const signal = await begun.promise
  await inbox.close()
  return signal
}
;(await describeWith("PostgreSQL"))("an inbox on pg-boss", () => {
  it("drops duplicates, tries again, and puts what it gave up into a queue of its own", async () => {
    const { place, remove } = await makePlace("postgres")
    assert(place.kind === "postgres")
    const boss = new PgBoss({ connectionString: place.url, max: 3, schedule: false })
    const inbox = pgBossInbox({ ...options, boss })
    const client = new Client({ connectionString: place.url })
    await client.connect()
    // Its own figures are those of its last look.
    const givenUp = async () =>
      (await client.query("SELECT id FROM pgboss.job WHERE name = 'aywa-webhooks-parked'")).rows.length
    assert.deepStrictEqual(await attemptsOn(inbox, givenUp), expected)
    assert.strictEqual(await givenUp(), 1)
    await client.end()
    await boss.stop()
    await remove()
  })

  const started = async (more: Partial<EngineOptions> = {}) => {
    const { place, remove } = await makePlace("postgres")
    assert(place.kind === "postgres")
    const boss = new PgBoss({ connectionString: place.url, max: 3, schedule: false, useListenNotify: true })
    const client = new Client({ connectionString: place.url })
    await client.connect()
    onTestFinished(async () => {
      await client.end()
      await boss.stop({ graceful: false })
      await remove()
    })
    return { inbox: pgBossInbox({ ...options, boss, ...more }), client }
  }

  it("ends though a handler hangs, which is told by its signal", async () => {
    const { inbox } = await started({ grace: 50 })
    assert.isTrue((await endsWhileOneHangs(inbox)).aborted)
  })

  it("a slow handler holds up nobody else, and a failure comes back soon also where others are notified", async () => {
    const { inbox } = await started({ maxAttempts: 3 })
    for (const id of ["slow", "a", "fails"]) await inbox.offer(delivery(id))
    const others = Promise.withResolvers<void>()
    const seen: Array<string> = []
    await inbox.run(
      async ({ id }, { attempt }) => {
        if (id === "slow") return others.promise
        seen.push(`${id}${attempt}`)
        if (id === "a") await inbox.offer(delivery("later"))
        if (id === "fails" && attempt === 1) throw new Error("no")
        if (["a1", "fails2", "later1"].every((one) => seen.includes(one))) others.resolve()
      },
      { concurrency: 2 }
    )
    await others.promise
    await inbox.close()
    assert.includeMembers(seen, ["a1", "fails1", "fails2", "later1"])
  }, 20_000)

  it("parks what failed with words that its table refuses, and that alone", async () => {
    const { inbox, client } = await started({ maxAttempts: 1 })
    for (const id of ["ok1", "bad", "half", "ok2"]) await inbox.offer(delivery(id))
    let handled = 0
    await inbox.run(async ({ id }) => {
      handled++
      if (id === "bad") throw new Error("upstream said \0")
      if (id === "half") throw Object.assign(new Error(), { stack: `${"x".repeat(3999)}\u{1f600}` })
    })
    const parked = async () =>
      (
        await client.query(
          "SELECT data->>'id' AS id, data->>'reason' AS reason FROM pgboss.job WHERE name = 'aywa-webhooks-parked'"
        )
      ).rows
    await eventually(() => assert.strictEqual(handled, 4))
    while ((await parked()).length < 2) await new Promise((resolve) => setTimeout(resolve, 50))
    await inbox.close()
    const rows = await parked()
    assert.sameMembers(
      rows.map(({ id }) => id),
      ["bad", "half"]
    )
    for (const { reason } of rows) assert.match(reason, /^Error: upstream said \ufffd|^x{3999}/)
  })
})
