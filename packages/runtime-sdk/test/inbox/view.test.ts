/** What an inbox tells of itself, and what it forgets, over every store: read in the stores themselves. */
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Redis from "effect/persistence/Redis"
import * as SqlClient from "effect/sql/SqlClient"
import { DatabaseSync } from "node:sqlite"
import { type InboxError, WebhookInbox } from "../../src/inbox.ts"
import { Report } from "../../src/inbox/report.ts"
import type { Options } from "../../src/inbox/options.ts"
import { partitionOf } from "../../src/inbox/names.ts"
import { eventually } from "../support/assertions.ts"
import { describeWith } from "../support/services.ts"
import { delivery, inboxLayer, makePlace, type Place, placeOf, sqlLayer, until } from "./support.ts"

const Inbox = WebhookInbox.WebhookInbox

/** All that a place holds, as one text. */
const contentOf = (place: Place): Effect.Effect<string, unknown> => {
  if (place.kind === "memory") return Effect.succeed("")
  if (place.kind !== "redis") {
    const rows = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT * FROM aywa_inbox_deliveries`)
    return Effect.provide(
      Effect.map(rows, (all) =>
        JSON.stringify(all, (_, value: unknown) => (typeof value === "bigint" ? Number(value) : value))
      ),
      sqlLayer(place)
    )
  }
  const dump = Effect.gen(function* () {
    const redis = yield* Redis.Redis
    const keys = yield* redis.send<ReadonlyArray<string>>("KEYS", `${place.prefix.replaceAll(/[{}]/g, "?")}*`)
    const texts: Array<string> = []
    for (const key of keys) {
      const type = yield* redis.send<string>("TYPE", key)
      const read = { hash: ["HGETALL", key], zset: ["ZRANGE", key, "0", "-1"], set: ["SMEMBERS", key] }[type]
      if (read !== undefined) texts.push(JSON.stringify(yield* redis.send(read[0] ?? "", ...read.slice(1))))
    }
    return texts.join("\n")
  })
  return Effect.provide(dump, NodeRedis.layer({}))
}

const spoken = (id: string, words: string, customer: string, callId: string) => ({
  ...delivery(id, callId),
  body: JSON.stringify({ message: { type: "end-of-call-report", transcript: words, customer: { number: customer } } })
})

const suite = (kind: Place["kind"]) => {
  let place: Place
  let remove: () => Promise<void>
  let count = 0
  beforeAll(async () => {
    ;({ place, remove } = await makePlace(kind))
  })
  afterAll(() => remove())
  const inPlace = <A, E>(program: Effect.Effect<A, E, WebhookInbox.WebhookInbox>, options?: Options) =>
    Effect.provide(program, inboxLayer(place, { name: `view${count++}`, ...options }))

  it.live("counts what waits, is in flight, failed, was given up and was handled", () =>
    inPlace(
      Effect.gen(function* () {
        const inbox = yield* Inbox
        assert.deepInclude(yield* inbox.stats, { waiting: 0, oldestAgeMillis: 0, parked: 0, lines: [] })
        for (const id of ["evt_good", "evt_bad", "evt_slow", "evt_later"]) yield* inbox.offer(delivery(id, id))
        yield* Effect.forkChild(
          inbox.run(({ id }) => {
            if (id === "evt_slow") return Effect.never
            return id === "evt_good" ? Effect.void : Effect.fail(id)
          })
        )
        yield* until(
          Effect.map(inbox.stats, ({ retrying, handledLastMinute }) => retrying === 2 && handledLastMinute === 1),
          "two failures and a success"
        )
        const stats = yield* inbox.stats
        assert.deepInclude(stats, {
          waiting: 3,
          inFlight: 1,
          retrying: 2,
          maxAttempts: 1,
          parked: 0,
          handledLastMinute: 1
        })
        assert.deepInclude(yield* inbox.health, { ok: true, backlog: 3, parked: 0 })
      }),
      { backoff: "1 hour" }
    )
  )

  it.live("with order: call, the lag of each line", () =>
    inPlace(
      Effect.gen(function* () {
        const inbox = yield* Inbox
        for (let i = 0; i < 12; i++) yield* inbox.offer(delivery(`evt_${i}`, `call_${i % 4}`))
        const { lines, waiting } = yield* inbox.stats
        assert.strictEqual(waiting, 12)
        assert.isAbove(lines.length, 1)
        assert.strictEqual(
          lines.reduce((sum, line) => sum + line.waiting, 0),
          12
        )
        for (const { lagMillis, line } of lines) assert.isTrue(lagMillis >= 0 && line >= 0 && line < 4)
      }),
      { order: "call", partitions: 4 }
    )
  )

  it.live("gauges have what stats says, and those of a line that is empty go back to nothing", () =>
    inPlace(
      Effect.gen(function* () {
        const inbox = yield* Inbox
        const gate = yield* Latch.make()
        yield* inbox.offer(delivery("evt_good", "call_good"))
        yield* inbox.offer(delivery("evt_parked", "call_parked"))
        yield* inbox.offer(delivery("evt_held", "call_held"))
        yield* inbox.offer(delivery("evt_behind", "call_held"))
        yield* Effect.forkChild(
          inbox.run(({ id }, { attempt }): Effect.Effect<void, string> => {
            if (id === "evt_parked" || (id === "evt_held" && attempt < 3)) return Effect.fail("no")
            return id === "evt_held" ? gate.await : Effect.void
          })
        )
        const name = `gauges-${kind}`
        const gauges = Effect.map(Metric.snapshot, (all) =>
          Object.fromEntries(
            all.flatMap(({ id, attributes, ...metric }) =>
              metric.type === "Gauge" && attributes?.["aywa.inbox"] === name
                ? [[[id, attributes["aywa.inbox.line"] ?? []].flat().join(" "), Number(metric.state.value)]]
                : []
            )
          )
        )
        const line = String(partitionOf("call_held", 4))
        const become = (expected: Readonly<Record<string, number>>) =>
          Effect.promise(() =>
            eventually(async () => {
              const all = await Effect.runPromise(gauges)
              const ages = ["aywa.inbox.oldest_age", `aywa.inbox.line.lag ${line}`]
              const rest = Object.fromEntries(Object.entries(all).filter(([key]) => !ages.includes(key)))
              assert.deepStrictEqual(rest, expected)
              // Seconds; the two are of the same delivery.
              for (const age of ages) {
                if (expected["aywa.inbox.waiting"] === 0) assert.strictEqual(all[age], 0)
                else assert.isTrue((all[age] ?? 0) > 0 && (all[age] ?? 0) < 90, `${age}: ${all[age]}`)
              }
            })
          )
        const metrics = WebhookInbox.layerMetrics({ name, interval: 10 })
        const watched = Effect.gen(function* () {
          yield* become({
            "aywa.inbox.waiting": 2,
            "aywa.inbox.in_flight": 1,
            "aywa.inbox.retrying": 1,
            "aywa.inbox.attempts.max": 2,
            "aywa.inbox.parked": 1,
            "aywa.inbox.handled_last_minute": 1,
            [`aywa.inbox.line.waiting ${line}`]: 2
          })
          yield* gate.open
          yield* become({
            "aywa.inbox.waiting": 0,
            "aywa.inbox.in_flight": 0,
            "aywa.inbox.retrying": 0,
            "aywa.inbox.attempts.max": 0,
            "aywa.inbox.parked": 1,
            "aywa.inbox.handled_last_minute": 3,
            [`aywa.inbox.line.waiting ${line}`]: 0
          })
        })
        yield* until(
          Effect.map(
            inbox.stats,
            ({ waiting, maxAttempts, handledLastMinute, parked }) =>
              [waiting, maxAttempts, handledLastMinute, parked].join() === "2,2,1,1"
          ),
          "the held one to be alone"
        )
        yield* Effect.provide(watched, Layer.provide(metrics, Layer.succeed(Inbox, inbox)))
      }),
      { order: "call", partitions: 4, maxAttempts: 3 }
    )
  )

  it.live("a customer is forgotten by any name that a body has, however its writer escapes it", () =>
    inPlace(
      Effect.gen(function* () {
        const inbox = yield* Inbox
        const names: ReadonlyArray<readonly [body: string, customer: string]> = [
          ['{"message":{"customer":{"id":"cus_1"}}}', "cus_1"],
          ['{"message":{"customer":{"number":"+4930555"}}}', "+4930555"],
          ['{"message":{"customer":{"sipUri":"sip:a@example.test"}}}', "sip:a@example.test"],
          ['{"message":{"customer":{"email":"a@example.test"}}}', "a@example.test"],
          ['{"message":{"customer":{"externalId":"crm \\"7\\""}}}', 'crm "7"'],
          ['{"message":{"call":{"customer":{"email":"b@example.test"}}}}', "b@example.test"],
          ['{"message":{"call":{"customerId":"cus_2"}}}', "cus_2"],
          ['{"message":{"customer":{"email":"j\\u00f6rg@example.test"}}}', "j\u00f6rg@example.test"],
          ['{"message":{"customer":{"number":"\\u002b4930666"}}}', "+4930666"],
          ['{"message":{"customer":{"sipUri":"sip:a\\/b@example.test"}}}', "sip:a/b@example.test"],
          ['{"message":{"customer":{"externalId":"crm \\u00227\\u0022 \\u005c"}}}', 'crm "7" \\']
        ]
        for (const [i, [body]] of names.entries()) yield* inbox.offer({ id: `evt_${i}`, type: "t", body })
        // What only speaks of somebody is none of theirs.
        const speaks = '{"message":{"transcript":"cus_1 +4930555 a@example.test","customer":{"name":"cus_1"}}}'
        yield* inbox.offer({ id: "evt_speaks", type: "t", body: speaks })
        for (const [body, customer] of names) assert.strictEqual(yield* inbox.forget({ customer }), 1, body)
        assert.strictEqual((yield* inbox.stats).waiting, 1)
      })
    )
  )

  it.live("what callers said is deleted when it is handled, and when it is to be forgotten; ids stay", () =>
    inPlace(
      Effect.gen(function* () {
        const inbox = yield* Inbox
        yield* inbox.offer(spoken("evt_done", `handled-${kind}`, "+4930111", "call_1"))
        yield* inbox.offer(spoken("evt_parked", `parked-${kind}`, "+4930222", "call_2"))
        yield* inbox.offer(spoken("evt_discarded", `discarded-${kind}`, "+4930333", "call_3"))
        const worker = yield* Effect.forkChild(
          inbox.run(({ id, body }) => (id === "evt_done" ? Effect.void : Effect.fail(new Error(body))))
        )
        yield* until(
          Effect.map(inbox.stats, ({ waiting, parked }) => waiting === 0 && parked === 2),
          "the end of all"
        )
        yield* Fiber.interrupt(worker)
        yield* inbox.offer(spoken("evt_waiting", `waiting-${kind}`, "+4930222", "call_4"))
        yield* inbox.offer(spoken("evt_other", `other-${kind}`, "+4930444", "call_5"))
        const before = yield* contentOf(place)
        assert.notInclude(before, `handled-${kind}`)
        if (kind !== "memory")
          for (const word of ["parked", "waiting", "other"]) assert.include(before, `${word}-${kind}`)
        assert.isTrue(yield* inbox.discard("evt_discarded"))
        assert.strictEqual(yield* inbox.forget({ customer: "+4930222" }), 2)
        assert.strictEqual(yield* inbox.forget({ customer: "+4930222" }), 0)
        assert.strictEqual(yield* inbox.forget({ callId: "call_5" }), 1)
        assert.strictEqual(yield* inbox.forget({ callId: "call_1" }), 0)
        const after = yield* contentOf(place)
        for (const word of ["parked", "waiting", "other", "discarded"]) assert.notInclude(after, `${word}-${kind}`)
        // They do not come back.
        for (const id of ["evt_done", "evt_parked", "evt_discarded", "evt_waiting", "evt_other"]) {
          yield* inbox.offer(delivery(id))
        }
        assert.deepInclude(yield* inbox.stats, { waiting: 0, parked: 0 })
      }),
      { maxAttempts: 1 }
    )
  )

  it.live("what is parked comes in pages", () =>
    inPlace(
      Effect.gen(function* () {
        const inbox = yield* Inbox
        const ids = Array.from({ length: 25 }, (_, i) => `evt_${String(i).padStart(2, "0")}`)
        for (const id of ids) yield* inbox.offer(delivery(id))
        yield* Effect.forkChild(inbox.run(() => Effect.fail("no")))
        yield* until(
          Effect.map(inbox.stats, ({ parked }) => parked === 25),
          "all of them"
        )
        const seen: Array<string> = []
        let page = yield* inbox.parked({ limit: 10 })
        while (page.length > 0) {
          assert.isAtMost(page.length, 10)
          seen.push(...page.map(({ id }) => id))
          page = yield* inbox.parked({ limit: 10, after: page.at(-1) })
        }
        assert.deepStrictEqual(seen.toSorted(), ids)
      }),
      { maxAttempts: 1 }
    )
  )

  it.live("requeue says true only if it runs, whatever ids look like", () =>
    inPlace(
      Effect.gen(function* () {
        const inbox = yield* Inbox
        // Names that a separator between an id and a number could make equal.
        const ids = ["evt_1", "evt_1~1", "evt_1~1~1", "evt_1/1", "x".repeat(300), `${"x".repeat(299)}y`]
        for (const id of ids) yield* inbox.offer(delivery(id))
        const runs: Array<string> = []
        let broken = true
        yield* Effect.forkChild(
          inbox.run(({ id }) =>
            Effect.suspend(() => {
              if (broken) return Effect.fail("no")
              runs.push(id)
              return Effect.void
            })
          )
        )
        yield* until(
          Effect.map(inbox.stats, ({ parked }) => parked === ids.length),
          "all of them"
        )
        broken = false
        for (const id of ids) assert.isTrue(yield* inbox.requeue(id), id)
        yield* until(
          Effect.sync(() => runs.length === ids.length),
          "every one of them"
        )
        assert.deepStrictEqual(runs.toSorted(), ids.toSorted())
        for (const id of ids) assert.isFalse(yield* inbox.requeue(id), id)
      }),
      { maxAttempts: 1 }
    )
  )

  it.live("what a program without types gives is refused as an option, and nothing is touched", () =>
    inPlace(
      Effect.gen(function* () {
        const inbox = yield* Inbox
        for (const id of ["evt_1", "evt_2"]) yield* inbox.offer(delivery(id))
        const wrong: ReadonlyArray<Effect.Effect<unknown, InboxError>> = [
          // @ts-expect-error: a variable that is missing.
          inbox.forget({ callId: undefined }),
          inbox.forget({ callId: "" }),
          // @ts-expect-error
          inbox.forget({}),
          // @ts-expect-error
          inbox.forget({ callID: "call_1" }),
          // @ts-expect-error
          inbox.forget(undefined),
          inbox.parked({ limit: Number.NaN }),
          inbox.parked(0),
          // @ts-expect-error
          inbox.parked({ limt: 5 }),
          // @ts-expect-error
          inbox.parked({ after: "evt_5" }),
          // @ts-expect-error
          inbox.parked(null),
          // @ts-expect-error: a variable that is missing.
          inbox.requeue(undefined),
          inbox.requeue(""),
          // @ts-expect-error
          inbox.discard(undefined),
          // @ts-expect-error
          inbox.run("x"),
          inbox.offer({ ...delivery("evt_3"), id: "" }),
          // @ts-expect-error
          inbox.offer({ id: "evt_3", type: "t" }),
          // @ts-expect-error
          inbox.offer(undefined)
        ]
        for (const one of wrong) {
          const error = yield* Effect.flip(one)
          assert.strictEqual(error.kind, "options", error.message)
        }
        yield* Effect.sleep(5)
        const { waiting, oldestAgeMillis } = yield* inbox.stats
        assert.strictEqual(waiting, 2)
        assert.isAbove(oldestAgeMillis, 0)
      })
    )
  )

  it.live("NUL and half characters are replaced, which is told; the delivery can be parked and put back", () => {
    const told: Array<InboxError> = []
    const report = Layer.succeed(Report, (error) => Effect.sync(() => told.push(error)))
    const program = Effect.gen(function* () {
      const inbox = yield* Inbox
      yield* inbox.offer({ id: "evt_\0", type: "t", body: "a\0b\ud83d" })
      yield* Effect.forkChild(inbox.run(({ body }) => Effect.fail(new Error(`cannot read ${body} \0`))))
      yield* until(
        Effect.map(inbox.stats, ({ parked }) => parked === 1),
        "it to be parked"
      )
      const [parked] = yield* inbox.parked()
      assert.deepInclude(parked, { id: "evt_\ufffd", body: "a\ufffdb\ufffd" })
      assert.isTrue(yield* inbox.requeue("evt_\0"))
      assert.deepStrictEqual(
        told.filter(({ message }) => !message.includes("keeps less")).map(({ kind }) => kind),
        ["warning"]
      )
    })
    return Effect.provide(program, inboxLayer(place, { name: `nul-${kind}`, maxAttempts: 1 }, report))
  })
}

describe("a view into memory", () => {
  suite("memory")
})
describe("a view into SQLite", () => {
  suite("sqlite")
})
;(await describeWith("PostgreSQL"))("a view into PostgreSQL", () => {
  suite("postgres")
})
;(await describeWith("Redis"))("a view into Redis", () => {
  suite("redis")
})

it.live("SQLite: while another program writes, the process goes on, and an offer fails in its time", () =>
  Effect.gen(function* () {
    const place = yield* placeOf("sqlite")
    const program = Effect.gen(function* () {
      const inbox = yield* Inbox
      yield* inbox.offer(delivery("evt_1"))
      // Of this very process: were it to stand still, nobody would ever end the transaction.
      const other = new DatabaseSync(place.file)
      other.exec("BEGIN IMMEDIATE")
      assert.strictEqual((yield* Effect.flip(inbox.offer(delivery("evt_2")))).kind, "failure")
      other.exec("COMMIT")
      other.close()
      yield* inbox.offer(delivery("evt_2"))
      assert.strictEqual((yield* inbox.stats).waiting, 2)
    })
    yield* Effect.provide(program, inboxLayer(place, { offerTimeout: 900 }))
  })
)
