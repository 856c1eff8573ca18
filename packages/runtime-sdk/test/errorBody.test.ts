/** What errors say of the bodies of refusals, whoever wrote them. */
import { assert, describe, it } from "vitest"
import { readErrorBody } from "../src/call/errorBody.ts"
import { AywaRuntimeClient, ConflictError, fromJSON, InvalidRequest } from "../src/index.ts"
import { json, serve, tagOf } from "./support/server.ts"

const client = (baseUrl: string) => new AywaRuntimeClient({ baseUrl, apiKey: "canary-key-4711", retries: 0 })

describe("the messages and the code of", () => {
  const cases: ReadonlyArray<readonly [name: string, body: unknown, messages: ReadonlyArray<string>, code?: string]> = [
    ["this runtime", { error: "bad_limit", message: "limit is wrong" }, ["limit is wrong"], "bad_limit"],
    ["an inner error", { error: { message: "limit is wrong", code: "bad_limit" } }, ["limit is wrong"], "bad_limit"],
    ["a list of texts", { message: ["a is wrong", "b is wrong"], error: "Bad Request" }, ["a is wrong", "b is wrong"]],
    ["an error that is text", { error: "The limit is wrong." }, ["The limit is wrong."]],
    ["a list of errors", { errors: [{ field: "limit", message: "is wrong" }, "b"] }, ["limit: is wrong", "b"]],
    ["places and texts", { detail: [{ loc: ["query", "limit"], msg: "is wrong" }] }, ["query.limit: is wrong"]],
    ["a problem", { title: "Wrong", detail: "The limit is wrong" }, ["Wrong", "The limit is wrong"]],
    ["a message in a message", { message: { message: "limit is wrong", error: "Bad" } }, ["limit is wrong"]],
    ["a bare list", [{ message: "limit is wrong" }], ["limit is wrong"]],
    ["nothing", "x", []]
  ]
  for (const [name, body, messages, code] of cases) {
    it(`${name}`, () => {
      const read = readErrorBody(JSON.stringify(body), (text) => text)
      assert.deepStrictEqual(read.messages, messages)
      assert.strictEqual(read.code, code)
    })
  }

  it("a body nested without end", () => {
    const deep = `${'{"message":'.repeat(5000)}"x"${"}".repeat(5000)}`
    assert.deepStrictEqual(readErrorBody(deep, (text) => text).messages, [])
  })

  it("bodies nested without end in any field, whose plain fields are read", () => {
    const lists = `${"[".repeat(20_000)}1${"]".repeat(20_000)}`
    const errors = `${'{"error":'.repeat(20_000)}"x"${"}".repeat(20_000)}`
    for (const deep of [lists, errors]) {
      for (const field of ["data", "error", "errors", "detail"]) {
        const body = `{"message":"limit is wrong","code":"bad_limit","${field}":${deep}}`
        const read = readErrorBody(body, (text) => text)
        assert.deepStrictEqual(read, { messages: ["limit is wrong"], code: "bad_limit", details: undefined })
      }
    }
  })

  it("a code in any form", () => {
    for (const [code, told] of [
      ["resource.locked", "resource.locked"],
      ["UPPER_CASE", "UPPER_CASE"],
      ["E-12", "E-12"],
      [42, "42"],
      ["not a code", undefined]
    ] as const) {
      assert.strictEqual(readErrorBody(JSON.stringify({ code }), (text) => text).code, told)
      assert.strictEqual(readErrorBody(JSON.stringify({ error: { code } }), (text) => text).code, told)
    }
  })
})

it("a refusal's message and code stand on the error", async () => {
  const body = { error: { message: "limit is wrong", code: "bad_limit" } }
  await using server = await serve((_, response) => json(response, 400, body))
  const error = await tagOf(client(server.baseUrl).assistants.list())
  assert.instanceOf(error, InvalidRequest)
  assert.include(error.message, "limit is wrong")
  assert.strictEqual(error.code, "bad_limit")
})

it("the rest of a refusal's body is on the error, without the key, and crosses processes", async () => {
  const pinnedBy = [{ type: "phone-number", id: "a-number" }]
  const body = {
    error: "assistant_pinned",
    message: "pinned",
    pinnedBy,
    note: "canary-key-4711",
    auth: { token: "x1" }
  }
  await using server = await serve((_, response) => json(response, 409, body))
  const error = await tagOf(client(server.baseUrl).assistants.delete("a"))
  assert.instanceOf(error, ConflictError)
  assert.deepStrictEqual(error.details, { pinnedBy, note: "<redacted>", auth: { token: "<redacted>" } })
  assert.deepStrictEqual(fromJSON(JSON.parse(JSON.stringify(error)))?.toJSON()["details"], error.details)
})

it("what is no id is named, with what to write", async () => {
  const { assistants } = client("http://127.0.0.1:1")
  for (const [id, says] of [
    [["a"], /an array: call once for each id/],
    [Promise.resolve("a"), /a promise: await it first/],
    [{ id: "a", name: "b" }, /a row: give its id/],
    [() => "a", /a function: call it first/]
  ] as const) {
    assert.match(String(await tagOf(assistants.get(id as never))), says)
  }
})
