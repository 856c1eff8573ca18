/** Chats, as the source API has them: a script or a model speaks, tools are really asked. */
import { assert, describe, it } from "vitest"
import { assertMatches, rejection } from "../../runtime-sdk/test/support/assertions.ts"
import type { LocalRuntimeOptions, ScriptStep } from "../src/index.ts"
import { receive } from "./receiver.ts"
import { start, temporaryFile } from "./support.ts"

const begin = async (assistant: object = {}, options: LocalRuntimeOptions = {}) => {
  const client = await start(options)
  const { body } = await client.call("POST", "/assistant", assistant)
  const script = (...steps: ReadonlyArray<ScriptStep>) => client.runtime.calls.script({ assistantId: body.id }, steps)
  return { ...client, assistantId: String(body.id), script }
}

/** A server that speaks the chat completions of OpenAI: these answers, one after the other. */
const modelOf = async (...answers: ReadonlyArray<object>) => {
  const left = [...answers]
  const server = await receive(() => ({ body: JSON.stringify({ choices: [{ message: left.shift() }] }) }))
  return { server, asked: () => server.deliveries.map(({ raw }) => JSON.parse(raw.toString())) }
}

describe("a script speaks", () => {
  it("turn by turn, and each chat goes on from the one before", async () => {
    const { call, assistantId, script } = await begin()
    script({ user: "Hi" }, { assistant: "Hello." }, { user: "Bye" }, { wait: 10 }, { assistant: "So long." })
    const first = await call("POST", "/chat", { assistantId, input: "Hello?" })
    assert.strictEqual(first.status, 201)
    assert.deepInclude(first.body, {
      assistantId,
      input: "Hello?",
      messages: [{ role: "user", content: "Hello?" }],
      output: [{ role: "assistant", content: "Hello." }]
    })
    const second = await call("POST", "/chat", { previousChatId: first.body.id, input: "Bye" })
    assertMatches(second.body, {
      assistantId,
      previousChatId: first.body.id,
      messages: [
        { role: "user", content: "Hello?" },
        { role: "assistant", content: "Hello." },
        { role: "user", content: "Bye" }
      ],
      output: [{ role: "assistant", content: "So long." }]
    })
    const third = await call("POST", "/chat", { previousChatId: second.body.id, input: "Still there?" })
    assert.deepStrictEqual([third.status, third.body.code], [409, "no_reply"])
    const again = await call("POST", "/chat", { previousChatId: first.body.id, input: "Bye" })
    assert.deepStrictEqual(again.body.output, second.body.output)
  })

  it("a tool is asked over a signed webhook, and its result is part of the output", async () => {
    const server = await receive(({ message }) => {
      const [{ id }] = message.toolCallList
      return { body: { results: [{ toolCallId: id, name: "lookup", result: "shipped" }] } }
    })
    const tool = { type: "function", function: { name: "lookup" }, server: { url: server.url } }
    const { runtime, call, assistantId, script } = await begin({
      model: { provider: "openai", model: "m", tools: [tool] }
    })
    script({ tool: "lookup", arguments: { order: 4711 } }, { assistant: "It is on its way." })
    const { body } = await call("POST", "/chat", { assistantId, input: "Where is it?" })
    const [asked, told, spoken] = body.output
    assert.deepStrictEqual(asked.tool_calls[0].function, { name: "lookup", arguments: '{"order":4711}' })
    assert.deepStrictEqual(told, { role: "tool", content: "shipped", tool_call_id: asked.tool_calls[0].id })
    assert.strictEqual(spoken.content, "It is on its way.")
    const [delivery] = await server.count(1)
    assert.deepStrictEqual([delivery?.type, delivery?.message.chat.id], ["tool-calls", body.id])
    assert.strictEqual(delivery?.verify(runtime.webhookSecret).message.type, "tool-calls")
  })

  it("nobody speaks without a script or a model, and it says so", async () => {
    const { call, assistantId } = await begin()
    const { status, body } = await call("POST", "/chat", { assistantId, input: "Hello?" })
    assertMatches([status, body.code, body.message], [409, "no_reply", /--model-url/])
  })

  it("goes on after a start on the same file", async () => {
    const file = temporaryFile()
    const before = await begin({}, { store: { file } })
    before.script({ assistant: "One." }, { user: "?" }, { assistant: "Two." })
    const { body } = await before.call("POST", "/chat", { assistantId: before.assistantId, input: "?" })
    await before.runtime.close()
    const { call } = await start({ store: { file }, apiKey: before.runtime.apiKey })
    assert.strictEqual(
      (await call("POST", "/chat", { previousChatId: body.id, input: "?" })).body.output[0].content,
      "Two."
    )
  })
})

describe("a model speaks", () => {
  it("with the prompt, its variables, the tools and the conversation; after a tool it is asked again", async () => {
    const tools = [{ id: "c1", type: "function", function: { name: "lookup", arguments: '{"order":4711}' } }]
    const model = await modelOf({ content: null, tool_calls: tools }, { content: "It is shipped." })
    const tool = { type: "function", function: { name: "lookup" } }
    const messages = [{ role: "system", content: "You serve {{company}}." }]
    const { call, assistantId } = await begin(
      { model: { provider: "openai", model: "m", messages, tools: [tool] } },
      { model: { url: model.server.url, name: "llama", apiKey: "sk_model" } }
    )
    const { status, body } = await call("POST", "/chat", {
      assistantId,
      input: [{ role: "user", content: "Where is it?" }],
      assistantOverrides: { variableValues: { company: "Acme" } }
    })
    assert.deepStrictEqual([status, body.output.at(-1)], [201, { role: "assistant", content: "It is shipped." }])
    const [first, second] = model.asked()
    assertMatches(first, {
      model: "llama",
      messages: [
        { role: "system", content: "You serve Acme." },
        { role: "user", content: "Where is it?" }
      ],
      tools: [{ type: "function", function: { name: "lookup" } }]
    })
    assertMatches(second.messages.at(-1), { role: "tool", content: "No server is configured" })
    assert.strictEqual(model.server.deliveries[0]?.headers["authorization"], "Bearer sk_model")
    assert.notInclude(JSON.stringify(body), "sk_model")
  })

  it("that fails is 502, and leaves no chat and no key behind", async () => {
    const model = await receive(() => ({ status: 500 }))
    const { runtime, call, assistantId } = await begin({}, { model: { url: model.url, name: "llama" } })
    const create = () => call("POST", "/chat", { assistantId, input: "Hello?" }, { key: "k1" })
    const answers = [await create(), await create()]
    assert.deepStrictEqual(
      answers.map(({ status, body }) => [status, body.code]),
      [
        [502, "model_failed"],
        [502, "model_failed"]
      ]
    )
    assert.strictEqual(runtime.count("chats"), 0)
  })

  it("is an address and a name", async () => {
    assert.include(
      (await rejection(start({ model: { url: "ftp://x", name: "m" } }))).message,
      "model.url takes an absolute http"
    )
    assert.match((await rejection(start({ model: { url: "http://x", nmae: "m" } as never }))).message, /nmae.*name/)
  })
})

describe("chats", () => {
  it("a repeated create is one chat", async () => {
    const { runtime, call, assistantId, script } = await begin()
    script({ assistant: "Hello." })
    const create = () => call("POST", "/chat", { assistantId, input: "Hi" }, { key: "k1" })
    const [first, second] = [await create(), await create()]
    assert.deepStrictEqual([second.text, second.headers.get("idempotency-replayed")], [first.text, "true"])
    assert.strictEqual(runtime.count("chats"), 1)
  })

  it("are listed, read and deleted", async () => {
    const { runtime, call, assistantId, script } = await begin()
    script({ assistant: "Hello." })
    const one = (await call("POST", "/chat", { assistantId, input: "Hi" })).body
    const two = (await call("POST", "/chat", { assistant: { name: "Own" }, input: "Hi" })).body
    assert.strictEqual(two.code, "no_reply")
    const list = async (query: string) => (await call("GET", `/chat?${query}`)).body
    const { metadata, ...rest } = await list("")
    assert.deepStrictEqual(rest, { results: [one] })
    assert.deepInclude(metadata, { totalItems: 1 })
    assert.lengthOf((await list(`assistantIdAny=x,${assistantId}`)).results, 1)
    assert.lengthOf((await list("idAny=x,y")).results, 0)
    assert.lengthOf((await list("previousChatId=x&sortBy=cost&sortOrder=ASC")).results, 0)
    assert.deepStrictEqual((await call("GET", `/chat/${one.id}`)).body, one)
    assert.deepStrictEqual((await call("DELETE", `/chat/${one.id}`)).body, one)
    assert.deepStrictEqual([runtime.count("chats"), (await call("GET", `/chat/${one.id}`)).status], [0, 404])
  })

  it.each([
    [{ input: "Hi" }, "A chat needs one of assistantId, assistant and previousChatId"],
    [{ assistantId: "none", input: "Hi" }, ['assistantId: this organization has no assistants row "none"']],
    [{ assistant: {} }, [/^input: /]],
    [{ assistant: {}, input: [] }, [/^input/]],
    [{ assistant: {}, input: "Hi", sessionId: "s" }, [/^sessionId: .*no part/]],
    [{ assistant: {}, input: "Hi", inptu: "Hi" }, ["property inptu should not exist"]]
  ])("%j is refused", async (body, message) => {
    const { call } = await start()
    const answer = await call("POST", "/chat", body)
    assertMatches([answer.status, answer.body.message], [400, message])
  })

  it("are streamed in pieces, as rows and as responses", async () => {
    const { call, assistantId, script } = await begin()
    script({ assistant: "Hello to you." })
    const events = (text: string) => [...text.matchAll(/^data: (.*)$/gm)].map(([, json = ""]) => JSON.parse(json))
    const chat = await call("POST", "/chat", { assistantId, input: "Hi", stream: true })
    assert.strictEqual(chat.headers.get("content-type"), "text/event-stream")
    const pieces = events(chat.text)
    for (const { id } of pieces) assert.isString(id)
    assert.deepStrictEqual(
      pieces.map((piece) => ({ ...piece, id: "" })),
      ["Hello ", "to ", "you."].map((delta) => ({ id: "", path: "chat.output[0].content", delta }))
    )
    const response = await call("POST", "/chat/responses", { assistantId, input: "Hi", stream: true })
    const types = events(response.text).map(({ type }) => type)
    assert.deepStrictEqual(types, [
      ...Array.from({ length: 3 }, () => "response.output_text.delta"),
      "response.output_text.done",
      "response.completed"
    ])
    const whole = (await call("POST", "/chat/responses", { assistantId, input: "Hi" })).body
    assertMatches(whole, {
      object: "response",
      status: "completed",
      output: [{ type: "message", content: [{ type: "output_text", text: "Hello to you." }] }]
    })
    assert.strictEqual((await call("GET", `/chat/${whole.id}`)).status, 200)
  })
})
