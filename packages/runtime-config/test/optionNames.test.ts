/** With a misspelt option a step would do something else than was meant: `onyl` would push everything. */
import { assert, describe, it } from "vitest"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import * as Config from "../src/index.ts"
import { makeFolder, open, problemsOf, reasonOf, start } from "./support.ts"

const misspelt = { onyl: ["assistants/desk"] } as object

describe("options that nobody reads are refused, and nothing is sent", () => {
  it("by every function", async () => {
    const { aywa, runtime } = await start()
    const folder = makeFolder({ "assistants/desk.yaml": "name: Desk\n" })
    const config = open(folder)
    const plan = await Config.planConfig(aywa, config)
    const asked = runtime.requests().length
    const steps: Readonly<Record<string, () => unknown>> = {
      readConfig: () => Config.readConfig(folder, misspelt),
      planConfig: () => Config.planConfig(aywa, config, misspelt),
      findDrift: () => Config.findDrift(aywa, config, misspelt),
      applyPlan: () => Config.applyPlan(aywa, config, plan, misspelt),
      pushConfig: () => Config.pushConfig(aywa, config, misspelt),
      "pushConfig's plan": () => Config.pushConfig(aywa, config, { plan: misspelt }),
      pullConfig: () => Config.pullConfig(aywa, config, misspelt),
      adoptRow: () => Config.adoptRow(aywa, config, "assistants/desk", "an-id", misspelt),
      planRollback: () => Config.planRollback(aywa, config, misspelt),
      initConfig: () => Config.initConfig(folder, misspelt),
      fromGitops: () => Config.fromGitops(folder, { from: folder, ...misspelt })
    }
    for (const [name, run] of Object.entries(steps)) {
      const [problem] = problemsOf(await reasonOf(async () => run()))
      assertMatches([name, problem?.detail], [name, /^onyl is not an option\. /])
    }
    assert.strictEqual(runtime.requests().length, asked)
    assert.strictEqual(runtime.count("assistants"), 0)
  })

  it("and say what was meant", async () => {
    const { aywa } = await start()
    const reason = await reasonOf(Config.planConfig(aywa, open(makeFolder({})), { prunes: true } as object))
    assertMatches(problemsOf(reason), [{ file: "planConfig", detail: "prunes is not an option. Did you mean prune?" }])
  })
})
