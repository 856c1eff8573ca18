/** Claims over every store, the real ones. */
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as SqlClient from "effect/sql/SqlClient"
import { WebhookDedupe } from "../../src/inbox.ts"
import { leasesSql } from "../../src/inbox/leases.ts"
import { openLeases } from "../../src/inbox/openSql.ts"
import { describeWith } from "../support/services.ts"
import { makePlace, type Place, placeOf, quiet, sqlLayer } from "./support.ts"

const layerIn = (place: Place): Layer.Layer<WebhookDedupe.WebhookDedupe> => {
  switch (place.kind) {
    case "memory":
      return WebhookDedupe.layerMemory
    case "redis":
      return Layer.orDie(Layer.provide(WebhookDedupe.layerRedis(place.prefix), [NodeRedis.layer({}), quiet]))
    default:
      return Layer.orDie(Layer.provide(WebhookDedupe.layerSql, sqlLayer(place)))
  }
}

/** Claims that ended do not fill the table for good. */
const sweeps = (kind: "sqlite" | "postgres") => {
  const leaveTwo = Effect.gen(function* () {
    yield* openLeases(undefined)
    const store = yield* leasesSql("aywa_inbox_leases")
    const sql = yield* SqlClient.SqlClient
    yield* store.lease("ended", "me", -1)
    yield* store.lease("held", "me", 60_000)
    yield* store.sweep
    return yield* sql<{ name: string }>`SELECT name FROM aywa_inbox_leases`
  })

  it.live("what is left of claims that ended is swept away, and nothing else", () =>
    Effect.gen(function* () {
      const names = yield* Effect.provide(leaveTwo, sqlLayer(yield* placeOf(kind)))
      assert.deepStrictEqual(
        names.map(({ name }) => name),
        ["held"]
      )
    })
  )
}

const suite = (kind: Place["kind"]) => {
  let place: Place
  let remove: () => Promise<void>
  beforeAll(async () => {
    ;({ place, remove } = await makePlace(kind))
  })
  afterAll(() => remove())
  const inPlace = <A, E>(program: Effect.Effect<A, E, WebhookDedupe.WebhookDedupe>) =>
    Effect.provide(program, layerIn(place))

  it.live("an id is claimed once, by whoever comes first of many", () =>
    inPlace(
      Effect.gen(function* () {
        const dedupe = yield* WebhookDedupe.WebhookDedupe
        let runs = 0
        const enqueue = Effect.andThen(
          Effect.yieldNow,
          Effect.sync(() => runs++)
        )
        const ids = ["evt_1", "evt_1", "evt_1_r1", "x".repeat(255), "evt_1", "x".repeat(255)]
        const claimed = yield* Effect.forEach(ids, (id) => dedupe.claim(id, enqueue), { concurrency: "unbounded" })
        assert.deepStrictEqual([claimed.filter(Boolean).length, runs], [3, 3])
        assert.deepStrictEqual(
          yield* Effect.forEach(ids, (id) => dedupe.claim(id, enqueue)),
          ids.map(() => false)
        )
      })
    )
  )

  it.live("a failure, a defect or an interruption gives the claim up", () =>
    inPlace(
      Effect.gen(function* () {
        const dedupe = yield* WebhookDedupe.WebhookDedupe
        for (const enqueue of [Effect.fail("queue is down"), Effect.die("a defect"), Effect.interrupt]) {
          assert.strictEqual((yield* Effect.exit(dedupe.claim("evt_2", enqueue)))._tag, "Failure")
        }
        assert.isTrue(yield* dedupe.claim("evt_2", Effect.void))
        assert.isFalse(yield* dedupe.claim("evt_2", Effect.void))
      })
    )
  )

  it.live("whenever a claim is interrupted, the next attempt still enqueues", () =>
    inPlace(
      Effect.gen(function* () {
        const dedupe = yield* WebhookDedupe.WebhookDedupe
        for (let i = 0; i < 60; i++) {
          let enqueued = 0
          const claim = dedupe.claim(
            `evt_interrupted_${i}`,
            Effect.sync(() => enqueued++)
          )
          const first = yield* Effect.forkChild(claim)
          for (let turn = 0; turn < i % 12; turn++) yield* Effect.promise(() => new Promise(setImmediate))
          yield* Fiber.interrupt(first)
          yield* claim
          assert.strictEqual(enqueued, 1, `interrupted after ${i % 12} turns`)
        }
      })
    )
  )

  it.live("a claim ends after its time", () =>
    inPlace(
      Effect.gen(function* () {
        const dedupe = yield* WebhookDedupe.WebhookDedupe
        assert.isTrue(yield* dedupe.claim("evt_3", Effect.void, "50 millis"))
        let again = false
        for (let i = 0; i < 500 && !again; i++) {
          yield* Effect.sleep(10)
          again = yield* dedupe.claim("evt_3", Effect.void, "1 hour")
        }
        assert.isTrue(again)
        assert.isFalse(yield* dedupe.claim("evt_3", Effect.void))
      })
    )
  )
}

describe("claims in memory", () => {
  suite("memory")
})
describe("claims in SQLite", () => {
  suite("sqlite")
  sweeps("sqlite")
})
;(await describeWith("PostgreSQL"))("claims in PostgreSQL", () => {
  suite("postgres")
  sweeps("postgres")
})
;(await describeWith("Redis"))("claims in Redis", () => {
  suite("redis")
})
