import { request } from "node:http"
import { assert, test } from "vitest"
import { assertMatches, eventually } from "../../runtime-sdk/test/support/assertions.ts"
import { clientOf, connect, connectHttp, good, startRaw, startRuntime, writesIn } from "./support.ts"

test.each(["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])("speaks %s on a pipe", async (version) => {
  const runtime = await startRuntime()
  const server = startRaw(runtime)
  const { result } = await server.initialize(version)
  assert.strictEqual(result.protocolVersion, version)
  assert.include(result.instructions, "search_operations")
  server.send({ jsonrpc: "2.0", id: 1, method: "tools/list" })
  assert.strictEqual((await server.answer(1)).result.tools.length, 6)
  server.send({
    jsonrpc: "2.0",
    id: 2,
    method: "tools/call",
    params: { name: "read", arguments: { operation: "assistants.list" } }
  })
  const { result: called } = await server.answer(2)
  assert.isFalse(called.isError ?? false)
  assert.include(called.content[0].text, '"rows":[]')
  server.stdin.end()
  await server.ended
})

const meta = (capabilities: object = {}) => ({
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "raw", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": capabilities
})

test("speaks 2026-07-28, where a person's answer comes with a second request, and counts for that very call", async () => {
  const runtime = await startRuntime()
  const { id } = await clientOf(runtime).assistants.create({ name: "Desk" })
  const before = writesIn(runtime).length
  const server = startRaw(runtime, { allowCalls: true })
  let next = 0
  const send = async (method: string, params: object) => {
    server.send({
      jsonrpc: "2.0",
      id: ++next,
      method,
      params: { _meta: meta({ elicitation: { form: {} } }), ...params }
    })
    return server.answer(next)
  }
  assert.include((await send("server/discover", {})).result.supportedVersions, "2026-07-28")
  const args = (number: string) => ({
    name: "call_place",
    arguments: { assistant: id, number, idempotencyKey: "k" }
  })
  const { result: asked } = await send("tools/call", args("+14155550123"))
  assert.strictEqual(asked.resultType, "input_required")
  assert.include(asked.inputRequests.confirm.params.message, "+14155550123")
  const yes = { inputResponses: { confirm: { action: "accept", content: { place: true } } } }
  const codes = async (params: object) => {
    const { result, error } = await send("tools/call", params)
    return error === undefined ? (result.structuredContent.error?.code ?? "done") : "refused"
  }
  const { requestState } = asked
  // Another number, no state, a state of somebody's own, a no.
  assert.strictEqual(await codes({ ...args("+14155550199"), ...yes, requestState }), "declined")
  assert.strictEqual(await codes({ ...args("+14155550123"), ...yes }), "declined")
  assert.strictEqual(await codes({ ...args("+14155550123"), ...yes, requestState: "0".repeat(64) }), "declined")
  assert.strictEqual(
    await codes({
      ...args("+14155550123"),
      requestState,
      inputResponses: { confirm: { action: "accept", content: { place: false } } }
    }),
    "declined"
  )
  assert.strictEqual(writesIn(runtime).length, before)
  assert.strictEqual(await codes({ ...args("+14155550123"), ...yes, requestState }), "done")
  assert.strictEqual(writesIn(runtime).length, before + 1)
})

const post = (
  url: string,
  headers: Readonly<Record<string, string>>,
  body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" }),
  method = "POST"
): Promise<number> =>
  new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method,
        headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers }
      },
      (response) => {
        response.resume()
        response.once("end", () => resolve(response.statusCode ?? 0))
        response.once("error", reject)
      }
    )
    sent.on("error", reject)
    sent.end(method === "GET" ? undefined : body)
  })

test("on a port: the token, the name of this machine, and no page of a browser", async () => {
  const runtime = await startRuntime()
  const { server } = await connectHttp(runtime)
  const { port } = new URL(server.url)
  const authorization = `Bearer ${server.token}`
  assert.strictEqual(new URL(server.url).hostname, "127.0.0.1")
  assert.strictEqual(await post(server.url, {}), 401)
  assert.strictEqual(await post(server.url, { authorization: "Bearer wrong" }), 401)
  assert.strictEqual(await post(server.url, { authorization: server.token }), 401)
  assert.strictEqual(await post(server.url, { authorization, host: `rebound.test:${port}` }), 421)
  assert.strictEqual(await post(server.url, { authorization, origin: "http://127.0.0.1:3000" }), 403)
  assert.strictEqual(await post(server.url, { authorization, origin: "null" }), 403)
  assert.strictEqual(await post(server.url.replace("/mcp", "/other"), { authorization }), 404)
  assert.strictEqual(await post(server.url, { authorization }, undefined, "GET"), 405)
  assert.strictEqual(await post(server.url, { authorization, "content-type": "text/plain" }), 415)
  assert.strictEqual(await post(server.url, { authorization }, "x".repeat(4_000_001)).catch(() => 413), 413)
  // Past the door; the protocol then misses its session.
  assert.notInclude([401, 403, 421], await post(server.url, { authorization, host: `localhost:${port}` }))
  assert.deepStrictEqual(runtime.requests(), [])
})

test("a cancelled call is aborted, and a write that may have been applied is told of", async () => {
  const runtime = await startRuntime()
  const client = await connect(runtime, { allow: "write" })
  runtime.faults.add({ match: { method: "POST" }, action: { type: "hold", ms: 60_000 }, times: 1 })
  const cancel = new AbortController()
  const create = { operation: "assistants.create", body: { name: "Desk" }, idempotencyKey: "desk-9" }
  const cancelled = client.callTool({ name: "write", arguments: create }, undefined, { signal: cancel.signal })
  const ending = cancelled.then(
    () => "answered",
    () => "cancelled"
  )
  await eventually(() => assert.strictEqual(writesIn(runtime).length, 1))
  cancel.abort()
  assert.strictEqual(await ending, "cancelled")
  await eventually(
    async () =>
      assert.deepStrictEqual((await good(client, "runtime_overview")).data.cancelledButMaybeApplied, [
        { operation: "assistants.create", idempotencyKey: "desk-9" }
      ]),
    20_000
  )
})

test("a wait tells how far it is", async () => {
  const runtime = await startRuntime()
  const { id } = await clientOf(runtime).assistants.create({ name: "Desk" })
  const client = await connect(runtime, { allow: "write", local: true })
  const messages: Array<unknown> = []
  const onprogress = (progress: unknown) => void messages.push(Reflect.get(Object(progress), "message"))
  await good(client, "local_script_call", { assistant: id, steps: [{ user: "Hello" }] }, { onprogress })
  await eventually(() => assert.deepStrictEqual(messages, ["The call is under way", "The call has ended"]))
})

test("an import tells how many rows are on their way, and how it ended, before its answer", async () => {
  const runtime = await startRuntime()
  const server = startRaw(runtime, { allow: "write" })
  await server.initialize()
  const body = { assistants: [{ id: "a1", name: "Desk" }], tools: [{ id: "t1", type: "endCall" }] }
  const args = { operation: "imports.createVapi", body, idempotencyKey: "move-1" }
  const params = { name: "write", arguments: args, _meta: { progressToken: "p" } }
  server.send({ jsonrpc: "2.0", id: 1, method: "tools/call", params })
  await server.answer(1)
  // Nothing is told of a request that is answered.
  const messages = server.lines.map((line) => JSON.parse(line)).filter(({ id }) => id !== "init")
  assertMatches(
    messages.map(({ method, id, params }) => [method ?? id, params]),
    [
      ["notifications/progress", { progressToken: "p", progress: 0, total: 2, message: "Rows on their way: 2" }],
      ["notifications/progress", { progress: 2, message: /^The import has ended: completed/ }],
      [1, undefined]
    ]
  )
  assert.deepStrictEqual([runtime.count("assistants"), runtime.count("tools")], [1, 1])
})
