/** What gathers offers and ends their waits: batches, one timer for all deadlines, and what is left of both in an outage. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"
import { makeBatches } from "../../src/inbox/batches.ts"
import { makeDeadlines } from "../../src/inbox/deadlines.ts"
import { InboxError } from "../../src/inbox/model.ts"

const turns = Effect.forEach(Array.from({ length: 10 }), () => Effect.yieldNow)

describe("deadlines", () => {
  const late = Effect.fail("late")

  it.effect("each wait ends when it is answered, or after its own time, and not before", () =>
    Effect.gen(function* () {
      const within = yield* makeDeadlines(1000, late)
      const settles: Array<(exit: Exit.Exit<void, string>) => void> = []
      const wait = () => Effect.forkChild(Effect.exit(within((settle) => void settles.push(settle))))
      const first = yield* wait()
      yield* turns
      yield* TestClock.adjust(400)
      const second = yield* wait()
      const third = yield* wait()
      yield* turns
      settles[2]?.(Exit.void)
      assert.deepStrictEqual(yield* Fiber.join(third), Exit.void)
      yield* TestClock.adjust(599)
      assert.isUndefined(first.pollUnsafe())
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* Fiber.join(first), Exit.fail("late"))
      assert.isUndefined(second.pollUnsafe())
      yield* TestClock.adjust(399)
      assert.isUndefined(second.pollUnsafe())
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* Fiber.join(second), Exit.fail("late"))
      // Too late to mean anything.
      for (const settle of settles) settle(Exit.void)
    })
  )

  it.effect("after a while without any, the next one has its whole time", () =>
    Effect.gen(function* () {
      const within = yield* makeDeadlines(1000, late)
      yield* within((settle) => settle(Exit.void))
      yield* TestClock.adjust(10_000)
      const waiting = yield* Effect.forkChild(Effect.exit(within(() => {})))
      yield* turns
      yield* TestClock.adjust(999)
      assert.isUndefined(waiting.pollUnsafe())
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* Fiber.join(waiting), Exit.fail("late"))
    })
  )

  it.effect("those that are late at once are told once each, and what they waited for is told to leave them", () =>
    Effect.gen(function* () {
      const within = yield* makeDeadlines(1000, late)
      const left: Array<number> = []
      const waits = Array.from({ length: 5 }, (_, i) =>
        Effect.exit(
          within((settle) => {
            if (i === 3) settle(Exit.void)
            return () => void left.push(i)
          })
        )
      )
      const all = yield* Effect.forkChild(Effect.all(waits, { concurrency: "unbounded" }))
      yield* turns
      yield* TestClock.adjust(1000)
      const exits = yield* Fiber.join(all)
      assert.deepStrictEqual(
        exits.map(({ _tag }) => _tag),
        ["Failure", "Failure", "Failure", "Success", "Failure"]
      )
      assert.deepStrictEqual(left, [0, 1, 2, 4])
    })
  )
})

describe("batches", () => {
  const error = new InboxError("storing a delivery", undefined)
  const make = (
    write: (items: ReadonlyArray<string>) => Effect.Effect<void, InboxError>,
    limits: { readonly maxItems?: number; readonly maxSize?: number } = {}
  ) => makeBatches<string>({ write, maxItems: 100, maxSize: Infinity, sizeOf: ({ length }) => length, ...limits })

  it.effect("what comes together is written together, in its order, within both limits", () =>
    Effect.gen(function* () {
      const writes: Array<ReadonlyArray<string>> = []
      const { put } = yield* make((items) => Effect.sync(() => void writes.push(items)), { maxItems: 3, maxSize: 10 })
      const settled: Array<string> = []
      const all = ["a", "b", "c", "d", "e".repeat(9), "f".repeat(30), "g"]
      for (const item of all) put(item, ({ _tag }) => void settled.push(`${item[0]} ${_tag}`))
      yield* turns
      yield* turns
      assert.deepStrictEqual(
        writes.map((items) => items.map((item) => item[0]).join("")),
        ["abc", "de", "f", "g"]
      )
      assert.deepStrictEqual(
        settled,
        [..."abcdefg"].map((item) => `${item} Success`)
      )
    })
  )

  it.effect("one that cannot be written fails alone; after two in a row the rest is not tried", () =>
    Effect.gen(function* () {
      const writes: Array<string> = []
      const { put } = yield* make((items) => {
        writes.push(items.join(""))
        return items.some((item) => item === item.toUpperCase()) ? Effect.fail(error) : Effect.void
      })
      const settled: Array<string> = []
      const putAll = (text: string) => {
        for (const item of text) put(item, ({ _tag }) => void settled.push(`${item} ${_tag}`))
      }
      putAll("aBc")
      yield* turns
      assert.deepStrictEqual(settled, ["a Success", "B Failure", "c Success"])
      assert.deepStrictEqual(writes.splice(0), ["aBc", "a", "B", "c"])
      settled.length = 0
      putAll("aBCde")
      yield* turns
      assert.deepStrictEqual(settled, ["a Success", "B Failure", "C Failure", "d Failure", "e Failure"])
      assert.deepStrictEqual(writes, ["aBCde", "a", "B", "C"])
    })
  )

  it.effect("what nobody waits for any more is not kept, unless it is being written", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const writes: Array<string> = []
      const { put } = yield* make((items) => {
        writes.push(items.join(""))
        return Deferred.await(gate)
      })
      const settled: Array<string> = []
      const leave = new Map([..."abcd"].map((item) => [item, put(item, () => void settled.push(item))]))
      yield* turns
      for (const item of "efg")
        leave.set(
          item,
          put(item, () => void settled.push(item))
        )
      for (const item of "beg") leave.get(item)?.()
      yield* Deferred.succeed(gate, undefined)
      yield* turns
      assert.deepStrictEqual(writes, ["abcd", "f"])
      assert.deepStrictEqual(settled, [..."abcdf"])
    })
  )
})
