/** The Effect face: the same steps, with what went wrong in the error channel. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { assert, describe, it } from "vitest"
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import {
  adoptRow,
  applyPlan,
  findDrift,
  planConfig,
  planRollback,
  pullConfig,
  pushConfig,
  readConfig
} from "../src/effect.ts"
import { makeFolder, start, write } from "./support.ts"

describe("as Effects", () => {
  it("a folder is read, planned, applied and pulled", async () => {
    const { aywa, runtime } = await start()
    const folder = makeFolder({ "assistants/desk.yaml": "name: Desk\n" })
    const program = Effect.gen(function* () {
      const config = yield* readConfig(folder)
      const report = yield* applyPlan(aywa, config, yield* planConfig(aywa, config))
      const again = yield* readConfig(folder)
      const { written } = yield* pullConfig(aywa, again)
      const { ok } = yield* findDrift(aywa, again)
      write(folder, { "assistants/desk.yaml": "name: Front desk\n" })
      const pushed = yield* pushConfig(aywa, yield* readConfig(folder))
      const back = yield* planRollback(aywa, yield* readConfig(folder))
      const [{ id = "" } = {}] = back.steps
      const adopted = yield* adoptRow(aywa, yield* readConfig(folder), "assistants/desk", id)
      return [report.applied.length, written.length, ok, pushed.applied.length, back.counts.update, adopted.differences]
    })
    assert.deepStrictEqual(await Effect.runPromise(program), [1, 0, true, 1, 1, 0])
    assert.strictEqual(runtime.count("assistants"), 1)
  })

  it("refusals of files and of the client fail with their tags, and nothing else is swallowed", async () => {
    const folder = makeFolder({ "assistants/desk.yaml": "a: [" })
    const tag = (effect: Effect.Effect<unknown, { readonly _tag: string }>) =>
      Effect.runPromise(Effect.flip(effect)).then(({ _tag }) => _tag)
    assert.strictEqual(await tag(readConfig(folder)), "RuntimeConfigError")
    write(folder, { "assistants/desk.yaml": "name: Desk\n" })
    const nobody = new AywaRuntimeClient({ baseUrl: "http://127.0.0.1:1", apiKey: "k", retries: 0 })
    const config = await Effect.runPromise(readConfig(folder))
    assert.strictEqual(await tag(planConfig(nobody, config)), "ConnectionError")
    const broken = { assistants: undefined } as unknown as AywaRuntimeClient // A caller's own mistake.
    const exit = await Effect.runPromiseExit(planConfig(broken, config))
    assert.isTrue(Exit.isFailure(exit) && Exit.hasDies(exit))
  })
})
