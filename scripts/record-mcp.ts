/**
 * Records the sessions of docs/mcp.md: the official MCP client against the server and a local runtime. With --check it
 * compares instead, and fails when the page is not what the server says today.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { once } from "node:events"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import { type LocalRuntimeHandle, startLocalRuntime } from "@aywa-ai/runtime-local"
import { type McpOptions, serveHttp } from "@aywa-ai/runtime-mcp"
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { page } from "./record-mcp/page.ts"

const target = new URL("../docs/mcp.md", import.meta.url)

interface Scene {
  readonly runtime: LocalRuntimeHandle
  readonly aywa: AywaRuntimeClient
  readonly handlerUrl: string
  /** What the handler answers from now on. */
  readonly answer: (status: number, body: string | ((request: string) => string)) => void
}

type Use = (name: string, args?: object) => Promise<unknown>

/** Ports, instants and durations of this run, as those of any. */
const normalise = (text: string, { runtime, handlerUrl }: Scene): string =>
  text
    .replaceAll(runtime.baseUrl, "http://127.0.0.1:4010")
    .replaceAll(handlerUrl, "http://127.0.0.1:3000")
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, "2026-01-05T09:00:00.000Z")
    .replaceAll(/evt_[0-9A-Z]{26}/g, "evt_01M8M2WJSH0P9WXRA9EF7XA492")
    .replaceAll(/req_[0-9a-z]{20}/g, "req_jk4awwjp7gtlyieabwj4")
    .replaceAll(/"(cost|minutes|transport|stt|llm|tts|vapi|total)":[\d.]+/g, '"$1":0.001')
    .replaceAll(/("latencyMs"|"ms"|"secondsFromStart"|"durationSeconds"|"duration"):[\d.]+/g, "$1:12")
    .replaceAll(/, \d+ s, ended/g, ", 3 s, ended")

const wrapped = (text: string): string =>
  text
    .split("\n")
    .map((line) => (line.length > 400 ? `${line.slice(0, 400)} …` : line))
    .join("\n")

const session = async (
  options: Omit<McpOptions, "client" | "local"> & { readonly local?: boolean },
  prepare: (scene: Scene) => Promise<void>,
  run: (use: Use, scene: Scene) => Promise<void>
): Promise<string> => {
  let reply: { status: number; body: string | ((request: string) => string) } = { status: 200, body: "{}" }
  const handler = createServer((request, response) => {
    let text = ""
    request.setEncoding("utf8").on("data", (part: string) => (text += part))
    request.on("end", () => {
      const { status, body } = reply
      response.writeHead(status, { "content-type": "application/json" })
      response.end(typeof body === "string" ? body : body(text))
    })
  }).listen(0, "127.0.0.1")
  await once(handler, "listening")
  await using runtime = await startLocalRuntime({ seed: 23, webhookSchedule: "instant" })
  const { baseUrl, apiKey, organizationId } = runtime
  const aywa = new AywaRuntimeClient({ baseUrl, apiKey, organizationId })
  const handlerUrl = `http://127.0.0.1:${(handler.address() as AddressInfo).port}`
  const answer: Scene["answer"] = (status, body) => (reply = { status, body })
  const scene: Scene = { runtime, aywa, handlerUrl, answer }
  await prepare(scene)
  const { local, ...rest } = options
  await using server = await serveHttp({ ...rest, client: aywa, ...(local === true ? { local: runtime } : {}) })
  const client = new Client({ name: "docs", version: "1.0.0" })
  await client.connect(
    // Its own types are not written for exactOptionalPropertyTypes.
    new StreamableHTTPClientTransport(new URL(server.url), {
      requestInit: { headers: { authorization: `Bearer ${server.token}` } }
    }) as unknown as Transport
  )
  const lines: Array<string> = []
  const use: Use = async (name, args = {}) => {
    const result = await client.callTool({ name, arguments: { ...args } })
    const text = (result.content as ReadonlyArray<{ readonly text: string }>).map((part) => part.text).join("\n")
    lines.push(normalise(`→ ${name} ${JSON.stringify(args)}\n${wrapped(normalise(text, scene))}`, scene))
    return result.structuredContent
  }
  await run(use, scene)
  await client.close()
  handler.closeAllConnections()
  handler.close()
  return ["```console", lines.join("\n\n"), "```"].join("\n")
}

const at = (value: unknown, ...path: ReadonlyArray<string | number>): string => {
  let inner = value
  for (const key of path) inner = Reflect.get(Object(inner), key)
  return String(inner)
}

const webhook = await session(
  { allow: "write" },
  async ({ runtime, aywa, handlerUrl, answer }) => {
    answer(500, '{"error":"database is locked"}')
    await aywa.webhookEndpoints.create({ url: `${handlerUrl}/hooks`, scope: "account" })
    await runtime.trigger({ type: "status-update" })
    await runtime.webhooks.idle()
  },
  async (use, { runtime, answer }) => {
    const overview = await use("runtime_overview")
    const job = at(overview, "deadWebhooks", 0, "id")
    await use("webhook_attempts", { status: "dead" })
    answer(200, "{}")
    await use("webhook_resend", { job, as: "replay", idempotencyKey: "replay-after-fix" })
    await runtime.webhooks.idle()
    await use("webhook_attempts", { status: "succeeded" })
  }
)

const tool = await session(
  { allow: "write", local: true },
  async ({ answer }) => {
    answer(200, (request) => {
      const calls: ReadonlyArray<{ readonly id: string; readonly name: string }> =
        JSON.parse(request).message.toolCallList ?? []
      return JSON.stringify({
        results: calls.map(({ id, name }) => ({ toolCallId: id, name, result: "Order 4711 is on its way" }))
      })
    })
  },
  async (use, { handlerUrl }) => {
    await use("search_operations", { query: "create a tool" })
    const definition = {
      type: "function",
      function: {
        name: "lookup_order",
        description: "Looks an order up",
        parameters: { type: "object", properties: { order: { type: "string" } }, required: ["order"] }
      },
      server: { url: `${handlerUrl}/tools` }
    }
    const made = await use("write", { operation: "tools.create", body: definition, idempotencyKey: "lookup-order" })
    const model = { provider: "openai", model: "gpt-4.1-mini", toolIds: [at(made, "row", "id")] }
    const desk = await use("write", {
      operation: "assistants.create",
      body: { name: "Desk", firstMessage: "Order desk, how can I help?", model },
      idempotencyKey: "desk"
    })
    await use("local_script_call", {
      assistant: at(desk, "row", "id"),
      steps: [{ user: "Where is order 4711?" }, { tool: "lookup_order", arguments: { order: "4711" } }]
    })
    const update = {
      operation: "assistants.update",
      id: at(desk, "row", "id"),
      body: { firstMessage: "Good morning." }
    }
    const shown = await use("write", update)
    await use("write", { ...update, ifMatch: at(shown, "ifMatch") })
  }
)

const text = page({ webhook, tool })
if (process.argv.includes("--check")) {
  const kept = readFileSync(target, "utf8")
  if (kept !== text) {
    const [before, now] = [kept.split("\n"), text.split("\n")]
    const line = now.findIndex((each, index) => each !== before[index])
    throw new Error(
      `docs/mcp.md is not what is recorded now (npm run record-mcp). Line ${line + 1}:\n- ${before[line]}\n+ ${now[line]}`
    )
  }
  console.log("docs/mcp.md is as recorded")
} else {
  writeFileSync(target, text)
  console.log("docs/mcp.md: recorded")
}
