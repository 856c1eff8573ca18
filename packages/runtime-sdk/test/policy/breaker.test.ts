import { it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { assert, describe } from "vitest"
import { makeBreaker } from "../../src/policy/breaker.ts"

/** A breaker that opens after two failures for a second; calls end as they are told. */
const start = () => {
  const breaker = makeBreaker({ failures: 2, openFor: 1000 })
  let calls = 0
  const call = (end: Effect.Effect<string, string>, key = "a") =>
    breaker
      .run(
        Effect.suspend(() => {
          calls++
          return end
        }),
        {
          key,
          isFailure: (error) => error === "down",
          onOpen: (left) => `open ${left}`
        }
      )
      .pipe(Effect.catch((error) => Effect.succeed(error)))
  return { call, calls: () => calls }
}
const good = Effect.succeed("good")
const down = Effect.fail("down")

describe("the circuit breaker", () => {
  it.effect("opens after failures in a row; one that the runtime answers ends the row", () =>
    Effect.gen(function* () {
      const { call } = start()
      yield* call(down)
      yield* call(good)
      yield* call(down)
      yield* call(Effect.fail("not found"))
      yield* call(down)
      assert.strictEqual(yield* call(down), "down")
      assert.strictEqual(yield* call(good), "open 1000")
      assert.strictEqual(yield* call(good, "b"), "good")
    })
  )

  it.effect("lets one call through when its time is over, and the rest after that one was good", () =>
    Effect.gen(function* () {
      const { call, calls } = start()
      yield* call(down)
      yield* call(down)
      yield* TestClock.adjust(999)
      assert.strictEqual(yield* call(good), "open 1")
      yield* TestClock.adjust(1)
      const answer = yield* Deferred.make<string, string>()
      const probe = yield* Effect.forkChild(call(Deferred.await(answer)), { startImmediately: true })
      assert.strictEqual(yield* call(good), "open undefined")
      yield* Deferred.succeed(answer, "good")
      assert.strictEqual(yield* Fiber.join(probe), "good")
      assert.strictEqual(yield* call(down), "down")
      assert.strictEqual(yield* call(good), "good")
      assert.strictEqual(calls(), 5)
    })
  )

  it.effect("opens again at once when that one call fails", () =>
    Effect.gen(function* () {
      const { call } = start()
      yield* call(down)
      yield* call(down)
      yield* TestClock.adjust(1000)
      assert.strictEqual(yield* call(down), "down")
      assert.strictEqual(yield* call(good), "open 1000")
    })
  )

  it.effect("lets another one through when that one call is given up", () =>
    Effect.gen(function* () {
      const { call } = start()
      yield* call(down)
      yield* call(down)
      yield* TestClock.adjust(1000)
      const probe = yield* Effect.forkChild(call(Effect.never), { startImmediately: true })
      yield* Fiber.interrupt(probe)
      assert.strictEqual(yield* call(good), "good")
    })
  )

  it.effect("is not closed or opened by what began before it opened", () =>
    Effect.gen(function* () {
      const { call } = start()
      const [late, later] = [yield* Deferred.make<string, string>(), yield* Deferred.make<string, string>()]
      const first = yield* Effect.forkChild(call(Deferred.await(late)), { startImmediately: true })
      const second = yield* Effect.forkChild(call(Deferred.await(later)), { startImmediately: true })
      yield* call(down)
      yield* call(down)
      yield* Deferred.succeed(late, "good")
      yield* Fiber.join(first)
      assert.strictEqual(yield* call(good), "open 1000")
      yield* TestClock.adjust(1000)
      assert.strictEqual(yield* call(good), "good")
      yield* call(down)
      yield* Deferred.fail(later, "down")
      yield* Fiber.join(second)
      assert.strictEqual(yield* call(good), "good")
    })
  )
})
