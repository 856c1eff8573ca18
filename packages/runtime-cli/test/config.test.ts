import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import { errorOf, run, startRuntime, temporaryFolder } from "./support.ts"

const desk = "---\nname: Desk # the desk\nmodel: { provider: openai, model: gpt-4o }\n---\n\nBe brief.\n"

/** A folder with a configuration, and a runtime to push it to. */
const begin = async () => {
  const { runtime, env } = await startRuntime()
  const cwd = temporaryFolder()
  const config = (...args: ReadonlyArray<string>) => run(["config", ...args], { cwd, env })
  assert.strictEqual((await config("init", "--env", "test")).code, 0)
  const file = join(cwd, "aywa/assistants/desk.md")
  writeFileSync(file, desk)
  return { runtime, env, cwd, config, file }
}

describe("config", () => {
  it("goes from init over plan and push to pull, with exit codes for scripts", async () => {
    const { runtime, config, file, cwd, env } = await begin()
    assert.strictEqual(readFileSync(join(cwd, ".gitignore"), "utf8"), ".aywa/\n")
    assert.deepStrictEqual((await config("validate")).json, { errors: [], warnings: [] })
    const planned = await config("plan", "--exit-code", "--out", "plan.json")
    assert.deepStrictEqual([planned.code, planned.json.formatVersion, planned.json.counts.create], [3, 1, 1])
    const unasked = await config("push", "--json")
    assertMatches([unasked.code, errorOf(unasked).hint, runtime.count("assistants")], [2, /--yes/, 0])
    const pushed = await config("push", "plan.json", "--yes")
    assert.deepStrictEqual([pushed.code, pushed.json.applied.length], [0, 1])
    const stale = await config("push", "plan.json", "--yes", "--json")
    assert.deepStrictEqual([stale.code, errorOf(stale).code], [6, "Conflict"])
    assert.strictEqual((await config("plan", "--exit-code")).code, 0)
    assert.strictEqual((await config("drift")).code, 0)
    const { id } = runtime.rows("assistants")[0] ?? { id: "" }
    await run(["assistants", "update", id, "--set", "firstMessage=Hi"], { cwd, env })
    assert.strictEqual((await config("drift")).code, 1)
    writeFileSync(file, desk.replace("brief", "very brief"))
    const refused = await config("push", "--yes", "--json")
    assertMatches([refused.code, errorOf(refused).message], [6, /config pull assistants\/desk/])
    assert.deepStrictEqual((await config("pull")).json.written, [
      { address: "assistants/desk", file: "assistants/desk.md", change: "merged" }
    ])
    assert.strictEqual(
      readFileSync(file, "utf8"),
      desk.replace("brief", "very brief").replace("# the desk\n", "# the desk\nfirstMessage: Hi\n")
    )
    const text = await config("plan", "--no-json", "--no-color")
    assert.include(text.stdout, 'model.messages[0].content: "Be brief." -> "Be very brief."')
    assert.include((await config("plan", "--markdown")).stdout, "<details>")
    assert.strictEqual((await config("push", "--yes")).code, 0)
    assert.deepStrictEqual((await config("rollback", "--yes")).json.applied, [
      { action: "update", address: "assistants/desk", id }
    ])
  }, 120_000)

  it("deletes only with the organization's id, and never a row that somebody changed", async () => {
    const { runtime, config, file, env } = await begin()
    await config("push", "--yes")
    rmSync(file)
    assert.deepStrictEqual((await config("push", "--yes")).json.applied, [])
    const unconfirmed = await config("push", "--prune", "--yes", "--json")
    assertMatches([unconfirmed.code, errorOf(unconfirmed).hint], [2, /--confirm-organization/])
    assert.strictEqual((await config("push", "--prune", "--confirm-organization", "other")).code, 2)
    const { id } = runtime.rows("assistants")[0] ?? { id: "" }
    await run(["assistants", "update", id, "--set", "firstMessage=Hi"], { env })
    const changed = await config("push", "--prune", "--confirm-organization", runtime.organizationId)
    assert.deepStrictEqual([changed.code, runtime.count("assistants")], [6, 1])
    await run(["assistants", "update", id, "--set", "firstMessage=null"], { env })
    const gone = await config("push", "--prune", "--confirm-organization", runtime.organizationId)
    assert.deepStrictEqual([gone.code, runtime.count("assistants")], [0, 0])
  }, 120_000)

  it("stops with 8 when an answer is lost, and the same command goes on", async () => {
    const { runtime, config } = await begin()
    runtime.faults.add({ match: { method: "POST" }, action: "reset", when: "after", times: 10 })
    const lost = await config("push", "--yes", "--json")
    assert.deepStrictEqual([lost.code, errorOf(lost).code], [8, "MaybeApplied"])
    runtime.faults.clear()
    assert.strictEqual((await config("push", "--yes")).code, 0)
    assert.deepStrictEqual([runtime.count("assistants"), (await config("plan")).json.counts.unchanged], [1, 1])
  }, 120_000)

  it("says what is wrong with files: 2, with file and path", async () => {
    const { config, cwd } = await begin()
    writeFileSync(join(cwd, "aywa/assistants/desk.md"), "---\nserverUrlSecret: literal\n---\n")
    const wrong = await config("validate")
    assert.deepStrictEqual([wrong.code, wrong.json.errors[0].path], [2, "serverUrlSecret"])
    const elsewhere = await run(["config", "plan", "--dir", "nowhere", "--json"], { cwd })
    assertMatches([elsewhere.code, errorOf(elsewhere).message], [2, /config init/])
    assert.isFalse(existsSync(join(cwd, "nowhere")))
  }, 60_000)
})
