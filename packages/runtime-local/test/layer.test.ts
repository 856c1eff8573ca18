import * as Effect from "effect/Effect"
import { assert, it } from "@effect/vitest"
import { LocalRuntime } from "../src/index.ts"
import { clientOf, failure } from "./support.ts"

it.live("LocalRuntime.layer gives the handle, and closes it with its scope", () =>
  Effect.gen(function* () {
    const program = Effect.gen(function* () {
      const runtime = yield* LocalRuntime
      const { status } = yield* Effect.promise(() => clientOf(runtime).call("POST", "/assistant", { name: "A" }))
      assert.deepStrictEqual([status, runtime.count("assistants")], [201, 1])
      return runtime.baseUrl
    })
    const baseUrl = yield* Effect.provide(program, LocalRuntime.layer({ organization: "org_1" }))
    const lost = yield* Effect.promise(() => failure(fetch(`${baseUrl}/health`)))
    assert.strictEqual(lost, "fetch failed: ECONNREFUSED")
  })
)
