/** Deadlines and waits go by a clock that nobody sets back. */
import { it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { flow, identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { afterEach, assert, describe } from "vitest"
import * as Assistants from "../src/effect/Assistants.ts"
import * as AywaRuntime from "../src/effect/AywaRuntime.ts"
import { AywaRuntimeClient, type CallError } from "../src/index.ts"
import * as Policy from "../src/policy/Policy.ts"
import { json, serve, tagOf } from "./support/server.ts"

const unavailable = { status: 503, header: () => undefined, headers: () => ({}), body: "{}" }

/** A TestClock whose wall clock is set back by an hour as soon as it has moved. */
const setBack = (clock: Clock.Clock): Clock.Clock => {
  const began = clock.currentTimeMillisUnsafe()
  const back = (): number => (clock.currentTimeMillisUnsafe() > began ? 3_600_000 : 0)
  return {
    ...clock,
    currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() - back(),
    currentTimeMillis: Effect.sync(() => clock.currentTimeMillisUnsafe() - back()),
    currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe() - BigInt(back()) * 1_000_000n,
    monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
    sleep: (duration) => clock.sleep(duration)
  }
}

/** Makes one call after the other under a clock that is set back, and moves time on. */
const run = (policy: Policy.Transform, calls: ReadonlyArray<Policy.Transform>) =>
  Effect.gen(function* () {
    let requests = 0
    const client = AywaRuntime.makeWith(
      { baseUrl: "http://127.0.0.1:1", apiKey: "k", policy },
      { execute: () => Effect.sync(() => (requests++, unavailable)) }
    )
    const list = Effect.flatMap(Assistants.Assistants, (assistants) => Effect.flip(assistants.list()))
    const clock = yield* Clock.clockWith(Effect.succeed)
    const ended: Array<{ readonly tag: string; readonly at: number }> = []
    const fiber = yield* Effect.forEach(calls, (transform) =>
      Effect.map(Policy.with(list, transform), (error) => {
        ended.push({ tag: error._tag, at: Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n) })
        return Effect.sleep("2 seconds")
      }).pipe(Effect.flatten)
    ).pipe(
      Effect.provide(Layer.orDie(AywaRuntime.layerFrom(client))),
      Effect.provideService(Clock.Clock, setBack(clock)),
      Effect.forkChild
    )
    yield* TestClock.adjust("2 hours")
    yield* Fiber.join(fiber)
    return { requests, ended }
  })

describe("while the wall clock is set back by an hour", () => {
  it.effect("a call ends by its deadline", () =>
    Effect.gen(function* () {
      const { requests, ended } = yield* run(
        flow(Policy.retry({ times: 6, baseDelay: 500, maxDelay: 500 }), Policy.deadline(700)),
        [identity]
      )
      assert.isAtMost(ended[0]?.at ?? Infinity, 700)
      assert.isBelow(requests, 7)
    })
  )

  it.effect("a circuit that is open closes when its time is over", () =>
    Effect.gen(function* () {
      const { ended, requests } = yield* run(Policy.circuitBreaker({ failures: 1, openFor: "1 second" }), [
        Policy.noRetry,
        Policy.noRetry
      ])
      assert.deepStrictEqual(
        ended.map(({ tag }) => tag),
        ["ServerError", "ServerError"]
      )
      assert.strictEqual(requests, 2)
    })
  )
})

const { now } = Date
afterEach(() => {
  Date.now = now
})

it("a call on a socket ends by its deadline, whatever is done to the system's clock", async () => {
  await using server = await serve((_, response) => {
    Date.now = () => now() - 3_600_000
    json(response, 503, {})
  })
  await using aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k" })
  const error = (await tagOf(aywa.assistants.list({}, { deadline: 700, retries: 6 }))) as CallError
  assert.isBelow(error.attempts, 4)
  assert.isBelow(server.seen.length, 4)
})
