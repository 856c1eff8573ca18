/** Whoever gives up while it waits takes nothing from those that wait behind. */
import { it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import * as fc from "fast-check"
import { assert, describe } from "vitest"
import { makeLimiter, type Limiter } from "../../src/policy/limiter.ts"

/** A call that comes at a time, waits so long at most, and takes so long. Milliseconds. */
interface Arrival {
  readonly at: number
  readonly patience: number
  readonly work: number
}

interface Run {
  /** When each began; `undefined` for those that gave up. */
  readonly begun: ReadonlyArray<number | undefined>
  /** The most that were under way at the same time. */
  readonly most: number
}

const run = (limiter: Limiter, arrivals: ReadonlyArray<Arrival>): Effect.Effect<Run> =>
  Effect.gen(function* () {
    const origin = yield* Clock.currentTimeMillis
    const begun = arrivals.map((): number | undefined => undefined)
    let [now, most] = [0, 0]
    const call = ({ at, patience, work }: Arrival, i: number) =>
      Effect.gen(function* () {
        yield* Effect.sleep(at)
        let started = false
        const task = Effect.gen(function* () {
          started = true
          begun[i] = (yield* Clock.currentTimeMillis) - origin
          most = Math.max(most, ++now)
          yield* Effect.sleep(work)
          now--
        })
        const fiber = yield* Effect.forkChild(limiter.run(task), { startImmediately: true })
        yield* Effect.sleep(patience)
        if (!started) yield* Fiber.interrupt(fiber)
        yield* Fiber.await(fiber)
      })
    const all = yield* Effect.forkChild(Effect.forEach(arrivals, call, { concurrency: "unbounded" }))
    yield* TestClock.adjust("10 minutes")
    yield* Fiber.join(all)
    return { begun, most }
  })

/** What a token bucket with a queue in order of arrival does, by arithmetic. */
const expected = (limit: number, interval: number, arrivals: ReadonlyArray<Arrival>): Run["begun"] => {
  let full = -Infinity
  return arrivals.map(({ at, patience }) => {
    const start = Math.max(at, full - (limit - 1) * interval)
    if (start > at + patience) return undefined
    full = Math.max(start, full) + interval
    return start
  })
}

const arrivals = fc
  .array(
    fc.record({
      gap: fc.integer({ min: 0, max: 60 }),
      // Never at the same moment as a token.
      patience: fc.integer({ min: 0, max: 600 }).map((n) => n + 0.5),
      work: fc.integer({ min: 0, max: 200 })
    }),
    { minLength: 1, maxLength: 60 }
  )
  .map((list): ReadonlyArray<Arrival> => {
    let at = 0
    return list.map(({ gap, patience, work }) => ({ at: (at += gap), patience, work }))
  })

const check = <A>(arbitrary: fc.Arbitrary<A>, law: (value: A) => Effect.Effect<void>) =>
  Effect.promise(() =>
    fc.assert(
      fc.asyncProperty(arbitrary, (value) =>
        Effect.runPromise(Effect.provide(Effect.scoped(law(value)), TestClock.layer()))
      ),
      { numRuns: 300 }
    )
  )

describe("a rate", () => {
  it.live("is kept to and used up, whoever comes and gives up", () =>
    check(
      fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 5, max: 100 }), arrivals),
      ([limit, interval, list]) =>
        Effect.map(
          run(makeLimiter({ concurrency: undefined, rate: { limit, window: limit * interval } }), list),
          ({ begun }) => assert.deepStrictEqual(begun, expected(limit, interval, list))
        )
    )
  )

  it.effect("lets the first call after a storm through at once", () =>
    Effect.gen(function* () {
      // 40 calls a second, 20 may begin; each waits for 0.39 s at most.
      const storm = Array.from({ length: 160 }, (_, i) => ({ at: i * 25, patience: 390, work: 1 }))
      const last = { at: 6000, patience: 0.5, work: 1 }
      const limiter = makeLimiter({ concurrency: undefined, rate: { limit: 10, window: 500 } })
      const { begun } = yield* run(limiter, [...storm, last])
      const perHalf = Array.from(
        { length: 8 },
        (_, half) => begun.filter((at) => at !== undefined && Math.floor(at / 500) === half).length
      )
      for (const n of perHalf.slice(1)) assert.isAtLeast(n, 9, `${perHalf}`)
      assert.strictEqual(begun.at(-1), 6000)
    })
  )
})

describe("places", () => {
  it.live("are all taken and none is lost, whoever comes and gives up", () =>
    check(fc.tuple(fc.integer({ min: 1, max: 4 }), arrivals), ([concurrency, list]) =>
      Effect.gen(function* () {
        const limiter = makeLimiter({ concurrency, rate: undefined })
        const { begun, most } = yield* run(limiter, list)
        assert.isAtMost(most, concurrency)
        // Nobody gave up while a place was free.
        list.forEach(({ at, patience }, i) => {
          if (begun[i] !== undefined) return
          const busy = list.filter((other, j) => {
            const start = begun[j]
            return start !== undefined && start <= at + patience && at <= start + other.work
          })
          assert.isAtLeast(busy.length, concurrency)
        })
        const after = yield* run(
          limiter,
          Array.from({ length: concurrency }, () => ({ at: 0, patience: 1, work: 10 }))
        )
        assert.deepStrictEqual(
          after.begun,
          Array.from({ length: concurrency }, () => 0)
        )
      })
    )
  )

  it.live("and a rate together: the bounds of both, and all goes on after the last has given up", () =>
    check(
      fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), arrivals),
      ([concurrency, limit, list]) =>
        Effect.gen(function* () {
          const limiter = makeLimiter({ concurrency, rate: { limit, window: limit * 50 } })
          const { begun, most } = yield* run(limiter, list)
          assert.isAtMost(most, concurrency)
          const starts = begun.filter((at) => at !== undefined).sort((a, b) => a - b)
          starts.forEach((at, i) => {
            const earlier = starts[i - limit]
            if (earlier !== undefined) assert.isAtLeast(at - earlier, 49.999)
          })
          const { begun: after } = yield* run(limiter, [{ at: 0, patience: 1, work: 1 }])
          assert.deepStrictEqual(after, [0])
        })
    )
  )
})
