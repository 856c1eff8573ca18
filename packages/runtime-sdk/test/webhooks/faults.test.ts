/** What callers, frameworks and senders hand over that nobody expects: one kind of error, never a silent answer. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { connect, type AddressInfo } from "node:net"
import { once } from "node:events"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import {
  isWebhookVerificationError,
  signAywaRuntimeWebhook,
  verifyAywaRuntimeWebhook,
  type VerifyWebhookOptions
} from "../../src/webhooks.ts"
import {
  isWebhookHandlerError,
  nodeWebhookHandler,
  webhookHandler,
  webhookReceiver,
  type IncomingWebhook,
  type WebhookHandlerMap,
  type WebhookReceiverOptions
} from "../../src/webhooks/handlers.ts"
import { body, good, headers, reasonOf, secret, time } from "./support/delivery.ts"
import { limit, runs } from "../support/runs.ts"

const now = () => time * 1000
const boom = () => {
  throw new Error("boom")
}
const raise = (error: unknown) => {
  throw error
}
/** An object whose field throws when it is looked at. */
const trap = (base: object, key: string): object =>
  Object.defineProperties(Array.isArray(base) ? [] : {}, {
    ...Object.getOwnPropertyDescriptors(base),
    [key]: { get: boom, enumerable: true }
  })
const revoked = (target: object): object => {
  const { proxy, revoke } = Proxy.revocable(target, {})
  revoke()
  return proxy
}
/** What a receiver answers, and what it told `onError`. */
const receive = async (options: WebhookReceiverOptions, request: unknown) => {
  const told: Array<string> = []
  const onError: WebhookReceiverOptions["onError"] = (error) => {
    assert.isTrue(isWebhookVerificationError(error) || isWebhookHandlerError(error))
    told.push(error.reason._tag)
  }
  const { status } = await webhookReceiver({ secret, now, onError, ...options })(request as IncomingWebhook)
  return [status, ...told]
}

describe("verifyAywaRuntimeWebhook throws its own error and nothing else", () => {
  for (const key of ["body", "headers", "secret", "scheme", "now", "toleranceSeconds", "maxBodyBytes"]) {
    it(`when the option ${key} throws as it is read`, () => {
      assert.strictEqual(reasonOf(trap(good, key)), "InvalidOptions")
    })
  }
  const bytes = Buffer.from(body)
  for (const [name, more, reason] of [
    ["options that are a revoked proxy", undefined, "InvalidOptions"],
    ["a body that is a proxy of bytes", { body: new Proxy(bytes, {}) }, "InvalidBody"],
    ["a body that is a revoked proxy", { body: revoked({}) }, "InvalidBody"],
    ["a body with a length that throws", { body: trap({}, "byteLength") }, "InvalidBody"],
    ["headers that are a revoked proxy", { headers: revoked({}) }, "InvalidHeaders"],
    ["a header that is an object", { headers: { ...headers, "webhook-id": { toString: boom } } }, "InvalidHeader"],
    ["a list of headers that throws", { headers: { [Symbol.iterator]: boom } }, "InvalidHeaders"],
    ["a secret that is a revoked proxy", { secret: revoked([]) }, "InvalidSecret"],
    ["a secret in a list that throws", { secret: trap(["a"], "0") }, "InvalidSecret"],
    ["a scheme that throws", { secret: undefined, scheme: { headers: [], authenticate: boom } }, "InvalidOptions"],
    ["a scheme that is a revoked proxy", { secret: undefined, scheme: revoked({}) }, "InvalidOptions"]
  ] as const) {
    it(`for ${name}`, () => {
      assert.strictEqual(reasonOf(more === undefined ? revoked({}) : { ...good, ...more }), reason)
    })
  }
  it("keeps what was thrown as the cause, and out of the message", () => {
    try {
      verifyAywaRuntimeWebhook(trap(good, "headers") as VerifyWebhookOptions)
      assert.fail("must throw")
    } catch (error) {
      assert.isTrue(isWebhookVerificationError(error))
      assert.notInclude((error as Error).message, "boom")
      assert.strictEqual(((error as Error).cause as Error).message, "boom")
    }
  })
  it("verifies the bytes that it parses, although another thread may write to them", () => {
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
    shared.set(bytes)
    assert.strictEqual(reasonOf({ ...good, body: shared }), "ok")
  })

  it("with fields that throw, are of any kind, or are missing", () => {
    // By name: fast-check looks at its values, which these do not survive.
    const hostile: Readonly<Record<string, unknown>> = {
      "a revoked object": revoked({}),
      "a revoked list": revoked([]),
      "a length that throws": trap({}, "length"),
      "a function that throws": boom,
      "a symbol": Symbol("x"),
      "a proxy of bytes": new Proxy(bytes, {})
    }
    const odd = fc.oneof(
      fc.record({ plain: fc.anything() }),
      fc.record({ hostile: fc.constantFrom(...Object.keys(hostile)) })
    )
    const keys = ["body", "headers", "secret", "scheme", "now", "toleranceSeconds", "maxBodyBytes", "request"]
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...keys), odd),
        fc.array(fc.constantFrom(...keys)),
        (more, throwing) => {
          const fields = Object.entries(more).map(([key, value]) => [
            key,
            "plain" in value ? value.plain : hostile[value.hostile]
          ])
          const options = throwing.reduce(trap, { ...good, ...Object.fromEntries(fields) })
          const reason = reasonOf(options)
          if (reason === "ok")
            assert.deepStrictEqual(
              throwing.filter((key) => key !== "request"),
              []
            )
        }
      ),
      { numRuns: runs(1000) }
    )
  })
})

describe("a receiver", () => {
  const request = { method: "POST", headers, body }
  it("tells what a reader of the body rejects with, and what was thrown before it", async () => {
    const read = (error: unknown) => ({ ...request, body: async () => raise(error) })
    assert.deepStrictEqual(await receive({}, read(new Error("the disk is full"))), [400, "InvalidBody"])
    assert.deepStrictEqual(await receive({}, read(undefined)), [400, "InvalidBody"])
    assert.deepStrictEqual(await receive({}, { ...request, body: boom }), [400, "InvalidBody"])
    assert.deepStrictEqual(await receive({}, { ...request, body: async () => ({ parsed: true }) }), [
      400,
      "InvalidBody"
    ])
  })
  for (const key of ["method", "headers", "body", "signal", "url"]) {
    it(`answers 500 when the request's ${key} throws as it is read`, async () => {
      const [status, ...told] = await receive({ handlers: { "status-update": () => {} } }, trap(request, key))
      // Nobody asks for the address.
      if (key === "url") return assert.deepStrictEqual([status, told], [200, []])
      assert.deepStrictEqual([status, told], [500, ["InvalidOptions"]])
    })
  }
  for (const key of ["secret", "scheme", "toleranceSeconds", "now"]) {
    it(`answers 500 when the option ${key} throws as it is read`, async () => {
      const told: Array<string> = []
      const options = {
        secret,
        now,
        onError: ({ reason }: { reason: { _tag: string } }) => void told.push(reason._tag)
      }
      const answer = await webhookReceiver(trap(options, key) as WebhookReceiverOptions)(request)
      assert.deepStrictEqual([answer.status, told], [500, ["InvalidOptions"]])
    })
  }
  it("answers 503 when handlers of one's own reject", async () => {
    const own = { types: [], answer: () => Promise.reject(new Error("no")), run: async () => {} }
    assert.deepStrictEqual(await receive({ handlers: own }, request), [503, "HandlerFailed"])
  })
  it("is not told apart by an onError that rejects", async () => {
    const seen: Array<unknown> = []
    const listen = (error: unknown) => seen.push(error)
    process.on("unhandledRejection", listen)
    const onError = () => Promise.reject(new Error("the log is full"))
    const answer = await webhookReceiver({ secret: "", now, onError })(request)
    await new Promise((resolve) => setImmediate(resolve))
    process.off("unhandledRejection", listen)
    assert.deepStrictEqual([answer.status, seen], [500, []])
  })
})

describe("fuzz by type, re-signed", () => {
  const field = fc.oneof(
    { maxDepth: 3 },
    fc.jsonValue(),
    fc.constantFrom(
      { toString: 1 },
      { id: { id: {} } },
      [[]],
      [null],
      [{ id: {}, name: {}, function: { arguments: [] } }],
      ""
    )
  )
  const keys = [
    "timestamp",
    "call",
    "id",
    "assistant",
    "phoneNumber",
    "artifact",
    "analysis",
    "endedReason",
    "status",
    "role",
    "transcript",
    "transcriptType",
    "text",
    "sampleRate",
    "toolCallList",
    "toolCalls",
    "toolWithToolCallList",
    "messagesOpenAIFormatted",
    "parameters",
    "campaignId",
    "contact",
    "request"
  ]
  const types = [
    "assistant-request",
    "tool-calls",
    "transfer-destination-request",
    "knowledge-base-request",
    "voice-request",
    "call.endpointing.request",
    "handoff-destination-request",
    "campaign.predial",
    "status-update",
    "end-of-call-report",
    "conversation-update",
    "speech-update",
    "transcript",
    'transcript[transcriptType="final"]',
    "assistant.speechStarted",
    "user-interrupted",
    "transfer-update",
    "phone-call-control",
    "hang",
    "model-output",
    "session.created",
    "call.artifact.upload",
    "video.started"
  ]
  /** What all types together require. */
  const sound = {
    endedReason: "x",
    status: "x",
    role: "user",
    transcript: "x",
    transcriptType: "final",
    text: "x",
    sampleRate: 8000,
    artifact: {},
    analysis: {},
    messagesOpenAIFormatted: [],
    parameters: {},
    campaignId: "x",
    contact: {},
    request: "forward"
  }
  const messages = fc.record({
    type: fc.constantFrom(...types),
    fields: fc.dictionary(fc.constantFrom(...keys), field, { maxKeys: 8 })
  })
  const handlers = {
    "assistant-request": () => ({ assistantId: "a" }),
    "tool-calls": ({ toolCalls }) => ({ results: toolCalls.map(({ id, name }) => ({ toolCallId: id, result: name })) }),
    "voice-request": () => new Uint8Array(2),
    "status-update": () => boom(),
    unknown: () => {}
  } satisfies WebhookHandlerMap

  it(
    "deliveries are answered, and whatever is not 200 is told",
    async () => {
      const statuses = new Set<unknown>()
      await fc.assert(
        fc.asyncProperty(messages, fc.boolean(), async ({ type, fields }, stores) => {
          const text = JSON.stringify({ message: { ...sound, ...fields, type } })
          const signed = { method: "POST", headers: signAywaRuntimeWebhook({ body: text, secret }), body: text }
          const inbox = stores ? { inbox: { offer: async () => {} } } : {}
          const [status, ...told] = await receive({ now: Date.now, handlers, ...inbox }, signed)
          statuses.add(status)
          assert.include([200, 422, 501, 503], status, text)
          if (status !== 200) assert.strictEqual(told.length, 1, text)
        }),
        { numRuns: runs(2000) }
      )
      assert.deepStrictEqual([...statuses].toSorted(), [200, 422, 501, 503])
    },
    limit(60_000)
  )
})

describe("adapters", () => {
  const signed = { ...signAywaRuntimeWebhook({ body, secret }) }
  const told = () => {
    const list: Array<string> = []
    return {
      list,
      onError: ({ reason }: { readonly reason: { readonly _tag: string } }) => void list.push(reason._tag)
    }
  }
  it("web: a body that somebody else holds is told, with what to change", async () => {
    const { list, onError } = told()
    const request = new Request("http://localhost/", { method: "POST", body, headers: signed })
    const reader = request.body?.getReader()
    const answer = await webhookHandler({ secret, onError })(request)
    assert.deepStrictEqual([answer.status, list], [400, ["InvalidBody"]])
    assert.match(await answer.text(), /read before/)
    reader?.releaseLock()
  })
  it("web: a body that breaks is told", async () => {
    const { list, onError } = told()
    const broken = new ReadableStream({ pull: (controller) => controller.error(new Error("reset")) })
    const init = { method: "POST", body: broken, duplex: "half", headers: signed }
    const answer = await webhookHandler({ secret, onError })(new Request("http://localhost/", init as RequestInit))
    assert.deepStrictEqual([answer.status, list], [400, ["InvalidBody"]])
  })

  const listen = async (handle: (request: IncomingMessage, response: ServerResponse) => unknown) => {
    const server = createServer((request, response) => void handle(request, response))
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const { port } = server.address() as AddressInfo
    return {
      port,
      url: `http://127.0.0.1:${port}`,
      [Symbol.asyncDispose]: () =>
        new Promise<void>((resolve) => {
          server.close(() => resolve())
          server.closeAllConnections()
        })
    }
  }
  it("node: an upload that breaks off is told apart from a wrong set-up", async () => {
    const { list, onError } = told()
    const handle = nodeWebhookHandler({ secret, onError })
    const handled = Promise.withResolvers<void>()
    await using server = await listen((request, response) => handle(request, response).then(handled.resolve))
    const socket = connect(server.port, "127.0.0.1")
    await once(socket, "connect")
    socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"message"`)
    await new Promise((resolve) => setImmediate(resolve))
    socket.destroy()
    await handled.promise
    assert.deepStrictEqual(list, ["BodyIncomplete"])
  })
  it("node: a response that somebody else began is left to them", async () => {
    const handle = nodeWebhookHandler({ secret })
    const handled = Promise.withResolvers<void>()
    await using server = await listen((request, response) => {
      response.writeHead(504).end("too late")
      void handle(request, response).then(handled.resolve, handled.reject)
    })
    const answer = await fetch(server.url, { method: "POST", body, headers: signed })
    assert.deepStrictEqual([answer.status, await answer.text()], [504, "too late"])
    await handled.promise
  })
})
