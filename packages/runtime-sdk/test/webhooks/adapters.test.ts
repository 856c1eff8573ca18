/** Adapters over real sockets: what frameworks, peers and networks do to a request. */
import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http"
import { connect, type AddressInfo } from "node:net"
import { once } from "node:events"
import { createHash, createHmac } from "node:crypto"
import { afterEach, assert, describe, it, vi } from "vitest"
import { signAywaRuntimeWebhook, type WebhookSinkDelivery } from "../../src/webhooks.ts"
import {
  nodeWebhookHandler,
  webhookHandler,
  webhookReceiver,
  type WebhookReceiverOptions
} from "../../src/webhooks/handlers.ts"
import { WebhookScheme } from "../../src/webhooks/legacy.ts"
import { body, headers, otherSecret, secret, time } from "./support/delivery.ts"

const event = (type: string, more: object = {}) => JSON.stringify({ message: { type, ...more } })
const sign = (text: string) => ({ ...signAywaRuntimeWebhook({ body: text, secret }) })
const voice = event("voice-request", { text: "hi", sampleRate: 8000 })

interface Listening extends AsyncDisposable {
  readonly port: number
  readonly baseUrl: string
}

/** A server of Node with one handler for everything. */
const listen = async (handle: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<Listening> => {
  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    baseUrl: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}
const receiving = (options: WebhookReceiverOptions) => listen(nodeWebhookHandler({ secret, ...options }))
const post = (url: string, text: string, more: RequestInit = {}) =>
  fetch(url, { method: "POST", body: text, headers: sign(text), ...more })

describe("node", () => {
  it("takes the bytes that Nest keeps beside the parsed body", async () => {
    const handle = nodeWebhookHandler({ secret, handlers: { hang: () => {} } })
    await using server = await listen(async (request, response) => {
      const chunks: Array<Buffer> = []
      for await (const chunk of request) chunks.push(chunk)
      const rawBody = Buffer.concat(chunks)
      return handle(Object.assign(request, { rawBody, body: JSON.parse(rawBody.toString()) }), response)
    })
    assert.strictEqual((await post(server.baseUrl, event("hang"))).status, 200)
  })
  it("reads the stream although a framework put an empty object where the body goes", async () => {
    const handle = nodeWebhookHandler({ secret })
    await using server = await listen((request, response) => handle(Object.assign(request, { body: {} }), response))
    assert.strictEqual((await post(server.baseUrl, event("hang"))).status, 200)
  })
  it("tells the handler that the runtime hung up", async () => {
    const hungUp = Promise.withResolvers<unknown>()
    const started = Promise.withResolvers<void>()
    await using server = await receiving({
      handlers: {
        "assistant-request": async (_, { signal }) => {
          started.resolve()
          await new Promise((resolve) => signal.addEventListener("abort", resolve))
          hungUp.resolve(signal.reason?.name)
          return { error: "nobody is there" }
        }
      }
    })
    const caller = new AbortController()
    const pending = post(server.baseUrl, event("assistant-request"), { signal: caller.signal }).catch(() => "hung up")
    await started.promise
    caller.abort()
    assert.strictEqual(await pending, "hung up")
    // Not the TimeoutError of the deadline.
    assert.strictEqual(await hungUp.promise, "AbortError")
  })
  it("an upload that breaks off reaches no handler, and the server goes on", async () => {
    let handled = 0
    await using server = await receiving({ handlers: { hang: () => void handled++ } })
    const socket = connect(server.port, "127.0.0.1")
    await once(socket, "connect")
    socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"message"`)
    await new Promise((resolve) => setImmediate(resolve))
    socket.destroy()
    await once(socket, "close")
    assert.strictEqual((await post(server.baseUrl, event("hang"))).status, 200)
    assert.strictEqual(handled, 1)
  })
  it("a request that was destroyed before it was read is over", async () => {
    const handle = nodeWebhookHandler({ secret })
    const over = Promise.withResolvers<boolean>()
    await using server = await listen(async (request, response) => {
      const handled = handle(request, response)
      request.destroy()
      await handled
      over.resolve(true)
    })
    await post(server.baseUrl, event("hang")).catch(() => undefined)
    assert.isTrue(await over.promise)
  })
  it("a body over the limit ends its connection; the answer arrives all the same", async () => {
    await using server = await receiving({ maxBodyBytes: 1000 })
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      // It would keep the connection.
      const sent = httpRequest(server.baseUrl, { method: "POST", agent: new Agent({ keepAlive: true }) }, resolve)
      sent.on("error", reject)
      // No length is said, so the server finds out on the way.
      for (let piece = 0; piece < 20; piece++) sent.write("x".repeat(100))
      sent.end()
    })
    assert.deepStrictEqual([answer.statusCode, answer.headers.connection], [413, "close"])
    answer.resume()
  })
  it("audio goes out piece by piece, and its failure breaks the answer off", async () => {
    const heard = Promise.withResolvers<void>()
    await using server = await receiving({
      handlers: {
        "voice-request": async function* () {
          yield Buffer.from("one")
          await heard.promise
          yield Buffer.from("two")
          throw new Error("the voice broke")
        }
      }
    })
    const answer = await post(server.baseUrl, voice)
    const reader = answer.body?.getReader()
    assert.strictEqual(Buffer.from((await reader?.read())?.value ?? []).toString(), "one")
    heard.resolve()
    let rest = ""
    try {
      for (let next = await reader?.read(); next?.value !== undefined; next = await reader?.read()) {
        rest += Buffer.from(next.value).toString()
      }
      assert.fail("the answer must break off")
    } catch (error) {
      assert.instanceOf(error, TypeError)
    }
    assert.include(["", "two"], rest)
  })
  it("audio that nobody listens to any longer is stopped", async () => {
    const stopped = Promise.withResolvers<void>()
    await using server = await receiving({
      handlers: {
        "voice-request": async function* () {
          try {
            for (;;) {
              yield Buffer.alloc(1000)
              await new Promise((resolve) => setImmediate(resolve))
            }
          } finally {
            stopped.resolve()
          }
        }
      }
    })
    const caller = new AbortController()
    const answer = await post(server.baseUrl, voice, { signal: caller.signal })
    const first = await answer.body?.getReader().read()
    assert.isAbove(first?.value?.byteLength ?? 0, 0)
    caller.abort()
    await stopped.promise
  })
})

describe("web", () => {
  const handle = webhookHandler({
    secret,
    maxBodyBytes: 1000,
    handlers: {
      "tool-calls": ({ toolCalls }) => ({ results: toolCalls.map(({ id }) => ({ toolCallId: id, result: "ok" })) }),
      "voice-request": async function* () {
        yield Buffer.from("pcm")
      }
    }
  })
  const ask = (init: RequestInit) => handle(new Request("http://localhost/webhooks", init))
  it("answers requests with text, bytes, streams and nothing in them", async () => {
    const text = event("tool-calls", { toolCallList: [{ id: "1", name: "f" }] })
    for (const given of [text, Buffer.from(text), new Blob([text])]) {
      const answer = await ask({ method: "POST", body: given, headers: sign(text) })
      assert.deepStrictEqual(await answer.json(), { results: [{ toolCallId: "1", name: "f", result: "ok" }] })
    }
    assert.strictEqual((await ask({ method: "POST", headers: sign("") })).status, 400)
    const spoken = await ask({ method: "POST", body: voice, headers: sign(voice) })
    assert.deepStrictEqual([await spoken.text(), spoken.headers.get("content-type")], ["pcm", "audio/pcm"])
  })
  it("an endless body is not read to its end, and not at all without a usable limit", async () => {
    const unlimited = webhookHandler({ secret, maxBodyBytes: Number.NaN, onError: () => {} })
    for (const [handler, status] of [
      [handle, 413],
      [unlimited, 500]
    ] as const) {
      let pulled = 0
      const endless = new ReadableStream({
        pull: (controller) => {
          pulled++
          if (pulled > 1000) controller.close()
          else controller.enqueue(new Uint8Array(100))
        }
      })
      const init = { method: "POST", body: endless, duplex: "half", headers: sign("x") }
      const answer = await handler(new Request("http://localhost/webhooks", init as RequestInit))
      assert.strictEqual(answer.status, status)
      assert.isBelow(pulled, 30)
    }
  })
  it("what is thrown while a body is read is no defect", async () => {
    const broken = new ReadableStream({ pull: (controller) => controller.error(new Error("reset")) })
    const answer = await ask({ method: "POST", body: broken, duplex: "half", headers: sign("x") } as RequestInit)
    assert.strictEqual(answer.status, 400)
  })
})

describe("receiver", () => {
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })
  const now = () => time * 1000
  const offered = () => {
    const list: Array<WebhookSinkDelivery> = []
    return {
      list,
      offer: async (delivery: WebhookSinkDelivery) => {
        list.push(delivery)
      }
    }
  }
  it("tells a sender why it was refused, and nothing about this process", async () => {
    const answers = await Promise.all([
      webhookReceiver({ secret: otherSecret, now })({ method: "POST", headers, body }),
      webhookReceiver({ secret: "whsec_%%%%", now, onError: () => {} })({ method: "POST", headers, body }),
      webhookReceiver({ secret: undefined, now, onError: () => {} })({ method: "POST", headers, body })
    ])
    assert.deepStrictEqual(
      answers.map(({ status }) => status),
      [401, 500, 500]
    )
    assert.match(String(answers[0].body), /SignatureMismatch.*Compare the secret/)
    assert.deepStrictEqual([answers[1].body, answers[2].body], ['{"error":"Internal"}', '{"error":"Internal"}'])
  })
  it("takes POST only", async () => {
    const receive = webhookReceiver({ secret, now })
    for (const method of ["GET", "PUT", "post", ""]) {
      const answer = await receive({ method, headers, body })
      assert.deepStrictEqual([answer.status, answer.headers["allow"]], [405, "POST"])
    }
  })
  it("an event that asks is answered and not stored, even when nobody can answer it", async () => {
    const inbox = offered()
    const text = event("assistant-request")
    const ask = { method: "POST", headers: sign(text), body: text }
    const answered = webhookReceiver({ secret, inbox, handlers: { "assistant-request": () => ({ assistantId: "a" }) } })
    assert.strictEqual((await answered(ask)).body, '{"assistantId":"a"}')
    const silent = webhookReceiver({ secret, inbox, onError: () => {} })
    assert.strictEqual((await silent(ask)).status, 501)
    for (const [other, status] of [
      [event("handoff-destination-request", { parameters: {} }), 501],
      // It asks, whatever else is in it: a 200 would be a reply without a word.
      [event("voice-request", { text: 7 }), 422],
      [event("campaign.predial", { campaignId: 7 }), 422]
    ] as const) {
      assert.strictEqual((await silent({ method: "POST", headers: sign(other), body: other })).status, status, other)
    }
    assert.deepStrictEqual(inbox.list, [])
  })
  it("prints what is this process's business, and not every knock on the door", async () => {
    const printed: Array<string> = []
    vi.spyOn(process, "emitWarning").mockImplementation((warning: unknown) => void printed.push(String(warning)))
    const failing = () => Promise.reject(new Error("canary"))
    await webhookReceiver({ secret: otherSecret, now })({ method: "POST", headers, body })
    await webhookReceiver({ secret, now })({ method: "POST", headers: {}, body })
    assert.deepStrictEqual(printed, [])
    await webhookReceiver({ secret: "", now })({ method: "POST", headers, body })
    await webhookReceiver({ secret, now, handlers: { "status-update": failing } })({ method: "POST", headers, body })
    await webhookReceiver({ secret, now, inbox: { offer: failing } })({ method: "POST", headers, body })
    // The secret when the receiver was made, and at its delivery.
    assert.strictEqual(printed.length, 4)
    assert.strictEqual(printed.shift(), printed[0])
    assert.match(printed[0] ?? "", /AYWA_RUNTIME_WEBHOOK_SECRET/)
    assert.match(printed[1] ?? "", /status-update evt_1: the handler threw/)
    assert.match(printed[2] ?? "", /status-update evt_1: the inbox did not store it/)
    for (const line of printed) for (const hidden of [secret, "ended", "canary"]) assert.notInclude(line, hidden)
  })
  it("a report that fails costs no answer", async () => {
    const onError = () => {
      throw new Error("the log is full")
    }
    const answer = await webhookReceiver({ secret: otherSecret, now, onError })({ method: "POST", headers, body })
    assert.strictEqual(answer.status, 401)
  })
  it("an inbox gets the body as it was signed, the type as it was sent, and the call", async () => {
    const inbox = offered()
    const receive = webhookReceiver({ secret, inbox })
    const texts = [
      event("hang", { call: { id: "call_1" }, text: "é 👋" }),
      event("hologram.started", { call: { id: "call_2" } }),
      event('transcript[transcriptType="final"]', { role: "user", transcript: "hi", call: null }),
      event("status-update", { status: 7, call: { id: 8 } })
    ]
    for (const text of texts) {
      const answer = await receive({ method: "POST", headers: sign(text), body: Buffer.from(text) })
      assert.strictEqual(answer.status, 200)
    }
    assert.deepStrictEqual(
      inbox.list.map(({ body, type, callId }) => [body, type, callId]),
      [
        [texts[0], "hang", "call_1"],
        [texts[1], "hologram.started", "call_2"],
        [texts[2], "transcript", undefined],
        [texts[3], "status-update", undefined]
      ]
    )
  })
  it("an inbox that hangs is as good as down", async () => {
    vi.useFakeTimers()
    const pending = webhookReceiver({ secret, now, onError: () => {}, inbox: { offer: () => new Promise(() => {}) } })({
      method: "POST",
      headers,
      body
    })
    await vi.advanceTimersByTimeAsync(18_500)
    assert.strictEqual((await pending).status, 503)
    assert.strictEqual(vi.getTimerCount(), 0)
  })
  it("an inbox that throws at once is down, too", async () => {
    const offer = () => {
      throw new Error("no")
    }
    const answer = await webhookReceiver({ secret, now, onError: () => {}, inbox: { offer } })({
      method: "POST",
      headers,
      body
    })
    assert.strictEqual(answer.status, 503)
  })
  it("a legacy sender without ids is stored under the hash of its body", async () => {
    const inbox = offered()
    const scheme = WebhookScheme.sharedSecret({ secrets: "a-legacy-shared-token" })
    const receive = webhookReceiver({ scheme, inbox })
    const given = { method: "POST", headers: { "x-vapi-secret": "a-legacy-shared-token" }, body }
    assert.strictEqual((await receive(given)).status, 200)
    assert.strictEqual(inbox.list[0]?.id, `body_${createHash("sha256").update(body).digest("hex")}`)
    assert.strictEqual((await receive({ ...given, headers })).status, 400)
  })
  it("method and address reach the scheme that signs them", async () => {
    const mac = createHmac("sha256", "a-legacy-hmac-key").update(`POST /hooks?a=1 ${body}`).digest("hex")
    const scheme = WebhookScheme.hmac({
      secretKey: "a-legacy-hmac-key",
      algorithm: "sha256",
      payloadFormat: "{method} {url} {body}",
      includeTimestamp: false
    })
    await using server = await listen(nodeWebhookHandler({ scheme }))
    const send = (path: string) =>
      fetch(`${server.baseUrl}${path}`, { method: "POST", body, headers: { "x-signature": mac } })
    assert.strictEqual((await send("/hooks?a=1")).status, 200)
    assert.strictEqual((await send("/hooks?a=2")).status, 401)
  })
})
