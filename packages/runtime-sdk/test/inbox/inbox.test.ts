/** The inbox over every store, the real ones. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as PersistedQueue from "effect/persistence/PersistedQueue"
import * as SqlClient from "effect/sql/SqlClient"
import { DatabaseSync } from "node:sqlite"
import { InboxError, Once, WebhookInbox } from "../../src/inbox.ts"
import type { Options } from "../../src/inbox/WebhookInbox.ts"
import { describeWith } from "../support/services.ts"
import { delivery, inboxLayer, makePlace, type Place, placeOf, sqlLayer, until } from "./support.ts"

const Inbox = WebhookInbox.WebhookInbox

const suite = (kind: Place["kind"]) => {
  let place: Place
  let remove: () => Promise<void>
  let count = 0
  beforeAll(async () => {
    ;({ place, remove } = await makePlace(kind))
  })
  afterAll(() => remove())
  /** Each test has an inbox of its own name in the same database. */
  const inPlace = <A, E>(program: Effect.Effect<A, E, WebhookInbox.WebhookInbox>, options?: Options) =>
    Effect.provide(program, inboxLayer(place, { name: `test${count++}`, ...options }))

  it.live("drops duplicates by id, and runs an operator's replay", () =>
    inPlace(
      Effect.gen(function* () {
        const inbox = yield* Inbox
        const seen: Array<string> = []
        for (const id of ["evt_1", "evt_1", "evt_2", "evt_1_r1", "evt_2"]) yield* inbox.offer(delivery(id))
        const worker = yield* Effect.forkChild(inbox.run((one) => Effect.sync(() => seen.push(one.id))))
        yield* until(
          Effect.sync(() => seen.length >= 3),
          "three deliveries"
        )
        yield* inbox.offer(delivery("evt_1"))
        yield* inbox.offer(delivery("evt_last"))
        yield* until(
          Effect.sync(() => seen.includes("evt_last")),
          "the last delivery"
        )
        yield* Fiber.interrupt(worker)
        assert.deepStrictEqual(seen.toSorted(), ["evt_1", "evt_1_r1", "evt_2", "evt_last"])
      })
    )
  )

  it.live("keeps the body byte for byte", () =>
    inPlace(
      Effect.gen(function* () {
        const inbox = yield* Inbox
        const bodies = [`{"a":"\\u0000 Grüße 👋"}`, "x".repeat(1_000_000), "[".repeat(5000) + "]".repeat(5000), ""]
        const seen = new Map<string, string>()
        for (const [i, body] of bodies.entries()) yield* inbox.offer({ id: `evt_${i}`, type: "t", body })
        yield* Effect.forkChild(inbox.run((one) => Effect.sync(() => seen.set(one.id, one.body))))
        yield* until(
          Effect.sync(() => seen.size === bodies.length),
          "all bodies"
        )
        assert.deepStrictEqual(
          [...bodies.keys()].map((i) => seen.get(`evt_${i}`)),
          bodies
        )
      })
    )
  )

  it.live("tries again after a failure, then parks; what is parked can be put back or removed", () =>
    inPlace(
      Effect.gen(function* () {
        const inbox = yield* Inbox
        const attempts: Array<string> = []
        let broken = true
        yield* inbox.offer(delivery("evt_bad", "call_1"))
        yield* inbox.offer(delivery("evt_good"))
        yield* Effect.forkChild(
          inbox.run((one, { attempt }) =>
            Effect.suspend(() => {
              attempts.push(`${one.id} ${attempt}`)
              return one.id === "evt_bad" && broken
                ? Effect.fail(new Error("the database of orders is down"))
                : Effect.void
            })
          )
        )
        yield* until(
          Effect.map(inbox.parked(), (parked) => parked.length === 1),
          "the parked delivery"
        )
        const [parked] = yield* inbox.parked()
        assert.deepInclude(parked, { ...delivery("evt_bad", "call_1"), attempts: 3, requeued: 0 })
        assert.match(parked?.reason ?? "", /the database of orders is down/)
        assert.deepStrictEqual(attempts.toSorted(), ["evt_bad 1", "evt_bad 2", "evt_bad 3", "evt_good 1"])
        // Offered again by the runtime: still the same delivery.
        yield* inbox.offer(delivery("evt_bad", "call_1"))
        assert.strictEqual(yield* inbox.requeue("evt_nothing"), false)
        assert.strictEqual(yield* inbox.requeue("evt_bad"), true)
        yield* until(
          Effect.map(inbox.parked(), (parked) => parked[0]?.requeued === 1),
          "it to be parked again"
        )
        broken = false
        assert.strictEqual(yield* inbox.requeue("evt_bad"), true)
        yield* until(
          Effect.sync(() => attempts.length === 8),
          "its success"
        )
        assert.deepStrictEqual(yield* inbox.parked(), [])
        broken = true
        yield* inbox.offer(delivery("evt_bad_r1"))
        assert.strictEqual(yield* inbox.discard("evt_bad"), false)
      }),
      { maxAttempts: 3 }
    )
  )

  it.live("a handler that dies, throws, interrupts itself or fails with odd text is a failure like any other", () =>
    inPlace(
      Effect.gen(function* () {
        const inbox = yield* Inbox
        const failing: Readonly<Record<string, Effect.Effect<void, unknown>>> = {
          evt_dies: Effect.die(new Error("a defect")),
          evt_interrupted: Effect.interrupt,
          evt_nul: Effect.fail(new Error("what the caller \0 said")),
          evt_half: Effect.fail(new Error(`half a \ud83d character`)),
          evt_queue: Effect.fail(new PersistedQueue.PersistedQueueError({ message: "a queue of the handler's own" }))
        }
        for (const id of [...Object.keys(failing), "evt_throws"]) yield* inbox.offer(delivery(id))
        yield* Effect.forkChild(
          inbox.run((one): Effect.Effect<void, unknown> => {
            const effect = failing[one.id]
            if (effect === undefined) throw new Error("thrown, not failed")
            return effect
          })
        )
        yield* until(
          Effect.map(inbox.parked(), (parked) => parked.length === 6),
          "the parked deliveries"
        )
        const reasons = Object.fromEntries((yield* inbox.parked()).map(({ id, reason }) => [id, reason]))
        assert.match(reasons["evt_throws"] ?? "", /thrown, not failed/)
        assert.match(reasons["evt_dies"] ?? "", /a defect/)
        assert.match(reasons["evt_nul"] ?? "", /what the caller {2}said/)
        assert.match(reasons["evt_queue"] ?? "", /a queue of the handler's own/)
        for (const id of Object.keys(reasons)) assert.strictEqual(yield* inbox.discard(id), true, id)
        assert.deepStrictEqual(yield* inbox.parked(), [])
      }),
      { maxAttempts: 2 }
    )
  )

  it.live("an interrupted handler is not an attempt, and its delivery is handled later", () =>
    inPlace(
      Effect.gen(function* () {
        const inbox = yield* Inbox
        let started = 0
        yield* inbox.offer(delivery("evt_1"))
        const first = yield* Effect.forkChild(
          inbox.run(() =>
            Effect.andThen(
              Effect.sync(() => started++),
              Effect.never
            )
          )
        )
        yield* until(
          Effect.sync(() => started === 1),
          "the first handler"
        )
        yield* Fiber.interrupt(first)
        let attempt = 0
        yield* Effect.forkChild(inbox.run((_, info) => Effect.sync(() => (attempt = info.attempt))))
        yield* until(
          Effect.sync(() => attempt > 0),
          "the second handler"
        )
        assert.strictEqual(attempt, 1)
      })
    )
  )

  for (const order of ["none", "call"] as const) {
    it.live(
      `a grace lets the handlers that are running come to their end, and begins nothing new (order: ${order})`,
      () =>
        inPlace(
          Effect.gen(function* () {
            const inbox = yield* Inbox
            const begun: Array<string> = []
            const ended: Array<string> = []
            const gate = yield* Latch.make()
            const handler = ({ id }: { readonly id: string }) =>
              Effect.gen(function* () {
                begun.push(id)
                yield* gate.await
                ended.push(id)
              })
            for (const id of ["evt_1", "evt_2", "evt_3"]) yield* inbox.offer(delivery(id, "call_1"))
            const first = yield* Effect.forkChild(inbox.run(handler, { concurrency: 1, grace: "1 minute" }))
            yield* until(
              Effect.sync(() => begun.length === 1),
              "the first handler"
            )
            const stopped = yield* Effect.forkChild(Fiber.interrupt(first))
            yield* inbox.offer(delivery("evt_4", "call_1"))
            yield* Effect.sleep(100)
            assert.deepStrictEqual([begun, ended], [["evt_1"], []])
            yield* gate.open
            yield* Fiber.join(stopped)
            assert.deepStrictEqual([begun, ended], [["evt_1"], ["evt_1"]])
            yield* Effect.forkChild(inbox.run(handler))
            yield* until(
              Effect.sync(() => ended.length === 4),
              "the others"
            )
            if (order === "none") ended.sort()
            assert.deepStrictEqual(ended, ["evt_1", "evt_2", "evt_3", "evt_4"])
          }),
          { order, partitions: 1 }
        )
    )

    it.live(`after the grace a handler is interrupted, and its delivery is handled later (order: ${order})`, () =>
      inPlace(
        Effect.gen(function* () {
          const inbox = yield* Inbox
          const attempts: Array<number> = []
          yield* inbox.offer(delivery("evt_1", "call_1"))
          const first = yield* Effect.forkChild(
            inbox.run(
              (_, { attempt }) =>
                Effect.andThen(
                  Effect.sync(() => attempts.push(attempt)),
                  Effect.never
                ),
              {
                grace: 50
              }
            )
          )
          yield* until(
            Effect.sync(() => attempts.length === 1),
            "the first handler"
          )
          yield* Fiber.interrupt(first)
          yield* Effect.forkChild(inbox.run((_, { attempt }) => Effect.sync(() => attempts.push(attempt))))
          yield* until(
            Effect.sync(() => attempts.length === 2),
            "the second handler"
          )
          assert.deepStrictEqual(attempts, [1, 1])
        }),
        { order, partitions: 1 }
      )
    )
  }

  it.live("with order: call, a grace does not wait for a delivery that waits for its next attempt", () =>
    inPlace(
      Effect.gen(function* () {
        const inbox = yield* Inbox
        const attempts: Array<number> = []
        yield* inbox.offer(delivery("evt_1", "call_1"))
        const first = yield* Effect.forkChild(
          inbox.run(
            (_, { attempt }) =>
              Effect.andThen(
                Effect.sync(() => attempts.push(attempt)),
                Effect.fail("not yet")
              ),
            {
              grace: "1 hour"
            }
          )
        )
        yield* until(
          Effect.sync(() => attempts.length === 1),
          "the first attempt"
        )
        yield* Fiber.interrupt(first)
        assert.deepStrictEqual(attempts, [1])
      }),
      { order: "call", partitions: 1, backoff: "1 hour" }
    )
  )

  it.live(
    "with order: call, the deliveries of a call run one at a time in their order, and a failing one holds back the rest",
    () =>
      inPlace(
        Effect.gen(function* () {
          const inbox = yield* Inbox
          const seen: Array<string> = []
          const running = new Set<string>()
          const calls = Array.from({ length: 6 }, (_, i) => `call_${i}`)
          for (let n = 0; n < 5; n++) for (const call of calls) yield* inbox.offer(delivery(`${call}-${n}`, call))
          const handler = (one: { readonly id: string; readonly callId?: string | undefined }, attempt: number) =>
            Effect.gen(function* () {
              const call = one.callId ?? ""
              if (running.has(call)) throw new Error(`two at once for ${call}`)
              running.add(call)
              yield* Effect.sleep(2)
              running.delete(call)
              if (one.id === "call_3-1" && attempt < 3) return yield* Effect.fail("not yet")
              seen.push(one.id)
            })
          // Two workers of one process, as two processes would be.
          for (let i = 0; i < 2; i++) {
            yield* Effect.forkChild(inbox.run((one, { attempt }) => handler(one, attempt)))
          }
          yield* until(
            Effect.sync(() => seen.length === 30),
            "all deliveries"
          )
          for (const call of calls) {
            assert.deepStrictEqual(
              seen.filter((id) => id.startsWith(call)),
              [0, 1, 2, 3, 4].map((n) => `${call}-${n}`)
            )
          }
          assert.deepStrictEqual(yield* inbox.parked(), [])
        }),
        { order: "call", partitions: 4, lockExpiration: "2 seconds" }
      )
  )
}

describe("in memory", () => {
  suite("memory")
})
describe("in SQLite", () => {
  suite("sqlite")
})
;(await describeWith("PostgreSQL"))("in PostgreSQL", () => {
  suite("postgres")
})
;(await describeWith("Redis"))("in Redis", () => {
  suite("redis")
})

describe("when the store is down", () => {
  const offerWithoutTable = Effect.fnUntraced(function* (file: string) {
    const inbox = yield* Inbox
    const database = new DatabaseSync(file)
    database.exec("DROP TABLE aywa_inbox_deliveries")
    database.close()
    return yield* Effect.flip(inbox.offer(delivery("evt_1")))
  })

  it.live("an offer fails with InboxError, which says to answer 503", () =>
    Effect.gen(function* () {
      const place = yield* placeOf("sqlite")
      const error = yield* Effect.provide(offerWithoutTable(place.file), inboxLayer(place))
      assert(error instanceof InboxError)
      assert.deepInclude({ ...error }, { _tag: "InboxError", httpStatus: 503 })
      assert.match(error.message, /Answer 503/)
    })
  )
})

const onceSuite = (kind: "sqlite" | "postgres") =>
  it.live(`runs an effect once per id, and not at all when it fails (${kind})`, () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* Once.createTable
      yield* sql`CREATE TABLE hits (id TEXT)`
      const hit = (id: string) => Once.run(id, sql`INSERT INTO hits (id) VALUES (${id})`)
      yield* Effect.exit(Once.run("a", Effect.andThen(sql`INSERT INTO hits (id) VALUES ('a')`, Effect.fail("no"))))
      assert.deepStrictEqual(yield* sql`SELECT id FROM hits`, [])
      const results = yield* Effect.forEach(["a", "a", "b", "a", "b"], hit, { concurrency: 5 })
      assert.strictEqual(results.filter((result) => result._tag === "Some").length, 2)
      assert.deepStrictEqual(
        (yield* sql<{ id: string }>`SELECT id FROM hits ORDER BY id`).map((row) => row.id),
        ["a", "b"]
      )
    }).pipe(Effect.provide(Layer.unwrap(Effect.map(placeOf(kind), sqlLayer))))
  )

describe("Once", () => {
  onceSuite("sqlite")
})
;(await describeWith("PostgreSQL"))("Once", () => {
  onceSuite("postgres")
})
