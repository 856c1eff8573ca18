import * as AywaRuntime from "../src/effect/AywaRuntime.ts"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { flow, identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/testing/TestClock"
import { it } from "@effect/vitest"
import * as fc from "fast-check"
import { assert, describe } from "vitest"
import * as Assistants from "../src/effect/Assistants.ts"
import type { RuntimeError } from "../src/errors/Errors.ts"
import * as Policy from "../src/policy/Policy.ts"
import { WireFailure, type WireRequest, type WireResponse } from "../src/transport/Transport.ts"

// Time is the subject here, so the transport below answers at once and the clock is the test's. Sockets are real in
// every other file.
interface Script {
  readonly requests: Array<{ readonly request: WireRequest; readonly at: number }>
  readonly layer: Layer.Layer<Assistants.Assistants>
}

const ok: WireResponse = { status: 200, header: () => undefined, headers: () => ({}), body: "[]" }
const answer = (status: number, headers: Record<string, string> = {}): WireResponse => ({
  status,
  header: (name) => headers[name],
  headers: () => headers,
  body: "{}"
})
const lost = new WireFailure({ sent: "unknown", phase: "connection", code: "ECONNRESET", cause: undefined })

const script = (
  answers: (index: number) => WireResponse | WireFailure | Effect.Effect<WireResponse>,
  policy: Policy.Transform = identity
): Script => {
  const requests: Script["requests"] = []
  const client = AywaRuntime.makeWith(
    { baseUrl: "http://127.0.0.1:1", apiKey: "k", policy },
    {
      execute: (request) =>
        Effect.gen(function* () {
          requests.push({ request, at: yield* Effect.clockWith((clock) => clock.currentTimeMillis) })
          const next = answers(requests.length - 1)
          if (next instanceof WireFailure) return yield* Effect.fail(next)
          return Effect.isEffect(next) ? yield* next : next
        })
    }
  )
  return { requests, layer: Layer.orDie(AywaRuntime.layerFrom(client)) }
}

const list = Effect.gen(function* () {
  return yield* (yield* Assistants.Assistants).list()
})
const create = Effect.gen(function* () {
  return yield* (yield* Assistants.Assistants).create({})
})

/** Runs with the clock moved far enough for everything to settle. */
const settle = <A, E extends RuntimeError>(effect: Effect.Effect<A, E, Assistants.Assistants>, on: Script) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(Effect.result(Effect.provide(effect, on.layer)))
    yield* TestClock.adjust("1 hour")
    return yield* Fiber.join(fiber)
  })

const gaps = (on: Script): ReadonlyArray<number> =>
  on.requests.slice(1).map(({ at }, i) => Math.round((at - (on.requests[i]?.at ?? 0)) * 1000) / 1000)

const transforms: fc.Arbitrary<Policy.Transform> = fc.oneof(
  fc.record({ times: fc.nat(9) }).map((o) => Policy.retry(o)),
  fc.record({ baseDelay: fc.integer({ min: 1, max: 9999 }) }).map((o) => Policy.retry(o)),
  fc.constant(Policy.noRetry),
  fc.integer({ min: 1, max: 9999 }).map((n) => Policy.attemptTimeout(n)),
  fc.integer({ min: 1, max: 9999 }).map((n) => Policy.deadline(n)),
  fc.constantFrom("auto" as const, "explicit" as const).map((mode) => Policy.idempotency(mode)),
  fc.integer({ min: 1, max: 9 }).map((concurrency) => Policy.limit({ concurrency })),
  fc.integer({ min: 1, max: 9 }).map((failures) => Policy.circuitBreaker({ failures, openFor: "1 second" }))
)

describe("the algebra", () => {
  it("composition has an identity and is associative", () => {
    fc.assert(
      fc.property(transforms, transforms, transforms, fc.constantFrom(Policy.none, Policy.defaults), (f, g, h, p) => {
        assert.deepStrictEqual(flow(identity<Policy.Policy>, f)(p), f(p))
        assert.deepStrictEqual(flow(f, identity<Policy.Policy>)(p), f(p))
        assert.deepStrictEqual(flow(flow(f, g), h)(p), flow(f, flow(g, h))(p))
      })
    )
  })

  it("a combinator changes its own slot only, is idempotent, and leaves its argument alone", () => {
    fc.assert(
      fc.property(transforms, (f) => {
        const before = { ...Policy.defaults }
        const after = f(Policy.defaults)
        assert.deepStrictEqual(Policy.defaults, before)
        const changed = (Object.keys(after) as Array<keyof Policy.Policy>).filter((key) => after[key] !== before[key])
        assert.isAtMost(changed.length, 1)
        assert.deepStrictEqual(f(after), after)
      })
    )
  })

  it("refuses what makes no sense, by name", () => {
    assert.throws(() => Policy.retry({ times: -1 }), /retry\.times/)
    assert.throws(() => Policy.retry({ times: 1.5 }), /retry\.times/)
    assert.throws(() => Policy.limit({ concurrency: 0 }), /limit\.concurrency/)
    assert.throws(() => Policy.limit({ concurrency: 0.5 }), /limit\.concurrency/)
    assert.throws(() => Policy.circuitBreaker({ failures: Number.NaN, openFor: 1 }), /circuitBreaker\.failures/)
  })
})

describe("retry", () => {
  it.effect("waits are random, at least a tenth, and never above the cap (behaviour 8)", () =>
    Effect.gen(function* () {
      const first: Array<number> = []
      const late: Array<number> = []
      for (let seed = 0; seed < 250; seed++) {
        const on = script(() => answer(503), Policy.retry({ times: 6, baseDelay: 100, maxDelay: 1000 }))
        yield* Random.withSeed(settle(Policy.with(list, Policy.deadline(Infinity)), on), `seed ${seed}`)
        const all = gaps(on)
        assert.strictEqual(all.length, 6)
        first.push(all[0] ?? 0)
        late.push(...all.slice(4))
      }
      for (const gap of first) assert.isTrue(gap >= 10 && gap <= 100, `${gap}`)
      for (const gap of late) assert.isTrue(gap >= 100 && gap <= 1000, `${gap}`)
      const spread = (gaps: ReadonlyArray<number>) => (Math.max(...gaps) - Math.min(...gaps)) / Math.max(...gaps)
      assert.isAbove(spread(first), 0.25)
      assert.isAbove(spread(late), 0.25)
    })
  )

  it.effect("is the same again under the same seed", () =>
    Effect.gen(function* () {
      const run = (seed: string) => {
        const on = script(() => answer(503), Policy.retry({ times: 5 }))
        return Effect.as(Random.withSeed(settle(list, on), seed), on).pipe(Effect.map(gaps))
      }
      assert.deepStrictEqual(yield* run("a"), yield* run("a"))
      assert.notDeepEqual(yield* run("a"), yield* run("b"))
    })
  )

  it.effect("waits as long as Retry-After says and somewhat longer, within the cap", () =>
    Effect.gen(function* () {
      const on = script((i) => (i === 0 ? answer(429, { "retry-after": "7" }) : ok))
      yield* settle(list, on)
      assert.isAtLeast(gaps(on)[0] ?? 0, 7000)
      assert.isBelow(gaps(on)[0] ?? Infinity, 7000 * 1.35)
      const capped = script(() => answer(429, { "retry-after": "7" }), Policy.retry({ maxRetryAfter: "6 seconds" }))
      yield* settle(list, capped)
      assert.strictEqual(capped.requests.length, 1)
    })
  )

  it.effect("`while` narrows and cannot widen", () =>
    Effect.gen(function* () {
      const narrowed = script(() => answer(503), Policy.retry({ while: (error) => error._tag === "RateLimited" }))
      yield* settle(list, narrowed)
      assert.strictEqual(narrowed.requests.length, 1)
      const unsafe = script(() => lost, flow(Policy.idempotency("explicit"), Policy.retry({ while: () => true })))
      yield* settle(create, unsafe)
      assert.strictEqual(unsafe.requests.length, 1)
    })
  )

  it.effect("attempts never exceed 1 + times, and total time never exceeds the deadline", () =>
    Effect.gen(function* () {
      for (let seed = 0; seed < 100; seed++) {
        const times = seed % 7
        const deadline = 50 + seed * 37
        const on = script(
          (i) => [answer(503), lost, answer(429, { "retry-after": "1" }), Effect.never][(seed + i) % 4] ?? ok,
          flow(Policy.retry({ times }), Policy.deadline(deadline), Policy.attemptTimeout(40 + seed))
        )
        const begin = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
        const fiber = yield* Effect.forkChild(
          Effect.provide(Effect.result(list), on.layer).pipe(
            Effect.andThen(Effect.clockWith((clock) => clock.currentTimeMillis))
          )
        )
        yield* TestClock.adjust("1 hour")
        const end = yield* Fiber.join(fiber)
        assert.isAtMost(on.requests.length, 1 + times)
        // The clock adds up fractions of milliseconds.
        assert.isAtMost(end - begin, deadline + 0.001)
      }
    })
  )
})

describe("scopes", () => {
  it.effect("Policy.with stacks: the innermost wins a slot, other slots stay", () =>
    Effect.gen(function* () {
      const on = script(() => answer(503), Policy.retry({ times: 4, baseDelay: 1 }))
      yield* settle(
        Policy.with(Policy.with(list, Policy.retry({ times: 1 })), Policy.retry({ times: 9, baseDelay: 10 })),
        on
      )
      assert.strictEqual(on.requests.length, 2)
      assert.isAtLeast(gaps(on)[0] ?? 0, 1)
    })
  )
  it.effect("is data-last too, and ends with its effect", () =>
    Effect.gen(function* () {
      const on = script(() => answer(503), Policy.noRetry)
      yield* settle(list.pipe(Policy.with(Policy.retry({ times: 2 }))), on)
      assert.strictEqual(on.requests.length, 3)
      yield* settle(list, on)
      assert.strictEqual(on.requests.length, 4)
    })
  )
  it.effect("options of a call win over everything around it", () =>
    Effect.gen(function* () {
      const on = script(() => answer(503))
      const call = Effect.gen(function* () {
        return yield* (yield* Assistants.Assistants).list({}, { retries: 0 })
      })
      yield* settle(Policy.with(call, Policy.retry({ times: 5 })), on)
      assert.strictEqual(on.requests.length, 1)
    })
  )
  it.effect("two calls never share a generated key, a retried one keeps it", () =>
    Effect.gen(function* () {
      const on = script((i) =>
        i % 2 === 0 ? lost : { ...ok, body: JSON.stringify({ id: "a", orgId: "o", createdAt: "", updatedAt: "" }) }
      )
      yield* settle(Effect.all([create, create, create]), on)
      const keys = on.requests.map(({ request }) => request.headers[request.headers.indexOf("idempotency-key") + 1])
      assert.strictEqual(keys.length, 6)
      assert.strictEqual(new Set(keys).size, 3)
      for (let i = 0; i < 6; i += 2) assert.strictEqual(keys[i], keys[i + 1])
    })
  )
})

describe("order of the slots", () => {
  it.effect("a retry takes its place in the limiter anew, and does not hold it while it waits", () =>
    Effect.gen(function* () {
      let running = 0
      let most = 0
      const slow = Effect.gen(function* () {
        most = Math.max(most, ++running)
        yield* Effect.sleep(10)
        running--
        return answer(503)
      })
      const on = script(() => slow, flow(Policy.limit({ concurrency: 2 }), Policy.retry({ times: 1, baseDelay: 1000 })))
      const fiber = yield* Effect.forkChild(
        Effect.provide(Effect.all([list, list, list, list].map(Effect.result), { concurrency: "unbounded" }), on.layer)
      )
      yield* TestClock.adjust(25)
      // Four first attempts are through after 20 ms: the two that now wait for their retry held nothing.
      assert.strictEqual(on.requests.length, 4)
      yield* TestClock.adjust("1 hour")
      yield* Fiber.join(fiber)
      assert.strictEqual(most, 2)
      assert.strictEqual(on.requests.length, 8)
    })
  )
  it.effect("waiting for the limiter counts against the deadline, and says that nothing was sent", () =>
    Effect.gen(function* () {
      const on = script(
        () => Effect.never,
        flow(Policy.limit({ concurrency: 1 }), Policy.deadline(100), Policy.attemptTimeout("1 minute"))
      )
      const fiber = yield* Effect.forkChild(
        Effect.provide(Effect.all([Effect.flip(create), Effect.flip(create)], { concurrency: 2 }), on.layer)
      )
      yield* TestClock.adjust("1 second")
      const [first, second] = yield* Fiber.join(fiber)
      assert.deepInclude({ ...first }, { _tag: "AywaTimeoutError", scope: "deadline", outcome: "maybe-applied" })
      assert.deepInclude({ ...second }, { _tag: "AywaTimeoutError", scope: "deadline", outcome: "not-sent" })
    })
  )
  it.effect("a rate lets a burst through and spaces the rest", () =>
    Effect.gen(function* () {
      const on = script(() => ok, Policy.limit({ rate: { limit: 2, window: "1 second" } }))
      yield* settle(Effect.all([list, list, list, list], { concurrency: "unbounded" }), on)
      assert.strictEqual(on.requests.length, 4)
      const last = (on.requests[3]?.at ?? 0) - (on.requests[0]?.at ?? 0)
      assert.isAtLeast(last, 900)
      assert.isAtMost(last, 1600)
    })
  )
  it.effect("the breaker counts calls, not attempts; opens; lets one through after a while", () =>
    Effect.gen(function* () {
      let healthy = false
      const on = script(
        () => (healthy ? ok : answer(503)),
        flow(Policy.circuitBreaker({ failures: 2, openFor: "1 minute" }), Policy.retry({ times: 1, baseDelay: 1 }))
      )
      const run = (effect: typeof list) =>
        Effect.gen(function* () {
          const fiber = yield* Effect.forkChild(Effect.result(effect))
          yield* TestClock.adjust(50)
          return yield* Fiber.join(fiber)
        })
      yield* Effect.gen(function* () {
        yield* run(list)
        yield* run(list)
        assert.strictEqual(on.requests.length, 4)
        const open = yield* run(list)
        assert.strictEqual(on.requests.length, 4)
        assert.strictEqual(open._tag === "Failure" ? open.failure._tag : "", "CircuitOpen")
        if (open._tag === "Failure") assert.strictEqual(open.failure.outcome, "not-sent")
        healthy = true
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* run(list))._tag, "Success")
      }).pipe(Effect.provide(on.layer))
    })
  )
  it.effect("answers such as 404 do not open the breaker", () =>
    Effect.gen(function* () {
      const on = script(() => answer(404), Policy.circuitBreaker({ failures: 1, openFor: "1 minute" }))
      yield* Effect.gen(function* () {
        for (let i = 0; i < 3; i++) yield* Effect.result(list)
      }).pipe(Effect.provide(on.layer))
      assert.strictEqual(on.requests.length, 3)
    })
  )
})

describe("interruption", () => {
  it.effect("cuts the wait between attempts", () =>
    Effect.gen(function* () {
      const on = script(() => answer(429, { "retry-after": "30" }))
      const fiber = yield* Effect.forkChild(Effect.provide(list, on.layer))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(on.requests.length, 1)
    })
  )
})

describe("a schedule of the program's own", () => {
  const busy = () => answer(503)

  it.effect("says when and how often, anew for each call", () =>
    Effect.gen(function* () {
      const schedule = Schedule.max([Schedule.spaced("2 seconds"), Schedule.recurs(3)])
      const on = script(busy, Policy.retry({ schedule }))
      yield* settle(list, on)
      assert.deepStrictEqual(gaps(on), [2000, 2000, 2000])
      yield* settle(list, on)
      assert.strictEqual(on.requests.length, 8)
    })
  )

  it.effect("is not asked where a second request may apply twice", () =>
    Effect.gen(function* () {
      const schedule = Schedule.spaced("1 second")
      const on = script(() => lost, flow(Policy.retry({ schedule }), Policy.idempotency("explicit")))
      yield* settle(create, on)
      assert.strictEqual(on.requests.length, 1)
    })
  )

  it.effect("waits for a Retry-After that is longer, and ends at one beyond the limit", () =>
    Effect.gen(function* () {
      const schedule = Schedule.max([Schedule.spaced("1 second"), Schedule.recurs(1)])
      const patient = script(() => answer(429, { "retry-after": "5" }), Policy.retry({ schedule }))
      yield* settle(list, patient)
      assert.strictEqual(patient.requests.length, 2)
      assert.isAtLeast(gaps(patient)[0] ?? 0, 5000)
      const refused = script(() => answer(429, { "retry-after": "900" }), Policy.retry({ schedule }))
      yield* settle(list, refused)
      assert.strictEqual(refused.requests.length, 1)
    })
  )

  it.effect("ends with the deadline, and with `times` when that is given, too", () =>
    Effect.gen(function* () {
      const schedule = Schedule.spaced("10 seconds")
      const late = script(busy, flow(Policy.retry({ schedule }), Policy.deadline("35 seconds")))
      yield* settle(list, late)
      assert.strictEqual(late.requests.length, 4)
      const few = script(busy, Policy.retry({ schedule, times: 1 }))
      yield* settle(list, few)
      assert.strictEqual(few.requests.length, 2)
    })
  )

  it("that is none is refused", () => {
    const schedule = 1000 as unknown as Schedule.Schedule<number>
    assert.throws(() => Policy.retry({ schedule }), /retry\.schedule must be a Schedule/)
  })
})

describe("generated keys", () => {
  const keyOf = ({ headers }: WireRequest): string | undefined => headers[headers.indexOf("idempotency-key") + 1]

  it.effect("come from a reference: the same seed gives the same keys, one for all attempts of a create", () =>
    Effect.gen(function* () {
      const on = script(() => answer(503), Policy.retry({ times: 1 }))
      const two = Effect.andThen(Effect.ignore(create), create)
      yield* settle(Effect.provideService(two, Policy.IdempotencyKeys, Policy.seededKeys("run-7")), on)
      assert.deepStrictEqual(
        on.requests.map(({ request }) => keyOf(request)),
        ["run-7-1", "run-7-1", "run-7-2", "run-7-2"]
      )
    })
  )

  it.effect("that cannot be sent are refused, unsent", () =>
    Effect.gen(function* () {
      const on = script(() => ok)
      const result = yield* settle(
        Effect.provideService(create, Policy.IdempotencyKeys, () => "two\nlines"),
        on
      )
      assert.strictEqual(on.requests.length, 0)
      assert.include(JSON.stringify(result), "idempotencyKey")
    })
  )
})
