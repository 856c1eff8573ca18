/** What one step of a store does: an acknowledgement and a take together, and batches that are taken along. */
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { WebhookInbox } from "../../src/inbox.ts"
import { makeBatches } from "../../src/inbox/batches.ts"
import { InboxError } from "../../src/inbox/model.ts"
import { openDeliveries } from "../../src/inbox/openSql.ts"
import { settingsOf } from "../../src/inbox/options.ts"
import type { Store } from "../../src/inbox/Store.ts"
import { makeMemory } from "../../src/inbox/storeMemory.ts"
import { makeRedis } from "../../src/inbox/storeRedis.ts"
import { makeSql } from "../../src/inbox/storeSql.ts"
import { describeWith } from "../support/services.ts"
import { delivery, type Place, placeOf, quiet, sqlLayer } from "./support.ts"

const storeOf = (place: Place, options: WebhookInbox.Options) =>
  Effect.gen(function* () {
    const settings = yield* settingsOf(options)
    if (place.kind === "memory") return yield* makeMemory(settings)
    if (place.kind === "redis") return yield* makeRedis(place.prefix, settings)
    yield* openDeliveries(undefined)
    return yield* makeSql(settings, undefined)
  })

const withStore = Effect.fnUntraced(function* (
  kind: Place["kind"],
  options: WebhookInbox.Options,
  test: (store: Store) => Effect.Effect<void, InboxError>
) {
  const place: Place = yield* placeOf(kind)
  const program = Effect.scoped(Effect.flatMap(storeOf(place, options), test))
  // Of a memory's store nobody looks at the database.
  const database =
    place.kind === "sqlite" || place.kind === "postgres"
      ? sqlLayer(place)
      : sqlLayer({ kind: "sqlite", file: ":memory:" })
  yield* Effect.provide(program, [database, NodeRedis.layer({}), quiet])
})

const steps = (kind: Place["kind"]) => {
  const wish = { max: 1, lapsedBefore: 0, handled: [] }
  const idsOf = ({ claims }: { readonly claims: ReadonlyArray<{ readonly id: string }> }) => claims.map(({ id }) => id)

  it.live.each(["none", "call"] as const)(
    "a take acknowledges what was handled, and gives what was behind it, order: %s",
    (order) =>
      withStore(kind, { order, partitions: 1 }, (store) =>
        Effect.gen(function* () {
          yield* store.offer(["a", "b", "c"].map((id) => delivery(id)))
          const first = yield* store.take(wish)
          assert.deepStrictEqual(idsOf(first), ["a"])
          const second = yield* store.take({ ...wish, handled: first.claims })
          assert.deepStrictEqual(idsOf(second), ["b"])
          const { waiting, handledLastMinute, inFlight } = yield* store.stats
          assert.deepStrictEqual([waiting, inFlight, handledLastMinute], [2, 1, 1])
        })
      )
  )

  it.live("what another worker has by now is neither acknowledged nor passed by in its line", () =>
    withStore(kind, { order: "call", partitions: 1 }, (store) =>
      Effect.gen(function* () {
        yield* store.offer(["a", "b"].map((id) => delivery(id)))
        const { claims } = yield* store.take(wish)
        const lost = claims.map((claim) => ({ ...claim, lock: "lost" }))
        assert.deepStrictEqual(idsOf(yield* store.take({ ...wish, handled: lost })), [])
        assert.strictEqual((yield* store.stats).waiting, 2)
        // Once more, with the lock that it has.
        assert.deepStrictEqual(idsOf(yield* store.take({ ...wish, handled: claims })), ["b"])
      })
    )
  )

  it.live("what was handled too late is not handed out in the step that acknowledges it", () =>
    withStore(kind, { order: "none", lockExpiration: 100 }, (store) =>
      Effect.gen(function* () {
        yield* store.offer([delivery("a")])
        const { claims } = yield* store.take(wish)
        yield* Effect.sleep(150)
        assert.deepStrictEqual(
          idsOf(yield* store.take({ max: 1, lapsedBefore: Date.now() + 1e6, handled: claims })),
          []
        )
        assert.strictEqual((yield* store.stats).waiting, 0)
      })
    )
  )

  it.live.each(["none", "call"] as const)(
    "what is due again, and what nobody renews, comes before what is fresh, order: %s",
    (order) =>
      withStore(kind, { order, partitions: 32, lockExpiration: 100 }, (store) =>
        Effect.gen(function* () {
          // In lines of their own.
          const ids = ["a", "b", "c", "d"]
          yield* store.offer(ids.map((id) => delivery(id, `call_${id}`)))
          const take = Effect.map(store.take({ ...wish, lapsedBefore: Date.now() + 1e6 }), ({ claims: [claim] }) => {
            assert(claim !== undefined)
            return claim
          })
          const failed = yield* take
          yield* store.retry(failed, 1, "no")
          yield* Effect.sleep(20)
          const again = yield* take
          assert.deepStrictEqual([again.id, again.attempts], [failed.id, 1])
          yield* Effect.sleep(150)
          const lapsed = yield* take
          assert.deepStrictEqual([lapsed.id, lapsed.suspect], [failed.id, true])
          const fresh = yield* take
          assert.notStrictEqual(fresh.id, failed.id)
          assert.isFalse(fresh.suspect)
          // As many as it may, of both.
          yield* store.retry(lapsed, 1, "no")
          yield* Effect.sleep(20)
          const most = yield* store.take({ ...wish, max: 3 })
          assert.lengthOf(most.claims, 3)
          assert.include(idsOf(most), failed.id)
        })
      )
  )

  it.live("ids leave after their time, be they handled, forgotten or removed; what waits or is parked stays", () =>
    withStore(kind, { order: "none" }, (store) =>
      Effect.gen(function* () {
        const ids = ["handled", "forgotten", "removed", "parked", "waiting"]
        const offer = store.offer(ids.map((id) => delivery(id)))
        yield* offer
        const { claims } = yield* store.take({ ...wish, max: 4 })
        const [handled, , removed, parked] = claims
        assert(handled !== undefined && removed !== undefined && parked !== undefined)
        yield* store.complete([handled])
        for (const claim of [removed, parked]) yield* store.park(claim, 1, "no")
        assert.isTrue(yield* store.discard("removed"))
        assert.strictEqual(yield* store.forget(({ id }) => id === "forgotten", {}), 1)
        const counts = Effect.map(store.stats, ({ waiting, parked }) => [waiting, parked])
        yield* Effect.sleep(20)
        yield* store.sweep(60_000)
        yield* offer
        assert.deepStrictEqual(yield* counts, [1, 1], "remembered")
        yield* store.sweep(10)
        assert.deepStrictEqual(yield* counts, [1, 1], "swept")
        yield* offer
        assert.deepStrictEqual(yield* counts, [4, 1], "new again")
      })
    )
  )
}

describe("a step, in memory", () => {
  steps("memory")
})
describe("a step, SQLite", () => {
  steps("sqlite")
})
;(await describeWith("PostgreSQL"))("a step, PostgreSQL", () => {
  steps("postgres")
})
;(await describeWith("Redis"))("a step, Redis", () => {
  steps("redis")
})

describe("batches", () => {
  const make = (writes: Array<ReadonlyArray<string>>) =>
    makeBatches<string>({
      write: (items) => Effect.sync(() => void writes.push(items)),
      maxItems: 100,
      maxSize: Infinity,
      sizeOf: () => 0
    })

  it.live("what waits goes along with a write of another's, and ends with it", () =>
    Effect.gen(function* () {
      const writes: Array<ReadonlyArray<string>> = []
      const { add, along } = yield* make(writes)
      const added = yield* Effect.forkChild(Effect.all([add("a"), add("b")], { concurrency: 2 }))
      yield* Effect.yieldNow
      yield* Effect.yieldNow
      const taken = yield* along((items) => Effect.as(Effect.sleep(10), items))
      assert.deepStrictEqual([...taken], ["a", "b"])
      yield* Fiber.join(added)
      assert.deepStrictEqual(writes, [])
    })
  )

  it.live("what comes while such a write is under way is written after it; nobody has to come back", () =>
    Effect.gen(function* () {
      const writes: Array<ReadonlyArray<string>> = []
      const { add, along } = yield* make(writes)
      const writing = yield* Effect.forkChild(along(() => Effect.sleep(10)))
      yield* Effect.yieldNow
      yield* Effect.all([add("a"), add("b")], { concurrency: 2 })
      yield* Fiber.join(writing)
      assert.deepStrictEqual(writes, [["a", "b"]])
    })
  )

  it.live("such a write that fails fails what went along, which can be added again", () =>
    Effect.gen(function* () {
      const writes: Array<ReadonlyArray<string>> = []
      const { add, along } = yield* make(writes)
      const added = yield* Effect.forkChild(Effect.exit(add("a")))
      yield* Effect.yieldNow
      const error = new InboxError("taking deliveries", undefined)
      assert.strictEqual(yield* Effect.flip(along(() => Effect.fail(error))), error)
      assert.deepStrictEqual(yield* Fiber.join(added), Exit.fail(error))
      yield* add("a")
      assert.deepStrictEqual(writes, [["a"]])
    })
  )
})
