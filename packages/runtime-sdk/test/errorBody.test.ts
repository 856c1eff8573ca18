/** What errors say of the bodies of refusals, whoever wrote them. */
import { inspect } from "node:util"
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

describe("a refusal that repeats the request's body", () => {
  const destination = { type: "number", number: "+14155550123", callerId: "+14155550124", message: "One moment please" }
  const sent = { name: "Front desk", firstMessage: "Good afternoon, this is the front desk.", destination }
  const refusals: ReadonlyArray<readonly [name: string, answer: (body: string) => unknown]> = [
    ["as a value", () => ({ message: "name is taken", target: sent })],
    ["as a value with what the runtime added", () => ({ message: "no", errors: [{ target: { ...sent, id: "x" } }] })],
    ["as a part of it", () => ({ message: "no", errors: [{ target: destination, property: "number" }] })],
    ["as itself", () => ({ ...sent, message: "no", statusCode: 400 })],
    ["as text in the message", (body) => ({ message: `invalid body: ${body}` })],
    ["as text in its details", (body) => ({ message: "no", request: { body } })],
    ["cut off", (body) => ({ message: `invalid body: ${body.slice(0, 90)}…` })]
  ]
  for (const [name, answer] of refusals) {
    it(`${name}: it is nowhere on the error, and the rest is`, async () => {
      await using server = await serve((request, response) => json(response, 400, answer(request.body)))
      const error = Object(await tagOf(client(server.baseUrl).assistants.create(sent as never)))
      assert.strictEqual(error._tag, "InvalidRequest")
      assert.match(error.message, /name is taken|invalid body: <redacted>|says: no/)
      const shown = `${error.message} ${JSON.stringify(error)} ${inspect(error, { depth: 20 })}`
      for (const piece of ["Good afternoon", "+14155550123", "One moment"]) assert.notInclude(shown, piece)
    })
  }

  it("a value that it quotes is told", async () => {
    const body = { message: 'name "Front desk" is taken', errors: [{ field: "name", value: "Front desk" }] }
    await using server = await serve((_, response) => json(response, 400, body))
    const error = Object(await tagOf(client(server.baseUrl).assistants.create(sent as never)))
    assert.include(error.message, 'name "Front desk" is taken')
    assert.deepStrictEqual(error.details, { errors: body.errors })
  })
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
