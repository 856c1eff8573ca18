import { LocalRuntime } from "@aywa-ai/runtime-local"
import * as Effect from "effect/Effect"
import { assert, describe, it } from "@effect/vitest"
import { Assistants, Policy } from "../src/effect.ts"
import { layer, startTestRuntime } from "../src/testing/TestRuntime.ts"
import { closedPort, tagOf } from "./support/server.ts"

describe("startTestRuntime", () => {
  it("starts with rows, and a client that reads them", async () => {
    await using test = await startTestRuntime({
      rows: { assistants: [{ name: "One" }, { name: "Two" }], tools: [{ type: "endCall" }] }
    })
    assert.deepStrictEqual(
      (await test.aywa.assistants.list()).items.map((row) => row.name),
      ["Two", "One"]
    )
    assert.strictEqual(test.rows.tools[0]?.type, "endCall")
    const more = await test.seed({ assistants: [{ name: "Three" }] })
    assert.strictEqual((await test.aywa.assistants.get(more.assistants[0]?.id ?? "")).name, "Three")
  })

  it("faults, the clock and what arrived", async () => {
    await using test = await startTestRuntime({ clock: "manual" })
    test.runtime.clock.set("2026-01-31T09:00:00Z")
    test.runtime.faults.next("reset", { when: "after" })
    const row = await test.aywa.assistants.create({ name: "Once" })
    assert.strictEqual(row.createdAt, "2026-01-31T09:00:00.000Z")
    assert.strictEqual(test.runtime.count("assistants"), 1)
    assert.deepStrictEqual(
      test.runtime.requests({ method: "POST" }).map(({ attempt, committed }) => [attempt, committed]),
      [
        [0, true],
        [1, false]
      ]
    )
  })

  it("rows that the runtime refuses stop the start, and nothing is left open", async () => {
    const error = await tagOf(startTestRuntime({ rows: { assistants: [{ name: "x".repeat(41) }] } }))
    assert.deepInclude({ ...Object(error) }, { operation: "assistants.create" })
  })

  it("rows of a table that there is not are refused, and the one that is meant is named", async () => {
    const error = await tagOf(startTestRuntime({ rows: { assistant: [{ name: "A" }] } as object }))
    assert.match(String(error), /rows: assistant is no table that can be seeded\. Did you mean assistants\?/)
  })

  it("a fault without what it needs is told what it takes", async () => {
    await using test = await startTestRuntime()
    for (const [name, takes] of [
      ["refuse", 'type: "refuse", ms'],
      ["latency", 'type: "latency", ms, sigma?'],
      ["status", 'type: "status", code, body?, retryAfter?, headers?'],
      ["hold", 'type: "hold", ms'],
      ["dribble", 'type: "dribble", bytesPerSecond'],
      ["redirect", 'type: "redirect", to, code?']
    ] as const) {
      for (const action of [name, { type: name }]) {
        let thrown: unknown
        try {
          test.runtime.faults.next(action as never)
        } catch (error) {
          thrown = error
        }
        assert.instanceOf(thrown, TypeError)
        assert.include(String(thrown), `The fault ${name} takes { ${takes} }: Missing key`)
      }
    }
  })

  it("nor is it after options that the client refuses", async () => {
    const port = Number(new URL(await closedPort()).port)
    assert.strictEqual(Object(await tagOf(startTestRuntime({ port, client: { timeout: -1 } })))._tag, "AywaConfigError")
    await using again = await startTestRuntime({ port })
    assert.include(again.runtime.baseUrl, String(port))
  })
})

describe("layer", () => {
  it.live("every service, its configuration, and the runtime", () =>
    Effect.gen(function* () {
      const assistants = yield* Assistants.Assistants
      const runtime = yield* LocalRuntime
      runtime.faults.next({ type: "status", code: 503 })
      const error = yield* Effect.flip(assistants.list())
      assert.strictEqual(error._tag, "ServerError")
      assert.deepStrictEqual(
        (yield* assistants.list()).items.map((row) => row.name),
        ["Seeded"]
      )
    }).pipe(Effect.provide(layer({ rows: { assistants: [{ name: "Seeded" }] }, policy: Policy.noRetry })))
  )
})
