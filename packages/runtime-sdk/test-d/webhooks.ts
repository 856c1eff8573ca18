/**
 * Webhooks: what must and must not compile. Checked by `tsc`: a `@ts-expect-error` without an error is an error.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import {
  verifyAywaRuntimeWebhook,
  type KnownMessageType,
  type RequestMessage,
  type WebhookMessage,
  type WebhookSink
} from "@aywa-ai/runtime-sdk/webhooks"
import {
  handlers,
  nodeWebhookHandler,
  webhookHandler,
  webhookReceiver,
  type NoticeType,
  type RequestType,
  type WebhookHandlerMap,
  type WebhookReplies
} from "@aywa-ai/runtime-sdk/webhooks/handlers"
import { WebhookScheme } from "@aywa-ai/runtime-sdk/webhooks/legacy"
import { WebhookRoute } from "@aywa-ai/runtime-sdk/webhooks/http"

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const proven = <T extends true>(): T | void => undefined

type Asking =
  | "assistant-request"
  | "tool-calls"
  | "transfer-destination-request"
  | "knowledge-base-request"
  | "voice-request"
  | "call.endpointing.request"
  | "handoff-destination-request"
  | "campaign.predial"

declare const note: (...what: ReadonlyArray<unknown>) => void

// Exactly these ask, and nothing asks and tells.
proven<Equal<RequestMessage["type"], Asking>>()
proven<Equal<RequestType, Asking>>()
proven<Equal<keyof WebhookReplies, Asking>>()
proven<Equal<Extract<NoticeType, RequestType>, never>>()
proven<Equal<KnownMessageType, NoticeType | RequestType>>()
proven<Equal<keyof WebhookHandlerMap, Asking | NoticeType | "unknown" | "invalid">>()

// The union is closed over its tags, so a switch can be exhaustive.
const describe = (message: WebhookMessage): string => {
  switch (message.type) {
    case "tool-calls":
      return message.toolCalls.map((call) => call.name).join()
    case "transcript":
      return message.transcript
    case "unknown":
      return message.of
    case "invalid":
      return String(message.issues.length)
    default:
      return message.type
  }
}

// A reply is mandatory for each of them.
// @ts-expect-error no reply
handlers({ "assistant-request": () => {} })
// @ts-expect-error no reply
handlers({ "tool-calls": async () => {} })
// @ts-expect-error no reply
handlers({ "transfer-destination-request": () => undefined })
// @ts-expect-error no reply
handlers({ "knowledge-base-request": async () => undefined })
// @ts-expect-error no reply
handlers({ "voice-request": () => {} })
// @ts-expect-error no reply
handlers({ "call.endpointing.request": () => {} })
// @ts-expect-error no reply in the long form either
handlers({ "tool-calls": { reply: async () => {} } })

// And must be one that the runtime reads.
handlers({ "assistant-request": () => ({ assistantId: "a", assistantOverrides: { firstMessage: "Hi" } }) })
// @ts-expect-error exactly one of them
handlers({ "assistant-request": () => ({ assistantId: "a", error: "closed" }) })
// @ts-expect-error an empty reply decides nothing
handlers({ "assistant-request": () => ({}) })
handlers({ "tool-calls": () => ({ results: [{ toolCallId: "1", result: { any: "json" } }] }) })
// @ts-expect-error a result or an error, not both
handlers({ "tool-calls": () => ({ results: [{ toolCallId: "1", result: "a", error: "b" }] }) })
// An id may be missing: the result then says so, and is paired by its place.
handlers({
  "tool-calls": ({ toolCalls }) => ({
    results: toolCalls.map(({ id }) => {
      proven<Equal<typeof id, string | undefined>>()
      return { toolCallId: id, result: "a" }
    })
  })
})
// @ts-expect-error a result names its call
handlers({ "tool-calls": () => ({ results: [{ result: "a" }] }) })
// @ts-expect-error the reply of another event
handlers({ "call.endpointing.request": () => ({ results: [] }) })
handlers({ "voice-request": () => new Uint8Array() })
handlers({
  "voice-request": async function* ({ sampleRate }) {
    yield new Uint8Array(sampleRate)
  }
})
// @ts-expect-error audio is no JSON
handlers({ "voice-request": () => ({ data: "…" }) })
handlers({
  "tool-calls": {
    reply: async ({ toolCalls }, { signal }) => ({
      results: toolCalls.map(({ id }) => ({ toolCallId: id, result: signal.aborted }))
    }),
    timeoutSeconds: 60,
    fallback: ({ toolCalls }) => ({ error: `${toolCalls.length} tools are busy` })
  }
})

// A reply is impossible for all others.
handlers({ "end-of-call-report": (report) => void report.analysis.summary })
handlers({ "status-update": async ({ status }) => note(status) })
// @ts-expect-error nobody reads this
handlers({ "status-update": () => ({ assistantId: "a" }) })
// @ts-expect-error nobody reads this
handlers({ "end-of-call-report": async () => "saved" })
// @ts-expect-error nobody reads this
handlers({ hang: () => 1 })
// @ts-expect-error there is no long form without a reply
handlers({ transcript: { reply: () => {} } })
// @ts-expect-error no such event
handlers({ "assistant-requests": () => ({ assistantId: "a" }) })
handlers({ "handoff-destination-request": () => ({ destination: { type: "assistant", assistantId: "a" } }) })
// @ts-expect-error a destination or an error, not both
handlers({ "handoff-destination-request": () => ({ destination: {}, error: "closed" }) })
// @ts-expect-error no reply
handlers({ "campaign.predial": () => {} })
handlers({ unknown: ({ of, raw }) => note(of, raw), invalid: ({ issues }) => note(issues) })

// Secrets may be what `process.env.X` is; a scheme brings its own.
const env: string | undefined = process.env["X"]
const body = ""
const headers = {}
const event = verifyAywaRuntimeWebhook({ body, headers, secret: env })
proven<Equal<typeof event.id, string>>()
proven<Equal<typeof event.scheme, "standard-webhooks">>()
const scheme = WebhookScheme.sharedSecret({ secrets: env })
const legacy = verifyAywaRuntimeWebhook({ body, headers, scheme })
proven<Equal<typeof legacy.id, string | undefined>>()
// @ts-expect-error a secret beside a scheme would be ignored
verifyAywaRuntimeWebhook({ body, headers, scheme, secret: env })
// @ts-expect-error no secret and no scheme
verifyAywaRuntimeWebhook({ body, headers })
// @ts-expect-error a parsed body cannot be verified
verifyAywaRuntimeWebhook({ body: { message: {} }, headers, secret: env })

// Adapters fit the frameworks' own types.
const sink: WebhookSink = { offer: async ({ id, body, type, callId }) => note(id, body, type, callId) }
const web: (request: Request) => Promise<Response> = webhookHandler({ secret: env, inbox: sink })
const node: (request: IncomingMessage, response: ServerResponse) => unknown = nodeWebhookHandler({
  secret: env,
  handlers: handlers({})
})
webhookReceiver({ scheme, handlers: { hang: () => {} }, onError: (error) => note(error.message, error.reason._tag) })

// Effects as handlers: the same rules, and their services become the layer's.
WebhookRoute.layer("/webhooks", {
  handlers: {
    "assistant-request": () => Effect.succeed({ assistantId: "a" }),
    "voice-request": () => Effect.succeed(Stream.make(new Uint8Array())),
    hang: () => Effect.void
  }
})
// @ts-expect-error no reply
WebhookRoute.layer("/webhooks", { handlers: { "tool-calls": () => Effect.void } })
// @ts-expect-error nobody reads this
WebhookRoute.layer("/webhooks", { handlers: { hang: () => Effect.succeed(1) } })

export { describe, node, web }
