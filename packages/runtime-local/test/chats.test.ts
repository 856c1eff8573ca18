/** Chats, as the source API has them: a script or a model speaks, tools are really asked. */
import { describe, expect, it } from "vitest"
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
    expect([first.status, first.body]).toEqual([
      201,
      expect.objectContaining({
        assistantId,
        input: "Hello?",
        messages: [{ role: "user", content: "Hello?" }],
        output: [{ role: "assistant", content: "Hello." }]
      })
    ])
    const second = await call("POST", "/chat", { previousChatId: first.body.id, input: "Bye" })
    expect(second.body).toMatchObject({
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
    expect([third.status, third.body.code]).toEqual([409, "no_reply"])
    const again = await call("POST", "/chat", { previousChatId: first.body.id, input: "Bye" })
    expect(again.body.output).toEqual(second.body.output)
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
    expect(asked.tool_calls[0].function).toEqual({ name: "lookup", arguments: '{"order":4711}' })
    expect(told).toEqual({ role: "tool", content: "shipped", tool_call_id: asked.tool_calls[0].id })
    expect(spoken.content).toBe("It is on its way.")
    const [delivery] = await server.count(1)
    expect([delivery?.type, delivery?.message.chat.id]).toEqual(["tool-calls", body.id])
    expect(delivery?.verify(runtime.webhookSecret).message.type).toBe("tool-calls")
  })

  it("nobody speaks without a script or a model, and it says so", async () => {
    const { call, assistantId } = await begin()
    const { status, body } = await call("POST", "/chat", { assistantId, input: "Hello?" })
    expect([status, body.code, body.message]).toEqual([409, "no_reply", expect.stringContaining("--model-url")])
  })

  it("goes on after a start on the same file", async () => {
    const file = temporaryFile()
    const before = await begin({}, { store: { file } })
    before.script({ assistant: "One." }, { user: "?" }, { assistant: "Two." })
    const { body } = await before.call("POST", "/chat", { assistantId: before.assistantId, input: "?" })
    await before.runtime.close()
    const { call } = await start({ store: { file }, apiKey: before.runtime.apiKey })
    expect((await call("POST", "/chat", { previousChatId: body.id, input: "?" })).body.output[0].content).toBe("Two.")
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
    expect([status, body.output.at(-1)]).toEqual([201, { role: "assistant", content: "It is shipped." }])
    const [first, second] = model.asked()
    expect(first).toMatchObject({
      model: "llama",
      messages: [
        { role: "system", content: "You serve Acme." },
        { role: "user", content: "Where is it?" }
      ],
      tools: [{ type: "function", function: { name: "lookup" } }]
    })
    expect(second.messages.at(-1)).toMatchObject({ role: "tool", content: "No server is configured" })
    expect(model.server.deliveries[0]?.headers["authorization"]).toBe("Bearer sk_model")
    expect(JSON.stringify(body)).not.toContain("sk_model")
  })

  it("that fails is 502, and leaves no chat and no key behind", async () => {
    const model = await receive(() => ({ status: 500 }))
    const { runtime, call, assistantId } = await begin({}, { model: { url: model.url, name: "llama" } })
    const create = () => call("POST", "/chat", { assistantId, input: "Hello?" }, { key: "k1" })
    const answers = [await create(), await create()]
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
      [502, "model_failed"],
      [502, "model_failed"]
    ])
    expect(runtime.count("chats")).toBe(0)
  })

  it("is an address and a name", async () => {
    await expect(start({ model: { url: "ftp://x", name: "m" } })).rejects.toThrow("model.url takes an absolute http")
    await expect(start({ model: { url: "http://x", nmae: "m" } as never })).rejects.toThrow(/nmae.*name/)
  })
})

describe("chats", () => {
  it("a repeated create is one chat", async () => {
    const { runtime, call, assistantId, script } = await begin()
    script({ assistant: "Hello." })
    const create = () => call("POST", "/chat", { assistantId, input: "Hi" }, { key: "k1" })
    const [first, second] = [await create(), await create()]
    expect([second.text, second.headers.get("idempotency-replayed")]).toEqual([first.text, "true"])
    expect(runtime.count("chats")).toBe(1)
  })

  it("are listed, read and deleted", async () => {
    const { runtime, call, assistantId, script } = await begin()
    script({ assistant: "Hello." })
    const one = (await call("POST", "/chat", { assistantId, input: "Hi" })).body
    const two = (await call("POST", "/chat", { assistant: { name: "Own" }, input: "Hi" })).body
    expect(two.code).toBe("no_reply")
    const list = async (query: string) => (await call("GET", `/chat?${query}`)).body
    expect(await list("")).toEqual({ results: [one], metadata: expect.objectContaining({ totalItems: 1 }) })
    expect((await list(`assistantIdAny=x,${assistantId}`)).results).toHaveLength(1)
    expect((await list("idAny=x,y")).results).toHaveLength(0)
    expect((await list("previousChatId=x&sortBy=cost&sortOrder=ASC")).results).toHaveLength(0)
    expect((await call("GET", `/chat/${one.id}`)).body).toEqual(one)
    expect((await call("DELETE", `/chat/${one.id}`)).body).toEqual(one)
    expect([runtime.count("chats"), (await call("GET", `/chat/${one.id}`)).status]).toEqual([0, 404])
  })

  it.each([
    [{ input: "Hi" }, "A chat needs one of assistantId, assistant and previousChatId"],
    [{ assistantId: "none", input: "Hi" }, ['assistantId: this organization has no assistants row "none"']],
    [{ assistant: {} }, [expect.stringMatching(/^input: /)]],
    [{ assistant: {}, input: [] }, [expect.stringMatching(/^input/)]],
    [{ assistant: {}, input: "Hi", sessionId: "s" }, [expect.stringMatching(/^sessionId: .*no part/)]],
    [{ assistant: {}, input: "Hi", inptu: "Hi" }, ["property inptu should not exist"]]
  ])("%j is refused", async (body, message) => {
    const { call } = await start()
    const answer = await call("POST", "/chat", body)
    expect([answer.status, answer.body.message]).toEqual([400, message])
  })

  it("are streamed in pieces, as rows and as responses", async () => {
    const { call, assistantId, script } = await begin()
    script({ assistant: "Hello to you." })
    const events = (text: string) => [...text.matchAll(/^data: (.*)$/gm)].map(([, json = ""]) => JSON.parse(json))
    const chat = await call("POST", "/chat", { assistantId, input: "Hi", stream: true })
    expect(chat.headers.get("content-type")).toBe("text/event-stream")
    expect(events(chat.text)).toEqual([
      { id: expect.any(String), path: "chat.output[0].content", delta: "Hello " },
      { id: expect.any(String), path: "chat.output[0].content", delta: "to " },
      { id: expect.any(String), path: "chat.output[0].content", delta: "you." }
    ])
    const response = await call("POST", "/chat/responses", { assistantId, input: "Hi", stream: true })
    const types = events(response.text).map(({ type }) => type)
    expect(types).toEqual([
      ...Array.from({ length: 3 }, () => "response.output_text.delta"),
      "response.output_text.done",
      "response.completed"
    ])
    const whole = (await call("POST", "/chat/responses", { assistantId, input: "Hi" })).body
    expect(whole).toMatchObject({
      object: "response",
      status: "completed",
      output: [{ type: "message", content: [{ type: "output_text", text: "Hello to you." }] }]
    })
    expect((await call("GET", `/chat/${whole.id}`)).status).toBe(200)
  })
})
