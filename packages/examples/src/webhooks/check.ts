/**
 * Sends a server what the runtime sends, and what it never sends, and asserts what comes back. A server has three routes:
 * `/webhooks` with handlers, `/inbox` with an inbox, and `/parsed` behind a parser of JSON.
 */
import assert from "node:assert/strict"
import { generateWebhookSecret, signAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
import { failures, inbox, maxBodyBytes, reports, secret, stored } from "./app.ts"

const event = (type: string, more: object = {}) =>
  JSON.stringify({ message: { type, call: { id: "call_1" }, ...more } })
/** The event carries the definition of the tool, and that says how long its server is waited for. */
const toolCall = (name: string) => {
  const call = { id: "tc_1", type: "function", function: { name, arguments: '{"day":"monday"}' } }
  const tool = { type: "function", server: { timeoutSeconds: 1 }, toolCall: call }
  return event("tool-calls", { toolCallList: [call], toolWithToolCallList: [tool] })
}
const report = (endedReason: string) => event("end-of-call-report", { endedReason, artifact: {}, analysis: {} })

/** Runs all of it; `advice` is what the framework's own hint about parsed bodies must say. */
export const check = async (name: string, baseUrl: string, advice: RegExp): Promise<void> => {
  const post = (path: string, body: string | ReadableStream, headers: Record<string, string>) =>
    fetch(`${baseUrl}${path}`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json", ...headers },
      ...(typeof body === "string" ? {} : { duplex: "half" as const })
    })
  const send = (path: string, body: string, options: { readonly id?: string; readonly timestamp?: Date } = {}) =>
    post(path, body, signAywaRuntimeWebhook({ body, secret, ...options }))
  const expect = async (what: string, response: Response, status: number, body?: unknown): Promise<string> => {
    const text = await response.text()
    assert.equal(response.status, status, `${name}: ${what}: ${response.status} ${text}`)
    if (body !== undefined) assert.deepEqual(JSON.parse(text), body, what)
    return text
  }

  // Events that ask.
  await expect("an assistant is asked for", await send("/webhooks", event("assistant-request")), 200, {
    assistantId: "reception"
  })
  await expect("a tool is called", await send("/webhooks", toolCall("book")), 200, {
    results: [{ toolCallId: "tc_1", name: "book", result: '{"booked":"monday"}' }]
  })
  const late = await expect("a tool is slow", await send("/webhooks", toolCall("slow")), 200)
  assert.match(late, /The tool did not answer/)
  assert.deepEqual(failures.splice(0), ["HandlerTimedOut"])
  const voice = await send("/webhooks", event("voice-request", { text: "hello", sampleRate: 24000 }))
  assert.equal(voice.headers.get("content-type"), "audio/pcm", name)
  assert.equal((await voice.arrayBuffer()).byteLength, 4800, name)
  const unanswered = event("knowledge-base-request", { messagesOpenAIFormatted: [] })
  await expect("nobody answers this", await send("/webhooks", unanswered), 501)

  // Events that tell.
  await expect("a report", await send("/webhooks", report("customer-ended-call")), 200)
  assert.deepEqual(reports.splice(0), ["call_1"])
  await expect("a report that cannot be saved", await send("/webhooks", report("database-down")), 503)
  await expect("a type of the future", await send("/webhooks", event("hologram.started")), 200)

  // An inbox stores before it says so, once per id, and its failure is the runtime's to repeat.
  const first = { id: `evt_${name}` }
  for (let attempt = 0; attempt < 2; attempt++) {
    await expect("stored", await send("/inbox", report("grüße 👋"), first), 200)
  }
  assert.deepEqual(stored.splice(0), [
    { id: first.id, body: report("grüße 👋"), type: "end-of-call-report", callId: "call_1" }
  ])
  inbox.down = true
  await expect("the inbox is down", await send("/inbox", report("x")), 503)
  inbox.down = false
  await expect("a tool is called beside an inbox", await send("/inbox", toolCall("book")), 200)
  assert.deepEqual(stored, [])

  // What the runtime never sends.
  const body = report("forged")
  const forged = signAywaRuntimeWebhook({ body, secret: generateWebhookSecret() })
  await expect("signed by somebody else", await post("/webhooks", body, forged), 401)
  await expect("altered", await post("/webhooks", body, signAywaRuntimeWebhook({ body: `${body} `, secret })), 401)
  await expect("replayed", await send("/webhooks", body, { timestamp: new Date(Date.now() - 3_600_000) }), 401)
  await expect("not signed", await post("/webhooks", body, {}), 400)
  await expect("no JSON", await send("/webhooks", "hello"), 400)
  await expect("empty", await send("/webhooks", ""), 400)
  for (const method of ["GET", "PUT", "DELETE"]) {
    const response = await fetch(`${baseUrl}/webhooks`, { method })
    assert.equal(response.headers.get("allow"), "POST", name)
    await expect(method, response, 405)
  }
  assert.equal((await fetch(`${baseUrl}/elsewhere`)).status, 404, name)

  // Too large: said beforehand, and found out on the way.
  const large = report("x".repeat(maxBodyBytes))
  await expect("too large", await send("/webhooks", large), 413)
  const pieces = ReadableStream.from(Array.from({ length: 64 }, () => new TextEncoder().encode("x".repeat(4096))))
  const signed = signAywaRuntimeWebhook({ body: large, secret })
  await expect("too large, in pieces", await post("/webhooks", pieces, signed), 413)
  const exact = report("x".repeat(maxBodyBytes - Buffer.byteLength(report(""))))
  await expect("just small enough", await send("/webhooks", exact), 200)
  assert.deepEqual(reports.splice(0), ["call_1"])

  // A parser came first: the bytes are gone, and the answer says what to change.
  const said = await expect("already parsed", await send("/parsed", report("parsed")), 400)
  assert.match(said, advice, name)
  assert.ok(failures.includes("InvalidBody"), name)
  assert.deepEqual(reports, [])
  // Any other content type is not looked at.
  const plain = toolCall("book")
  const headers = { ...signAywaRuntimeWebhook({ body: plain, secret }), "content-type": "text/plain" }
  await expect("text/plain", await post("/webhooks", plain, headers), 200)

  console.log(`${name}: signed, forged, replayed, oversized and parsed requests were answered as they should`)
}
