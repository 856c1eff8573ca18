import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { errorOf, run, startRuntime, temporaryFolder } from "./support.ts"

const desk = "---\nname: Desk # the desk\nmodel: { provider: openai, model: gpt-4o }\n---\n\nBe brief.\n"

/** A folder with a configuration, and a runtime to push it to. */
const begin = async () => {
  const { runtime, env } = await startRuntime()
  const cwd = temporaryFolder()
  const config = (...args: ReadonlyArray<string>) => run(["config", ...args], { cwd, env })
  expect((await config("init", "--env", "test")).code).toBe(0)
  const file = join(cwd, "aywa/assistants/desk.md")
  writeFileSync(file, desk)
  return { runtime, env, cwd, config, file }
}

describe("config", () => {
  it("goes from init over plan and push to pull, with exit codes for scripts", async () => {
    const { runtime, config, file, cwd, env } = await begin()
    expect(readFileSync(join(cwd, ".gitignore"), "utf8")).toBe(".aywa/\n")
    expect((await config("validate")).json).toEqual({ errors: [], warnings: [] })
    const planned = await config("plan", "--exit-code", "--out", "plan.json")
    expect([planned.code, planned.json.formatVersion, planned.json.counts.create]).toEqual([3, 1, 1])
    const unasked = await config("push", "--json")
    expect([unasked.code, errorOf(unasked).hint, runtime.count("assistants")]).toEqual([
      2,
      expect.stringContaining("--yes"),
      0
    ])
    const pushed = await config("push", "plan.json", "--yes")
    expect([pushed.code, pushed.json.applied.length]).toEqual([0, 1])
    const stale = await config("push", "plan.json", "--yes", "--json")
    expect([stale.code, errorOf(stale).code]).toEqual([6, "Conflict"])
    expect((await config("plan", "--exit-code")).code).toBe(0)
    expect((await config("drift")).code).toBe(0)
    const { id } = runtime.rows("assistants")[0] ?? { id: "" }
    await run(["assistants", "update", id, "--set", "firstMessage=Hi"], { cwd, env })
    expect((await config("drift")).code).toBe(1)
    writeFileSync(file, desk.replace("brief", "very brief"))
    const refused = await config("push", "--yes", "--json")
    expect([refused.code, errorOf(refused).message]).toEqual([
      6,
      expect.stringContaining("config pull assistants/desk")
    ])
    expect((await config("pull")).json.written).toEqual([
      { address: "assistants/desk", file: "assistants/desk.md", change: "merged" }
    ])
    expect(readFileSync(file, "utf8")).toBe(
      desk.replace("brief", "very brief").replace("# the desk\n", "# the desk\nfirstMessage: Hi\n")
    )
    const text = await config("plan", "--no-json", "--no-color")
    expect(text.stdout).toContain('model.messages[0].content: "Be brief." -> "Be very brief."')
    expect((await config("plan", "--markdown")).stdout).toContain("<details>")
    expect((await config("push", "--yes")).code).toBe(0)
    expect((await config("rollback", "--yes")).json.applied).toEqual([
      { action: "update", address: "assistants/desk", id }
    ])
  }, 120_000)

  it("deletes only with the organization's id, and never a row that somebody changed", async () => {
    const { runtime, config, file, env } = await begin()
    await config("push", "--yes")
    rmSync(file)
    expect((await config("push", "--yes")).json.applied).toEqual([])
    const unconfirmed = await config("push", "--prune", "--yes", "--json")
    expect([unconfirmed.code, errorOf(unconfirmed).hint]).toEqual([
      2,
      expect.stringContaining("--confirm-organization")
    ])
    expect((await config("push", "--prune", "--confirm-organization", "other")).code).toBe(2)
    const { id } = runtime.rows("assistants")[0] ?? { id: "" }
    await run(["assistants", "update", id, "--set", "firstMessage=Hi"], { env })
    const changed = await config("push", "--prune", "--confirm-organization", runtime.organizationId)
    expect([changed.code, runtime.count("assistants")]).toEqual([6, 1])
    await run(["assistants", "update", id, "--set", "firstMessage=null"], { env })
    const gone = await config("push", "--prune", "--confirm-organization", runtime.organizationId)
    expect([gone.code, runtime.count("assistants")]).toEqual([0, 0])
  }, 120_000)

  it("stops with 8 when an answer is lost, and the same command goes on", async () => {
    const { runtime, config } = await begin()
    runtime.faults.add({ match: { method: "POST" }, action: "reset", when: "after", times: 10 })
    const lost = await config("push", "--yes", "--json")
    expect([lost.code, errorOf(lost).code]).toEqual([8, "MaybeApplied"])
    runtime.faults.clear()
    expect((await config("push", "--yes")).code).toBe(0)
    expect([runtime.count("assistants"), (await config("plan")).json.counts.unchanged]).toEqual([1, 1])
  }, 120_000)

  it("says what is wrong with files: 2, with file and path", async () => {
    const { config, cwd } = await begin()
    writeFileSync(join(cwd, "aywa/assistants/desk.md"), "---\nserverUrlSecret: literal\n---\n")
    const wrong = await config("validate")
    expect([wrong.code, wrong.json.errors[0].path]).toEqual([2, "serverUrlSecret"])
    const elsewhere = await run(["config", "plan", "--dir", "nowhere", "--json"], { cwd })
    expect([elsewhere.code, errorOf(elsewhere).message]).toEqual([2, expect.stringContaining("config init")])
    expect(existsSync(join(cwd, "nowhere"))).toBe(false)
  }, 60_000)
})
