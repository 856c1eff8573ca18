/** The adapters of job queues: options, duplicates, attempts, what is given up. Crashes are in `crash.test.ts`. */
import * as bullmq from "bullmq"
import { randomUUID } from "node:crypto"
import { Client } from "pg"
import { PgBoss } from "pg-boss"
import { assert, describe, it } from "vitest"
import { InboxError } from "../../src/inbox.ts"
import { bullmqInbox } from "../../src/inbox/bullmq.ts"
import type { EngineInbox, EngineOptions } from "../../src/inbox/engines/engine.ts"
import { pgBossInbox } from "../../src/inbox/pg-boss.ts"
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
})
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
})
