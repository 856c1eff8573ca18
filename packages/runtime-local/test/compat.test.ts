/**
 * An unmodified client of the source API against the local runtime: what moves to a runtime of one's own must find
 * there what it knows.
 */
import { VapiClient, VapiError } from "@vapi-ai/server-sdk"
import { assert, describe, expect, it } from "vitest"
import type { LocalRuntimeHandle } from "../src/index.ts"
import { start } from "./support.ts"

const connect = async () => {
  const { runtime } = await start({ rows: { credentials: [{ id: "trunk", provider: "byo-sip-trunk" }] } })
  return { runtime, vapi: new VapiClient({ token: runtime.apiKey, baseUrl: runtime.baseUrl, maxRetries: 0 }) }
}

/** The error of a call that must fail. */
const failure = async (call: PromiseLike<unknown>): Promise<VapiError> => {
  try {
    await call
  } catch (error) {
    assert.instanceOf(error, VapiError)
    return error
  }
  throw new Error("The call succeeded")
}

describe("the source API's own client", () => {
  it("assistants: create, list with filters, get, update, delete, errors", async () => {
    const { vapi } = await connect()
    const first = await vapi.assistants.create({
      name: "First",
      model: { provider: "openai", model: "gpt-4o", messages: [{ role: "system", content: "Be brief." }] },
      voice: { provider: "11labs", voiceId: "sarah" }
    })
    const second = await vapi.assistants.create({ name: "Second" })
    expect((await vapi.assistants.list()).map(({ id }) => id)).toEqual([second.id, first.id])
    expect(await vapi.assistants.list({ limit: 1 })).toEqual([second])
    expect(await vapi.assistants.list({ createdAtLt: "2020-01-01T00:00:00Z" })).toEqual([])
    expect(await vapi.assistants.get({ id: first.id })).toEqual(first)
    const updated = await vapi.assistants.update({ id: first.id, firstMessage: "Hello" })
    expect(updated).toMatchObject({ name: "First", firstMessage: "Hello", model: { provider: "openai" } })
    expect((await vapi.assistants.delete({ id: first.id })).id).toBe(first.id)
    expect((await failure(vapi.assistants.get({ id: first.id }))).statusCode).toBe(404)
    const wrong = await failure(vapi.assistants.create({ name: "x".repeat(41) }))
    expect(wrong.statusCode).toBe(400)
    expect(wrong.body).toMatchObject({ statusCode: 400, message: [expect.stringContaining("name")] })
    const { runtime } = await start()
    const stranger = new VapiClient({ token: "nobody", baseUrl: runtime.baseUrl, maxRetries: 0 })
    expect((await failure(stranger.assistants.list())).statusCode).toBe(401)
  })

  it("tools: create, list with filters, get, update, delete, errors", async () => {
    const { vapi } = await connect()
    const tool = await vapi.tools.create({
      type: "function",
      function: { name: "lookupOrder", parameters: { type: "object", properties: { id: { type: "string" } } } },
      server: { url: "https://tools.example/run", timeoutSeconds: 5 }
    })
    assert(tool.type === "function")
    await vapi.tools.create({ type: "endCall" })
    expect(await vapi.tools.list({ limit: 1 })).toHaveLength(1)
    expect(await vapi.tools.get({ id: tool.id })).toEqual(tool)
    const updated = await vapi.tools.update({
      id: tool.id,
      body: { type: "function", server: { url: "https://tools.example/v2" } }
    })
    expect(updated).toMatchObject({ id: tool.id, server: { url: "https://tools.example/v2" } })
    const bound = await vapi.assistants.create({
      model: { provider: "openai", model: "gpt-4o", toolIds: [tool.id] }
    })
    expect(await failure(vapi.tools.delete({ id: tool.id }))).toMatchObject({
      statusCode: 409,
      body: { error: "tool_pinned" }
    })
    await vapi.assistants.delete({ id: bound.id })
    await vapi.tools.delete({ id: tool.id })
    expect((await failure(vapi.tools.get({ id: tool.id }))).statusCode).toBe(404)
  })

  it("phone numbers: create, list with filters, get, update, delete, errors", async () => {
    const { vapi } = await connect()
    const assistant = await vapi.assistants.create({ name: "Desk" })
    const number = await vapi.phoneNumbers.create({
      provider: "byo-phone-number",
      number: "+14155550123",
      credentialId: "trunk"
    })
    expect(await vapi.phoneNumbers.list({ limit: 10 })).toHaveLength(1)
    expect(await vapi.phoneNumbers.get({ id: number.id })).toEqual(number)
    await vapi.phoneNumbers.update({
      id: number.id,
      body: { provider: "byo-phone-number", assistantId: assistant.id }
    })
    expect(await failure(vapi.assistants.delete({ id: assistant.id }))).toMatchObject({
      statusCode: 409,
      body: { error: "assistant_pinned" }
    })
    await vapi.phoneNumbers.delete({ id: number.id })
    expect((await failure(vapi.phoneNumbers.get({ id: number.id }))).statusCode).toBe(404)
  })

  it("calls: create, list with filters, get, update, delete, errors", async () => {
    const { vapi } = await connect()
    const assistant = await vapi.assistants.create({ name: "Desk" })
    const other = await vapi.assistants.create({ name: "Other" })
    const call = await vapi.calls.create({ assistantId: assistant.id, customer: { number: "+14155550123" } })
    assert("id" in call)
    await vapi.calls.create({ assistantId: other.id, customer: { number: "+14155550124" } })
    expect(await vapi.calls.list()).toHaveLength(2)
    expect((await vapi.calls.list({ assistantId: assistant.id })).map(({ id }) => id)).toEqual([call.id])
    expect(await vapi.calls.list({ createdAtGt: "2099-01-01T00:00:00Z" })).toEqual([])
    expect(await vapi.calls.get({ id: call.id })).toMatchObject({ id: call.id, assistantId: assistant.id })
    expect(await vapi.calls.update({ id: call.id, name: "First call" })).toMatchObject({ name: "First call" })
    expect((await vapi.calls.delete({ id: call.id })).id).toBe(call.id)
    expect((await failure(vapi.calls.get({ id: call.id }))).statusCode).toBe(404)
    const batch = await vapi.calls.create({
      assistantId: assistant.id,
      customers: [{ number: "+14155550125" }, { number: "+14155550126" }]
    })
    assert("results" in batch)
    expect(batch.results).toHaveLength(2)
    expect((await failure(vapi.calls.create({}))).statusCode).toBe(400)
  })

  it("structured outputs: create, list with filters, get, update, delete, errors", async () => {
    const { vapi } = await connect()
    const so = vapi.structuredOutputs
    const made = await so.structuredOutputControllerCreate({ name: "Mood", schema: { type: "string" } })
    await so.structuredOutputControllerCreate({ name: "Score", schema: { type: "integer" } })
    const page = await so.structuredOutputControllerFindAll({ limit: 1 })
    expect([page.results.length, page.metadata.totalItems, page.metadata.currentPage]).toEqual([1, 2, 1])
    expect((await so.structuredOutputControllerFindAll({ name: "Mood" })).results.map(({ id }) => id)).toEqual([
      made.id
    ])
    expect(await so.structuredOutputControllerFindOne({ id: made.id })).toEqual(made)
    const updated = await so.structuredOutputControllerUpdate({
      id: made.id,
      schemaOverride: "false",
      description: "How the caller felt"
    })
    expect(updated).toMatchObject({ name: "Mood", description: "How the caller felt" })
    expect((await so.structuredOutputControllerRemove({ id: made.id })).id).toBe(made.id)
    expect((await failure(so.structuredOutputControllerFindOne({ id: made.id }))).statusCode).toBe(404)
    expect(
      (await failure(so.structuredOutputControllerCreate({ name: "", schema: { type: "string" } }))).statusCode
    ).toBe(400)
  })

  it("files: create, list, get, update, delete, errors", async () => {
    const { vapi } = await connect()
    const file = await vapi.files.create({
      file: new File(["Opening hours: 9 to 5"], "hours.txt"),
      purpose: "assistant"
    })
    expect(file).toMatchObject({ name: "hours.txt", bytes: 21, status: "done" })
    expect((await vapi.files.list({ purpose: "assistant" })).map(({ id }) => id)).toEqual([file.id])
    expect(await vapi.files.list({ purpose: "composer-attachment" })).toEqual([])
    expect(await vapi.files.get({ id: file.id })).toEqual(file)
    expect(await vapi.files.update({ id: file.id, name: "opening.txt" })).toMatchObject({ name: "opening.txt" })
    expect((await vapi.files.delete({ id: file.id })).id).toBe(file.id)
    expect((await failure(vapi.files.get({ id: file.id }))).statusCode).toBe(404)
  })

  it("recordings are silence, as long as the call was, in a file that plays", async () => {
    const { runtime, vapi } = await connect()
    const { callId } = await runtime.trigger({ type: "call.completed" })
    const { headers, bytes } = await read(runtime, `/call/${callId}/stereo-recording`)
    expect([headers.get("content-type"), bytes.subarray(0, 4).toString("latin1")]).toEqual(["audio/wav", "RIFF"])
    expect(bytes.length).toBe(bytes.readUInt32LE(4) + 8)
    expect((await failure(vapi.calls.get({ id: "none" }))).statusCode).toBe(404)
  })

  it("lists of the second version have totals, an order and a search", async () => {
    const { runtime, vapi } = await connect()
    for (const number of ["+14155550100", "+14155550101", "+14155559999"]) {
      await vapi.phoneNumbers.create({ provider: "vapi", number } as never)
    }
    const list = async (query: string) =>
      JSON.parse((await read(runtime, `/v2/phone-number?${query}`)).bytes.toString())
    const numbers = (page: { results: ReadonlyArray<{ number: string }> }) => page.results.map(({ number }) => number)
    expect(numbers(await list("sortOrder=ASC&limit=2"))).toEqual(["+14155550100", "+14155550101"])
    expect(await list("search=55010")).toMatchObject({ metadata: { totalItems: 2, totalPages: 1, hasNextPage: false } })
  })
})

describe("what is no part of this runtime", () => {
  it.each(["/squad", "/chat/x", "/session", "/campaign", "/eval/run", "/v2/knowledge-base"])(
    "%s says so",
    async (path) => {
      const { call } = await start()
      const { status, body } = await call("GET", path)
      expect([status, body.code, body.message]).toEqual([
        404,
        "not_part_of_this_runtime",
        expect.stringContaining("docs/compatibility.md")
      ])
    }
  )

  it("a path that is nearly one says which", async () => {
    const { call } = await start()
    expect((await call("GET", "/assistants")).body.message).toBe("There is no /assistants. Did you mean /assistant?")
    expect((await call("GET", "/phone-numbers/x")).body.message).toContain("Did you mean /phone-number?")
  })
})

/** Bytes of an answer. */
const read = async (runtime: LocalRuntimeHandle, path: string) => {
  const response = await fetch(runtime.baseUrl + path, { headers: { authorization: `Bearer ${runtime.apiKey}` } })
  return { headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) }
}
