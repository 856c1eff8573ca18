import { contract, specOf } from "@aywa-ai/runtime-sdk/contract"
import { assert, describe, it } from "vitest"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import { start } from "./support.ts"

const byo = { provider: "vapi", number: "+14155550100" }

describe("create, read, update, delete", () => {
  it("creates with 201 and reads the same bytes back", async () => {
    const { call, runtime } = await start()
    const created = await call("POST", "/assistant", { name: "Front desk", metadata: { a: [1, null] } })
    assert.strictEqual(created.status, 201)
    assertMatches(created.body, {
      name: "Front desk",
      orgId: runtime.organizationId,
      metadata: { a: [1, null] }
    })
    assert.match(created.body.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    const read = await call("GET", `/assistant/${created.body.id}`)
    assert.strictEqual(read.status, 200)
    assert.strictEqual(read.text, created.text)
    assert.strictEqual(read.headers.get("etag"), '"1"')
  })

  it("patches shallowly: nested objects are replaced whole, null is kept, absent keys stay", async () => {
    const { call } = await start()
    const { body: row } = await call("POST", "/assistant", {
      name: "A",
      firstMessage: "Hello",
      model: { provider: "openai", model: "gpt-4o", temperature: 0.3 }
    })
    const patched = await call("PATCH", `/assistant/${row.id}`, { firstMessage: null, model: { provider: "xai" } })
    assert.strictEqual(patched.status, 200)
    assertMatches(patched.body, { name: "A", firstMessage: null, createdAt: row.createdAt })
    assert.deepStrictEqual(patched.body.model, { provider: "xai" })
    assert.strictEqual(patched.headers.get("etag"), '"2"')
  })

  it("deletes with 200 and the row, and 404 from then on", async () => {
    const { call } = await start()
    const { body: row } = await call("POST", "/tool", { type: "endCall" })
    const deleted = await call("DELETE", `/tool/${row.id}`)
    assert.deepStrictEqual([deleted.status, deleted.body], [200, row])
    assert.strictEqual((await call("GET", `/tool/${row.id}`)).status, 404)
    assert.strictEqual((await call("PATCH", `/tool/${row.id}`, {})).status, 404)
    assert.strictEqual((await call("DELETE", `/tool/${row.id}`)).status, 404)
  })

  it("keeps nested keys that the contract does not know", async () => {
    const { call } = await start()
    const model = { provider: "openai", model: "gpt-4o", tomorrow: { deep: true } }
    assert.deepStrictEqual((await call("POST", "/assistant", { model })).body.model, model)
  })

  it("serves every operation of the contract table that is plain CRUD", async () => {
    const { call } = await start()
    const names = new Set(["list", "get", "create", "update", "delete"])
    // Made by importing and by sending events, not by writing rows.
    const { imports: _imports, webhookLogs: _webhookLogs, ...rows } = contract
    const operations = Object.values(rows).flatMap((group) =>
      Object.entries(group).flatMap(([name, operation]) => (names.has(name) ? [specOf(operation)] : []))
    )
    for (const { method, path } of operations) {
      const hasBody = method === "POST" || method === "PATCH"
      const { status } = await call(method, path.replace(":id", "nobody"), hasBody ? {} : undefined)
      assert.include([200, 201, 400, 404], status, `${method} ${path}`)
      assert.isTrue(status === 404 ? path.includes(":id") : true, `${method} ${path}`)
    }
  })

  it("answers If-Match with 412 when the row changed since it was read", async () => {
    const { call } = await start()
    const { body: row } = await call("POST", "/assistant", { name: "A" })
    const headers = { "if-match": '"1"' }
    assert.strictEqual((await call("PATCH", `/assistant/${row.id}`, { name: "B" }, { headers })).status, 200)
    const late = await call("PATCH", `/assistant/${row.id}`, { name: "C" }, { headers })
    assert.deepStrictEqual([late.status, late.body.code], [412, "precondition_failed"])
    assert.strictEqual((await call("DELETE", `/assistant/${row.id}`, undefined, { headers })).status, 412)
  })
})

describe("validation", () => {
  const refused: ReadonlyArray<[string, string, unknown, ReadonlyArray<string>]> = [
    ["an unknown key", "/assistant", { name: "A", nmae: 1 }, ["property nmae should not exist"]],
    [
      "keys that the runtime owns",
      "/assistant",
      { id: "x", orgId: "y", createdAt: "z" },
      ["property id should not exist", "property orgId should not exist", "property createdAt should not exist"]
    ],
    ["a wrong type", "/assistant", { name: 1 }, ["name: "]],
    [
      "a wrong type deep inside",
      "/assistant",
      { model: { provider: "x", messages: [{ role: 1 }] } },
      ["model.messages.0.role: "]
    ],
    ["a limit", "/assistant", { name: "x".repeat(41) }, ["name: "]],
    ["what a provider needs", "/phone-number", { provider: "twilio" }, ["number: ", "twilioAccountSid: "]],
    [
      "a number that is not E.164",
      "/phone-number",
      { ...byo, provider: "byo-phone-number", credentialId: "t", number: "0123456" },
      ["number: "]
    ],
    ["a missing field", "/tool", {}, ["type: "]],
    ["what a type needs", "/tool", { type: "apiRequest", method: "GET" }, ["url: "]],
    ["a key named __proto__", "/assistant", '{"__proto__":{"name":"x"}}', ["property __proto__ should not exist"]],
    ["an array", "/assistant", [], ["body: "]],
    ["a string", "/assistant", '"x"', ["body: "]]
  ]
  it.each(refused)("refuses %s with 400 and a message for each path", async (_, path, body, expected) => {
    const { call, runtime } = await start()
    const { status, body: answer } = await call("POST", path, body)
    assert.deepStrictEqual([status, answer.error, answer.statusCode], [400, "Bad Request", 400])
    for (const text of expected) {
      assert.isTrue(
        answer.message.some((message: string) => message.startsWith(text)),
        `${answer.message}`
      )
    }
    assert.isFalse(runtime.requests().at(-1)?.committed)
    assert.strictEqual(runtime.count("assistants") + runtime.count("phoneNumbers") + runtime.count("tools"), 0)
  })

  it("refuses keys of the runtime on PATCH too, and accepts what the row has", async () => {
    const { call, runtime } = await start()
    const { body: row } = await call("POST", "/phone-number", byo)
    assert.strictEqual(row.status, "active")
    const { id, orgId, createdAt, updatedAt, ...rest } = row
    const back = await call("PATCH", `/phone-number/${id}`, { ...rest, name: "Main" })
    assert.deepStrictEqual([back.status, back.body.name, back.body.status], [200, "Main", "active"])
    const refused = await call("PATCH", `/phone-number/${id}`, { id, orgId, createdAt, updatedAt, unknown: 1 })
    assert.strictEqual(refused.status, 400)
    assert.lengthOf(refused.body.message, 5)
    assert.deepStrictEqual(runtime.rows("phoneNumbers"), [back.body])
  })

  it("checks limits on create only: a stored row may break them", async () => {
    const { call } = await start()
    const { body: row } = await call("POST", "/assistant", { name: "A" })
    const name = "x".repeat(80)
    assert.strictEqual((await call("PATCH", `/assistant/${row.id}`, { name })).body.name, name)
    assert.strictEqual((await call("PATCH", `/assistant/${row.id}`, { name: 1 })).status, 400)
  })

  it("accepts unknown keys with strict: false, but never those of the runtime", async () => {
    const { call } = await start({ strict: false })
    assert.strictEqual((await call("POST", "/assistant", { tomorrow: 1 })).body.tomorrow, 1)
    assert.strictEqual((await call("POST", "/assistant", { id: "x" })).status, 400)
    assert.strictEqual((await call("GET", "/assistant?tomorrow=1")).status, 200)
  })
})

describe("rules of resources", () => {
  it("does not delete an assistant while a phone number is bound to it", async () => {
    const { call } = await start()
    const { body: assistant } = await call("POST", "/assistant", { name: "A" })
    const { body: number } = await call("POST", "/phone-number", { ...byo, assistantId: assistant.id })
    const refused = await call("DELETE", `/assistant/${assistant.id}`)
    assert.strictEqual(refused.status, 409)
    assertMatches(refused.body, { statusCode: 409, error: "assistant_pinned", code: "assistant_pinned" })
    await call("PATCH", `/phone-number/${number.id}`, { assistantId: null })
    assert.strictEqual((await call("DELETE", `/assistant/${assistant.id}`)).status, 200)
  })

  it("does not delete a tool while an assistant uses it", async () => {
    const { call } = await start()
    const { body: tool } = await call("POST", "/tool", { type: "endCall" })
    const { body: second } = await call("POST", "/tool", { type: "endCall" })
    const model = { provider: "openai", model: "gpt-4o", toolIds: [second.id, tool.id] }
    const { body: assistant } = await call("POST", "/assistant", { model })
    await call("POST", "/assistant", { model: { provider: "openai", model: "gpt-4o", toolIds: null } })
    const refused = await call("DELETE", `/tool/${tool.id}`)
    assert.deepStrictEqual([refused.status, refused.body.error, refused.body.code], [409, "tool_pinned", "tool_pinned"])
    await call("DELETE", `/assistant/${assistant.id}`)
    const byRef = { provider: "openai", model: "gpt-4o", toolRefs: [{ toolId: tool.id, version: "v1" }] }
    const { body: other } = await call("POST", "/assistant", { model: byRef })
    assert.strictEqual((await call("DELETE", `/tool/${tool.id}`)).body.code, "tool_pinned")
    await call("DELETE", `/assistant/${other.id}`)
    assert.strictEqual((await call("DELETE", `/tool/${tool.id}`)).status, 200)
  })

  it("has a phone number once in an organization", async () => {
    const { call, runtime } = await start()
    const { body: first } = await call("POST", "/phone-number", byo)
    const twin = await call("POST", "/phone-number", byo)
    assert.deepStrictEqual([twin.status, twin.body.code, twin.body.error], [409, "duplicate_number", "Conflict"])
    const { body: second } = await call("POST", "/phone-number", { ...byo, number: "+14155550101" })
    const moved = await call("PATCH", `/phone-number/${second.id}`, { number: byo.number })
    assert.deepStrictEqual([moved.status, moved.body.code], [409, "duplicate_number"])
    assert.strictEqual((await call("PATCH", `/phone-number/${first.id}`, { number: byo.number })).status, 200)
    const other = runtime.addKey({ organization: "org_2" })
    assert.strictEqual((await call("POST", "/phone-number", byo, { apiKey: other.key })).status, 201)
    await call("DELETE", `/phone-number/${first.id}`)
    assert.strictEqual((await call("POST", "/phone-number", byo)).status, 201)
  })

  it("takes secrets and never gives them back", async () => {
    const { call, runtime } = await start()
    const body = { provider: "twilio", number: "+14155550100", twilioAccountSid: "AC1", twilioAuthToken: "s3cret" }
    const { text, body: row } = await call("POST", "/phone-number", body)
    const { text: patched } = await call("PATCH", `/phone-number/${row.id}`, { twilioAuthToken: "s3cret-2", name: "N" })
    const { text: listed } = await call("GET", "/phone-number")
    assert.notInclude(text + patched + listed + JSON.stringify(runtime.rows("phoneNumbers")), "s3cret")
    assert.strictEqual(row.twilioAccountSid, "AC1")
  })
})
