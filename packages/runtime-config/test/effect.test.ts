/** The Effect face: the same steps, with what went wrong in the error channel. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { assert, describe, it } from "@effect/vitest"
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
  it.live("a folder is read, planned, applied and pulled", () =>
    Effect.gen(function* () {
      const { aywa, runtime } = yield* Effect.promise(() => start())
      const folder = makeFolder({ "assistants/desk.yaml": "name: Desk\n" })
      const config = yield* readConfig(folder)
      assert.lengthOf((yield* applyPlan(aywa, config, yield* planConfig(aywa, config))).applied, 1)
      const again = yield* readConfig(folder)
      assert.lengthOf((yield* pullConfig(aywa, again)).written, 0)
      assert.isTrue((yield* findDrift(aywa, again)).ok)
      write(folder, { "assistants/desk.yaml": "name: Front desk\n" })
      assert.lengthOf((yield* pushConfig(aywa, yield* readConfig(folder))).applied, 1)
      const back = yield* planRollback(aywa, yield* readConfig(folder))
      assert.strictEqual(back.counts.update, 1)
      const [{ id = "" } = {}] = back.steps
      const adopted = yield* adoptRow(aywa, yield* readConfig(folder), "assistants/desk", id)
      assert.strictEqual(adopted.differences, 0)
      assert.strictEqual(runtime.count("assistants"), 1)
    })
  )

  it.live("refusals of files and of the client fail with their tags, and nothing else is swallowed", () =>
    Effect.gen(function* () {
      const folder = makeFolder({ "assistants/desk.yaml": "a: [" })
      assert.strictEqual((yield* Effect.flip(readConfig(folder)))._tag, "RuntimeConfigError")
      write(folder, { "assistants/desk.yaml": "name: Desk\n" })
      const nobody = new AywaRuntimeClient({ baseUrl: "http://127.0.0.1:1", apiKey: "k", retries: 0 })
      const config = yield* readConfig(folder)
      assert.strictEqual((yield* Effect.flip(planConfig(nobody, config)))._tag, "ConnectionError")
      const broken = { assistants: undefined } as unknown as AywaRuntimeClient // A caller's own mistake.
      const exit = yield* Effect.exit(planConfig(broken, config))
      assert.isTrue(Exit.isFailure(exit) && Exit.hasDies(exit))
    })
  )
})
