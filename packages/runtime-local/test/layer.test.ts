import * as Effect from "effect/Effect"
import { assert, it } from "vitest"
import { LocalRuntime } from "../src/index.ts"
import { clientOf, failure } from "./support.ts"

it("LocalRuntime.layer gives the handle, and closes it with its scope", async () => {
  const program = Effect.gen(function* () {
    const runtime = yield* LocalRuntime
    const { status } = yield* Effect.promise(() => clientOf(runtime).call("POST", "/assistant", { name: "A" }))
    return { status, count: runtime.count("assistants"), baseUrl: runtime.baseUrl }
  })
  const { status, count, baseUrl } = await Effect.runPromise(
    Effect.provide(program, LocalRuntime.layer({ organization: "org_1" }))
  )
  assert.deepStrictEqual([status, count], [201, 1])
  assert.strictEqual(await failure(fetch(`${baseUrl}/health`)), "fetch failed: ECONNREFUSED")
})
