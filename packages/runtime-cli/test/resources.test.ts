import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { clientOf, errorOf, run, startRuntime, temporaryFolder } from "./support.ts"

describe("resource commands", () => {
  it("create, get, update, list and delete a row", async () => {
    const { runtime, env } = await startRuntime()
    const created = await run(["assistants", "create", "-"], { env, stdin: JSON.stringify({ name: "Desk" }) })
    expect(created).toMatchObject({ code: 0, json: { name: "Desk", orgId: runtime.organizationId }, stderr: "" })
    const { id } = created.json
    expect((await run(["assistants", "get", id], { env })).json).toEqual(created.json)
    const updated = await run(["assistants", "update", id, "--set", "firstMessage=Hello"], { env })
    expect(updated.json).toMatchObject({ id, name: "Desk", firstMessage: "Hello" })
    const listed = await run(["assistants", "list"], { env })
    expect(listed.json).toEqual({ items: [updated.json], nextCursor: null })
    const deleted = await run(["assistants", "delete", id, "--yes"], { env })
    expect([deleted.code, deleted.json.id, runtime.count("assistants")]).toEqual([0, id, 0])
  })

  it("read a body from a YAML file, with --set on top", async () => {
    const { env } = await startRuntime()
    const file = join(temporaryFolder(), "assistant.yaml")
    writeFileSync(file, "name: Desk\nmodel:\n  provider: openai\n  model: gpt-4.1\nmetadata:\n  tags: [a]\n")
    const args = ["assistants", "create", file, "--set", "model.model=gpt-4.1-mini", "--set", "metadata.tags.1=b"]
    const { json } = await run(args, { env })
    expect(json).toMatchObject({
      name: "Desk",
      model: { provider: "openai", model: "gpt-4.1-mini" },
      metadata: { tags: ["a", "b"] }
    })
  })

  it("create one row for one idempotency key", async () => {
    const { runtime, env } = await startRuntime()
    const args = ["tools", "create", "--set", "type=endCall", "--idempotency-key", "order-4711"]
    const [first, second] = [await run(args, { env }), await run(args, { env })]
    expect([first.code, second.json.id, runtime.count("tools")]).toEqual([0, first.json.id, 1])
  })

  it("walk every page with --all, and one with --limit", async () => {
    const { env } = await startRuntime({ listShape: 2 })
    for (const n of [1, 2, 3]) await clientOf(env).assistants.create({ name: `A${n}` })
    const one = await run(["assistants", "list", "--limit", "2"], { env })
    expect(one.json.items.map((row: { name: string }) => row.name)).toEqual(["A3", "A2"])
    const all = await run(["assistants", "list", "--limit", "1", "--all"], { env })
    expect(all.json).toMatchObject({ items: [{ name: "A3" }, { name: "A2" }, { name: "A1" }], nextCursor: null })
  })

  it("show tables as text, with the columns that are asked for", async () => {
    const { env } = await startRuntime()
    const { json } = await run(["assistants", "create", "--set", "name=Désk 日本"], { env })
    const table = await run(["assistants", "list", "--no-json", "--columns", "name,id"], { env })
    expect(table.stdout).toBe(`NAME       ID\nDésk 日本  ${json.id}\n`)
    const long = "x".repeat(400)
    await run(["assistants", "update", json.id, "--set", `firstMessage=${long}`], { env })
    const whole = await run(["assistants", "list", "--no-json", "--columns", "firstMessage"], { env })
    expect(whole.stdout).toBe(`FIRST MESSAGE\n${long}\n`)
    const empty = await run(["phone-numbers", "list", "--no-json"], { env })
    expect(empty.stdout).toBe("There are no phone numbers.\n")
  })

  it("show control characters of a row instead of obeying them", async () => {
    const { env } = await startRuntime()
    await run(["assistants", "create", "-"], { env, stdin: JSON.stringify({ name: "a\u001b[2Jb\u202Ec" }) })
    const { stdout } = await run(["assistants", "list", "--no-json", "--columns", "name"], { env })
    expect(stdout).toBe("NAME\na\\u001b[2Jb\\u202ec\n")
  })

  it("do not delete without an answer, and say how", async () => {
    const { runtime, env } = await startRuntime()
    const { json } = await run(["assistants", "create", "--set", "name=Desk"], { env })
    const refused = await run(["assistants", "delete", json.id, "--json"], { env })
    expect(refused.code).toBe(2)
    expect(errorOf(refused).hint).toContain("--yes")
    expect(runtime.count("assistants")).toBe(1)
  })

  it("upload a file and write its content back, byte for byte", async () => {
    const { env } = await startRuntime()
    const folder = temporaryFolder()
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, n) => (n * 7) % 256))
    writeFileSync(join(folder, "prices.bin"), bytes)
    const uploaded = await run(["files", "upload", join(folder, "prices.bin"), "--set", "purpose=assistant"], { env })
    expect([uploaded.stderr, uploaded.code]).toEqual(["", 0])
    expect(uploaded.json).toMatchObject({ bytes: 70_000, purpose: "assistant" })
    const out = join(folder, "back.bin")
    const { json } = await run(["files", "content", uploaded.json.id, "--output", out], { env })
    expect([json.bytes, readFileSync(out).equals(bytes)]).toEqual([70_000, true])
  })

  it("show what happened in a call, with its times", async () => {
    const { env } = await startRuntime()
    const { json } = await run(["calls", "create-web", "--set", "assistant.name=Desk"], { env })
    const { stdout } = await run(["calls", "timeline", json.id, "--no-json"], { env })
    expect(stdout).toMatch(/^CREATED AT +TYPE +STATUS +DATA\n\d{4}-\d{2}-\d{2}T\S+ +status-update +queued +\{/)
    expect((await run(["calls", "logs", json.id, "--no-json"], { env })).stdout).toMatch(
      /^CREATED AT +LEVEL +MESSAGE\n/
    )
  })

  it("reach operations, as JSON and as plain text", async () => {
    const { env } = await startRuntime()
    expect((await run(["operations", "health"], { env })).json).toMatchObject({ status: "ok" })
  })
})

describe("a body that is wrong", () => {
  it.each([
    ["an empty stdin", [], "", "stdin is empty"],
    ["a list", ["-"], "[1]", "not an object"],
    ["broken YAML", ["-"], "a: [1\nb: {", "neither JSON nor YAML (line"],
    ["a path without a value", ["--set", "name"], "", "has no value"],
    ["a prototype", ["--set", "__proto__.x=1"], "", "is not a path"],
    ["a hole in a list", ["--set", "serverMessages.0=a", "--set", "serverMessages.2=b"], "", "the list has 1 items"]
  ])("is refused before anything is sent: %s", async (_, args, stdin, message) => {
    const { runtime, env } = await startRuntime()
    const result = await run(["assistants", "create", ...args, "--json"], { env, stdin })
    expect([result.code, result.stdout]).toEqual([2, ""])
    expect(errorOf(result).message).toContain(message)
    expect(runtime.requests()).toEqual([])
  })

  it("names a file that is not there, or not JSON, without quoting it", async () => {
    const { env } = await startRuntime()
    const file = join(temporaryFolder(), "secret.json")
    expect(errorOf(await run(["assistants", "create", file, "--json"], { env })).message).toContain(
      `${file} cannot be read (ENOENT)`
    )
    writeFileSync(file, '{\n  "name": "hunter2" "x"}')
    const error = errorOf(await run(["assistants", "create", file, "--json"], { env }))
    expect(error.message).toContain("is not JSON (line 2, column 21)")
    expect(JSON.stringify(error)).not.toContain("hunter2")
  })
})
