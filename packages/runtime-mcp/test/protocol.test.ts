import { request } from "node:http"
import { expect, test } from "vitest"
import { clientOf, connect, connectHttp, good, startRaw, startRuntime, writesIn } from "./support.ts"

test.each(["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])("speaks %s on a pipe", async (version) => {
  const runtime = await startRuntime()
  const server = startRaw(runtime)
  const { result } = await server.initialize(version)
  expect(result.protocolVersion).toBe(version)
  expect(result.instructions).toContain("search_operations")
  server.send({ jsonrpc: "2.0", id: 1, method: "tools/list" })
  expect((await server.answer(1)).result.tools.length).toBe(6)
  server.send({
    jsonrpc: "2.0",
    id: 2,
    method: "tools/call",
    params: { name: "read", arguments: { operation: "assistants.list" } }
  })
  const { result: called } = await server.answer(2)
  expect(called.isError ?? false).toBe(false)
  expect(called.content[0].text).toContain('"rows":[]')
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
  expect((await send("server/discover", {})).result.supportedVersions).toContain("2026-07-28")
  const args = (number: string) => ({
    name: "call_place",
    arguments: { assistant: id, number, idempotencyKey: "k" }
  })
  const { result: asked } = await send("tools/call", args("+14155550123"))
  expect(asked.resultType).toBe("input_required")
  expect(asked.inputRequests.confirm.params.message).toContain("+14155550123")
  const yes = { inputResponses: { confirm: { action: "accept", content: { place: true } } } }
  const codes = async (params: object) => {
    const { result, error } = await send("tools/call", params)
    return error === undefined ? (result.structuredContent.error?.code ?? "done") : "refused"
  }
  const { requestState } = asked
  // Another number, no state, a state of somebody's own, a no.
  expect(await codes({ ...args("+14155550199"), ...yes, requestState })).toBe("declined")
  expect(await codes({ ...args("+14155550123"), ...yes })).toBe("declined")
  expect(await codes({ ...args("+14155550123"), ...yes, requestState: "0".repeat(64) })).toBe("declined")
  expect(
    await codes({
      ...args("+14155550123"),
      requestState,
      inputResponses: { confirm: { action: "accept", content: { place: false } } }
    })
  ).toBe("declined")
  expect(writesIn(runtime).length).toBe(before)
  expect(await codes({ ...args("+14155550123"), ...yes, requestState })).toBe("done")
  expect(writesIn(runtime).length).toBe(before + 1)
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
  expect(new URL(server.url).hostname).toBe("127.0.0.1")
  expect(await post(server.url, {})).toBe(401)
  expect(await post(server.url, { authorization: "Bearer wrong" })).toBe(401)
  expect(await post(server.url, { authorization: server.token })).toBe(401)
  expect(await post(server.url, { authorization, host: `rebound.test:${port}` })).toBe(421)
  expect(await post(server.url, { authorization, origin: "http://127.0.0.1:3000" })).toBe(403)
  expect(await post(server.url, { authorization, origin: "null" })).toBe(403)
  expect(await post(server.url.replace("/mcp", "/other"), { authorization })).toBe(404)
  expect(await post(server.url, { authorization }, undefined, "GET")).toBe(405)
  expect(await post(server.url, { authorization, "content-type": "text/plain" })).toBe(415)
  expect(await post(server.url, { authorization }, "x".repeat(4_000_001)).catch(() => 413)).toBe(413)
  // Past the door; the protocol then misses its session.
  expect([401, 403, 421]).not.toContain(await post(server.url, { authorization, host: `localhost:${port}` }))
  expect(runtime.requests()).toEqual([])
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
  await expect.poll(() => writesIn(runtime).length, { timeout: 20_000 }).toBe(1)
  cancel.abort()
  expect(await ending).toBe("cancelled")
  await expect
    .poll(async () => (await good(client, "runtime_overview")).data.cancelledButMaybeApplied, { timeout: 20_000 })
    .toEqual([{ operation: "assistants.create", idempotencyKey: "desk-9" }])
})

test("a wait tells how far it is", async () => {
  const runtime = await startRuntime()
  const { id } = await clientOf(runtime).assistants.create({ name: "Desk" })
  const client = await connect(runtime, { allow: "write", local: true })
  const messages: Array<unknown> = []
  const onprogress = (progress: unknown) => void messages.push(Reflect.get(Object(progress), "message"))
  await good(client, "local_script_call", { assistant: id, steps: [{ user: "Hello" }] }, { onprogress })
  await expect.poll(() => messages, { timeout: 20_000 }).toEqual(["The call is under way", "The call has ended"])
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
  expect(messages.map(({ method, id, params }) => [method ?? id, params])).toMatchObject([
    ["notifications/progress", { progressToken: "p", progress: 0, total: 2, message: "Rows on their way: 2" }],
    ["notifications/progress", { progress: 2, message: expect.stringMatching(/^The import has ended: completed/) }],
    [1, undefined]
  ])
  expect([runtime.count("assistants"), runtime.count("tools")]).toEqual([1, 1])
})
