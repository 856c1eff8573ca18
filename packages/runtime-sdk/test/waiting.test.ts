/** Waiting for a call to end: growing pauses, a deadline, abort, and the errors of reading. */
import * as AywaRuntime from "../src/effect/AywaRuntime.ts"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { assert, describe, it, onTestFinished } from "@effect/vitest"
import { AywaRuntimeClient } from "../src/index.ts"
import { json, serve, tagOf } from "./support/server.ts"

const row = (status: string) => ({ id: "c", orgId: "o", createdAt: "t", updatedAt: "t", status })

/** Answers these states one after the other, then the last one for ever. */
const start = async (states: ReadonlyArray<string | number>) => {
  const server = await serve((_, response, index) => {
    const state = states[Math.min(index, states.length - 1)] ?? "ended"
    if (typeof state === "number") json(response, state, { message: "no" })
    else json(response, 200, row(state))
  })
  onTestFinished(() => server[Symbol.asyncDispose]())
  return { server, aywa: new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "a-key", retries: 0 }) }
}

describe("calls.waitUntilEnded", () => {
  it.each(["ended", "not-found", "deletion-failed"])("reads until the call is %s, and gives it", async (last) => {
    const { server, aywa } = await start(["queued", "ringing", "in-progress", last])
    const call = await aywa.calls.waitUntilEnded("c", { pollEvery: 1 })
    assert.strictEqual(call.status, last)
    assert.deepStrictEqual(
      server.seen.map(({ url }) => url),
      ["/call/c", "/call/c", "/call/c", "/call/c"]
    )
  })

  it("takes options of a read, and tells about the last answer", async () => {
    const { server, aywa } = await start(["ended"])
    const { response } = await aywa.calls
      .waitUntilEnded("c", { headers: { "x-trace": "1" }, organizationId: "org_2" })
      .withResponse()
    assert.strictEqual(response.status, 200)
    assert.include(server.seen[0]?.headers, { "x-trace": "1", "x-organization-id": "org_2" })
  })

  it("ends with a TimeoutError when the deadline passes; the reads that were made are counted", async () => {
    const { server, aywa } = await start(["in-progress"])
    const error = Object(
      await tagOf(aywa.calls.waitUntilEnded("c", { pollEvery: 20, maxPollEvery: 20, deadline: 300 }))
    )
    assert.include(
      { ...error },
      { _tag: "AywaTimeoutError", scope: "deadline", timeoutMillis: 300, outcome: "rejected" }
    )
    assert.match(error.message, /^calls\.waitUntilEnded: the call had not ended within 300 ms.*\[GET \/call\/c, /)
    assert.isAbove(server.seen.length, 1)
    assert.isAtLeast(error.attempts, 1)
  })

  it("waits for as long as it takes when no deadline is wanted", async () => {
    const { aywa } = await start(["queued", "queued", "ended"])
    const call = await aywa.calls.waitUntilEnded("c", { pollEvery: 1, deadline: Infinity })
    assert.strictEqual(call.status, "ended")
  })

  it("fails at once where the runtime asks to wait for longer than there is time", async () => {
    const server = await serve((_, response) => json(response.setHeader("retry-after", "100"), 429, {}))
    onTestFinished(() => server[Symbol.asyncDispose]())
    const aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "a-key" })
    const error = Object(await tagOf(aywa.calls.waitUntilEnded("c", { deadline: 50_000 })))
    assert.include({ ...error }, { _tag: "RateLimited", retryAfter: 100 })
    assert.lengthOf(server.seen, 1)
  })

  it("the deadline cuts a read that hangs", async () => {
    const server = await serve(() => {})
    onTestFinished(() => server[Symbol.asyncDispose]())
    const aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "a-key" })
    const error = Object(await tagOf(aywa.calls.waitUntilEnded("c", { deadline: 100 })))
    assert.include({ ...error }, { _tag: "AywaTimeoutError", scope: "deadline", timeoutMillis: 100, attempts: 1 })
  })

  it("names a misspelt option as its own, with the one that was meant", async () => {
    const { aywa, server } = await start(["ended"])
    const error = await tagOf(Reflect.apply(aywa.calls.waitUntilEnded, aywa.calls, ["c", { pollEvry: 5 }]))
    assert.match(String(error), /calls\.waitUntilEnded: .*pollEvry.*pollEvery/)
    assert.strictEqual(server.seen.length, 0)
  })

  it("fails as reading fails", async () => {
    const { aywa } = await start(["queued", 404])
    const error = Object(await tagOf(aywa.calls.waitUntilEnded("c", { pollEvery: 1 })))
    assert.include({ ...error }, { _tag: "NotFound", operation: "calls.get" })
  })

  it("outlives a runtime that is away for a while, and not one that stays away", async () => {
    const away = [503, 503, 502, 429]
    const { server, aywa } = await start([...away, "queued", ...away, "ended"])
    assert.strictEqual((await aywa.calls.waitUntilEnded("c", { pollEvery: 1 })).status, "ended")
    assert.lengthOf(server.seen, 10)
    const other = await start(["queued", 503])
    const error = Object(await tagOf(other.aywa.calls.waitUntilEnded("c", { pollEvery: 1 })))
    assert.include({ ...error }, { _tag: "ServerError", operation: "calls.get" })
    assert.lengthOf(other.server.seen, 6)
  })

  it("an abort cuts a pause at once and stops reading", async () => {
    const { server, aywa } = await start(["queued"])
    const controller = new AbortController()
    const waiting = tagOf(aywa.calls.waitUntilEnded("c", { pollEvery: 600_000, signal: controller.signal }))
    while (server.seen.length === 0) await new Promise<void>((resolve) => setImmediate(resolve))
    controller.abort("enough")
    const error = Object(await waiting)
    assert.include({ ...error }, { _tag: "Aborted", operation: "calls.waitUntilEnded" })
    assert.strictEqual(error.reason, "enough")
    assert.lengthOf(server.seen, 1)
  })

  it.each([{ pollEvery: 0 }, { maxPollEvery: -1 }, { deadline: Number.NaN }])("refuses %j", async (options) => {
    const { server, aywa } = await start(["ended"])
    const error = Object(await tagOf(aywa.calls.waitUntilEnded("c", options)))
    assert.strictEqual(error._tag, "InvalidRequest")
    assert.deepStrictEqual(error.issues[0].path, Object.keys(options))
    assert.lengthOf(server.seen, 0)
  })

  it.effect("reads no sooner than the runtime asks", () =>
    Effect.gen(function* () {
      const times: Array<number> = []
      const header = (name: string) => (name === "retry-after" ? "100" : undefined)
      const busy = { status: 429, header, headers: () => ({}), body: "{}" }
      const ended = { status: 200, header: () => undefined, headers: () => ({}), body: JSON.stringify(row("ended")) }
      const execute = () => Effect.map(Clock.currentTimeMillis, (now) => (times.push(now) === 1 ? busy : ended))
      const { calls } = yield* AywaRuntime.makeWith({ baseUrl: "http://127.0.0.1:1", apiKey: "a-key" }, { execute })
      const fiber = yield* Effect.forkChild(calls.waitUntilEnded("c", { pollEvery: 1000 }))
      for (let i = 0; i < 120; i++) yield* TestClock.adjust(1000)
      assert.strictEqual((yield* Fiber.join(fiber)).status, "ended")
      assert.lengthOf(times, 2)
      assert.isAtLeast((times[1] ?? 0) - (times[0] ?? 0), 100_000)
    })
  )

  it.effect("in Effect: pauses grow to their limit, on the program's clock", () =>
    Effect.gen(function* () {
      const times: Array<number> = []
      const answer = { status: 200, header: () => undefined, headers: () => ({}), body: JSON.stringify(row("queued")) }
      const { calls } = yield* AywaRuntime.makeWith(
        { baseUrl: "http://127.0.0.1:1", apiKey: "a-key" },
        {
          execute: () =>
            Effect.map(Clock.currentTimeMillis, (now) => {
              times.push(now)
              return answer
            })
        }
      )
      const fiber = yield* Effect.forkChild(
        calls.waitUntilEnded("c", { pollEvery: 1000, maxPollEvery: 4000, deadline: 60_000 })
      )
      for (let i = 0; i < 70; i++) yield* TestClock.adjust(1000)
      const error = yield* Effect.flip(Fiber.join(fiber))
      assert.strictEqual(error._tag, "AywaTimeoutError")
      const pauses = times.slice(1).map((time, i) => time - (times[i] ?? 0))
      // A tenth of jitter each way; the clock moves in whole seconds.
      assert.isAtMost(pauses[0] ?? Infinity, 2000)
      assert.isAbove(Math.max(...pauses), 2500)
      assert.isAtMost(Math.max(...pauses), 5000)
      assert.isAtMost(times.length, 40)
      assert.isAtMost(times.at(-1) ?? Infinity, 61_000)
    })
  )
})
