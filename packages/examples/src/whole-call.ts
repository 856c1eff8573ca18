/**
 * A whole call, as a backend sees it: import a number, create a tool and the assistant that uses it, place a call,
 * answer the runtime's webhooks in a server of one's own, read the report and the costs, replay one webhook.
 *
 * Runs against the embedded local runtime, where a script says what the caller says; the backend's side is the same
 * for any runtime.
 */
import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { startLocalRuntime } from "@aywa-ai/runtime-local"
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { isWebhookVerificationError, verifyAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"

const orders: Readonly<Record<string, string>> = { "4711": "shipped yesterday, arrives on Thursday" }
const say = (what: string, detail: string) => console.log(`  ${what.padEnd(34)} ${detail}`)

await using runtime = await startLocalRuntime()
await using aywa = new AywaRuntimeClient({
  baseUrl: runtime.baseUrl,
  apiKey: runtime.apiKey,
  organizationId: runtime.organizationId
})

// --- The backend's own server: it verifies every delivery, answers questions, and keeps what it is told. ---

interface Report {
  readonly id: string
  readonly summary: string | null | undefined
  readonly cost: number | null | undefined
}
const statuses: Array<string> = []
const reports: Array<Report> = []
const lookups: Array<string> = []

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** What the runtime gets back: an answer where it waits for one, anything with 2xx where it does not. */
const receive = (body: Buffer, headers: IncomingMessage["headers"]): object => {
  const { id, message } = verifyAywaRuntimeWebhook({ body, headers, secret: runtime.webhookSecret })
  switch (message.type) {
    case "tool-calls":
      return {
        results: message.toolCalls.map((call) => {
          const orderId = String(call.arguments["orderId"])
          lookups.push(orderId)
          return { toolCallId: call.id, name: call.name, result: orders[orderId] ?? "unknown" }
        })
      }
    case "status-update":
      statuses.push(message.status)
      return {}
    case "end-of-call-report":
      reports.push({ id, summary: message.analysis.summary, cost: message.cost })
      return {}
    default:
      return {}
  }
}

const server = createServer(async (request, response) => {
  try {
    const reply = receive(await bodyOf(request), request.headers)
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(reply))
  } catch (error) {
    response.writeHead(isWebhookVerificationError(error) ? error.httpStatus : 500).end()
  }
})
server.listen(0, "127.0.0.1")
await once(server, "listening")
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/aywa`

try {
  // --- What is set up once. ---

  const trunk = await aywa.credentials.create({ provider: "byo-sip-trunk", gateways: [{ ip: "192.0.2.10" }] })
  const number = await aywa.phoneNumbers.create(
    { provider: "byo-phone-number", number: "+14155550123", credentialId: trunk.id },
    { idempotencyKey: "number-main-line" }
  )
  const tool = await aywa.tools.create({
    type: "function",
    function: {
      name: "lookupOrder",
      description: "Says where an order is.",
      parameters: { type: "object", properties: { orderId: { type: "string" } }, required: ["orderId"] }
    },
    server: { url, timeoutSeconds: 10 }
  })
  const assistant = await aywa.assistants.create({
    name: "Order desk",
    firstMessage: "Order desk, how can I help?",
    model: { provider: "openai", model: "gpt-4.1-mini", toolIds: [tool.id] },
    server: { url }
  })
  say("Set up", `${number.number}, ${assistant.name}, tool ${tool.function?.name}`)

  // --- What the caller and the model say in this call: nobody is really called. ---

  runtime.calls.script({ assistantId: assistant.id }, [
    { user: "Where is my order 4711?" },
    { tool: "lookupOrder", arguments: { orderId: "4711" } },
    { assistant: "It was shipped yesterday and arrives on Thursday." },
    { user: "Thank you, bye." },
    { hangup: "customer" }
  ])

  // --- The call. ---

  const call = await aywa.calls.create(
    { assistantId: assistant.id, phoneNumberId: number.id, customer: { number: "+14155550188" } },
    { idempotencyKey: "call-order-4711" }
  )
  say("Placed", `${call.id} (${call.status})`)
  await runtime.events.expect("end-of-call-report", { callId: call.id, timeout: 20_000 })
  await runtime.webhooks.idle()

  const ended = await aywa.calls.get(call.id)
  const [report] = reports
  assert(report !== undefined)
  assert.deepEqual(statuses, ["queued", "ringing", "in-progress", "ended"])
  assert.deepEqual(lookups, ["4711"])
  assert.equal(ended.status, "ended")
  assert.match(ended.artifact?.transcript ?? "", /User: Where is my order 4711\?/)
  say("Ended", String(ended.endedReason))
  for (const line of (ended.artifact?.transcript ?? "").trim().split("\n")) say("", line)

  const timeline = await aywa.calls.timeline(call.id, { limit: 1000 })
  const costs = await aywa.calls.costs(call.id)
  assert.equal(costs.cost, report.cost)
  say("Report", String(report.summary))
  say("Timeline", `${timeline.items.length} events`)
  say("Costs (at made-up rates)", `${costs.cost} USD`)

  // --- One webhook again: a new signed id, so that an inbox that knows the old one takes it. ---

  const log = await aywa.webhookLogs.list({ callId: call.id, type: "end-of-call-report" })
  const [job] = log.items
  assert(job !== undefined)
  const replay = await aywa.webhookLogs.replay(job.id)
  await runtime.webhooks.idle()
  const detail = await aywa.webhookLogs.get(replay.id)
  assert.equal(detail.status, "succeeded")
  assert.deepEqual(
    reports.map(({ id }) => id),
    [job.eventId, `${job.eventId}_r1`]
  )
  say("Replayed", `${replay.eventId} -> ${detail.statusCode} in ${detail.latencyMs} ms`)
} finally {
  server.close()
  server.closeAllConnections()
}
