import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import { clientOf, errorOf, run, startRuntime, temporaryFolder } from "./support.ts"

describe("resource commands", () => {
  it("create, get, update, list and delete a row", async () => {
    const { runtime, env } = await startRuntime()
    const created = await run(["assistants", "create", "-"], { env, stdin: JSON.stringify({ name: "Desk" }) })
    assertMatches(created, { code: 0, json: { name: "Desk", orgId: runtime.organizationId }, stderr: "" })
    const { id } = created.json
    assert.deepStrictEqual((await run(["assistants", "get", id], { env })).json, created.json)
    const updated = await run(["assistants", "update", id, "--set", "firstMessage=Hello"], { env })
    assertMatches(updated.json, { id, name: "Desk", firstMessage: "Hello" })
    const listed = await run(["assistants", "list"], { env })
    assert.deepStrictEqual(listed.json, { items: [updated.json], nextCursor: null })
    const deleted = await run(["assistants", "delete", id, "--yes"], { env })
    assert.deepStrictEqual([deleted.code, deleted.json.id, runtime.count("assistants")], [0, id, 0])
  })

  it("read a body from a YAML file, with --set on top", async () => {
    const { env } = await startRuntime()
    const file = join(temporaryFolder(), "assistant.yaml")
    writeFileSync(file, "name: Desk\nmodel:\n  provider: openai\n  model: gpt-4.1\nmetadata:\n  tags: [a]\n")
    const args = ["assistants", "create", file, "--set", "model.model=gpt-4.1-mini", "--set", "metadata.tags.1=b"]
    const { json } = await run(args, { env })
    assertMatches(json, {
      name: "Desk",
      model: { provider: "openai", model: "gpt-4.1-mini" },
      metadata: { tags: ["a", "b"] }
    })
  })

  it("create one row for one idempotency key", async () => {
    const { runtime, env } = await startRuntime()
    const args = ["tools", "create", "--set", "type=endCall", "--idempotency-key", "order-4711"]
    const [first, second] = [await run(args, { env }), await run(args, { env })]
    assert.deepStrictEqual([first.code, second.json.id, runtime.count("tools")], [0, first.json.id, 1])
  })

  it("walk every page with --all, and one with --limit", async () => {
    const { env } = await startRuntime({ listShape: 2 })
    for (const n of [1, 2, 3]) await clientOf(env).assistants.create({ name: `A${n}` })
    const one = await run(["assistants", "list", "--limit", "2"], { env })
    assert.deepStrictEqual(
      one.json.items.map((row: { name: string }) => row.name),
      ["A3", "A2"]
    )
    const all = await run(["assistants", "list", "--limit", "1", "--all"], { env })
    assertMatches(all.json, { items: [{ name: "A3" }, { name: "A2" }, { name: "A1" }], nextCursor: null })
  })

  it("show tables as text, with the columns that are asked for", async () => {
    const { env } = await startRuntime()
    const { json } = await run(["assistants", "create", "--set", "name=Désk 日本"], { env })
    const table = await run(["assistants", "list", "--no-json", "--columns", "name,id"], { env })
    assert.strictEqual(table.stdout, `NAME       ID\nDésk 日本  ${json.id}\n`)
    const long = "x".repeat(400)
    await run(["assistants", "update", json.id, "--set", `firstMessage=${long}`], { env })
    const whole = await run(["assistants", "list", "--no-json", "--columns", "firstMessage"], { env })
    assert.strictEqual(whole.stdout, `FIRST MESSAGE\n${long}\n`)
    const empty = await run(["phone-numbers", "list", "--no-json"], { env })
    assert.strictEqual(empty.stdout, "There are no phone numbers.\n")
  })

  it("show control characters of a row instead of obeying them", async () => {
    const { env } = await startRuntime()
    await run(["assistants", "create", "-"], { env, stdin: JSON.stringify({ name: "a\u001b[2Jb\u202Ec" }) })
    const { stdout } = await run(["assistants", "list", "--no-json", "--columns", "name"], { env })
    assert.strictEqual(stdout, "NAME\na\\u001b[2Jb\\u202ec\n")
  })

  it("do not delete without an answer, and say how", async () => {
    const { runtime, env } = await startRuntime()
    const { json } = await run(["assistants", "create", "--set", "name=Desk"], { env })
    const refused = await run(["assistants", "delete", json.id, "--json"], { env })
    assert.strictEqual(refused.code, 2)
    assert.include(errorOf(refused).hint, "--yes")
    assert.strictEqual(runtime.count("assistants"), 1)
  })

  it("upload a file and write its content back, byte for byte", async () => {
    const { env } = await startRuntime()
    const folder = temporaryFolder()
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, n) => (n * 7) % 256))
    writeFileSync(join(folder, "prices.bin"), bytes)
    const uploaded = await run(["files", "upload", join(folder, "prices.bin"), "--set", "purpose=assistant"], { env })
    assert.deepStrictEqual([uploaded.stderr, uploaded.code], ["", 0])
    assertMatches(uploaded.json, { bytes: 70_000, purpose: "assistant" })
    const out = join(folder, "back.bin")
    const { json } = await run(["files", "content", uploaded.json.id, "--output", out], { env })
    assert.deepStrictEqual([json.bytes, readFileSync(out).equals(bytes)], [70_000, true])
  })

  it("show what happened in a call, with its times", async () => {
    const { env } = await startRuntime()
    const { json } = await run(["calls", "create-web", "--set", "assistant.name=Desk"], { env })
    const { stdout } = await run(["calls", "timeline", json.id, "--no-json"], { env })
    assert.match(stdout, /^CREATED AT +TYPE +STATUS +DATA\n\d{4}-\d{2}-\d{2}T\S+ +status-update +queued +\{/)
    assert.match((await run(["calls", "logs", json.id, "--no-json"], { env })).stdout, /^CREATED AT +LEVEL +MESSAGE\n/)
  })

  it("reach operations, as JSON and as plain text", async () => {
    const { env } = await startRuntime()
    assertMatches((await run(["operations", "health"], { env })).json, { status: "ok" })
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
    assert.deepStrictEqual([result.code, result.stdout], [2, ""])
    assert.include(errorOf(result).message, message)
    assert.deepStrictEqual(runtime.requests(), [])
  })

  it("names a file that is not there, or not JSON, without quoting it", async () => {
    const { env } = await startRuntime()
    const file = join(temporaryFolder(), "secret.json")
    assert.include(
      errorOf(await run(["assistants", "create", file, "--json"], { env })).message,
      `${file} cannot be read (ENOENT)`
    )
    writeFileSync(file, '{\n  "name": "hunter2" "x"}')
    const error = errorOf(await run(["assistants", "create", file, "--json"], { env }))
    assert.include(error.message, "is not JSON (line 2, column 21)")
    assert.notInclude(JSON.stringify(error), "hunter2")
  })
})
