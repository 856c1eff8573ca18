/** Handler maps and options are closed: what nobody would ever call is refused when it is written. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import { AywaWebhooks } from "../../src/effect.ts"
import { ConfigError } from "../../src/index.ts"
import {
  fastifyWebhookHandler,
  handlers,
  nodeWebhookHandler,
  webhookHandler,
  webhookReceiver,
  type WebhookHandlerMap,
  type WebhookReceiverOptions
} from "../../src/webhooks/handlers.ts"
import { WebhookRoute } from "../../src/webhooks/http.ts"
import { secret } from "./support/delivery.ts"

const refusal = (run: () => unknown): ConfigError => {
  try {
    run()
  } catch (error) {
    assert.instanceOf(error, ConfigError)
    return error
  }
  return assert.fail("nothing was thrown")
}

const reply = () => ({ error: "closed" })

/** The map, the field that is named, and what the message says. */
const wrong: ReadonlyArray<readonly [map: object, field: string, says: RegExp]> = [
  [{ "assistant-requests": reply }, "handlers.assistant-requests", /no event.*Did you mean assistant-request\?/],
  [{ "end-of-call-reports": () => {} }, "handlers.end-of-call-reports", /Did you mean end-of-call-report\?/],
  [{ endOfCallReport: () => {} }, "handlers.endOfCallReport", /Did you mean end-of-call-report\?/],
  [{ "tool-call": reply }, "handlers.tool-call", /Did you mean tool-calls\?/],
  [{ telepathy: reply }, "handlers.telepathy", /no event.*There are: assistant-request, tool-calls, /],
  [{ hang: "log" }, "handlers.hang", /a function, not a string/],
  [{ hang: { reply: () => {} } }, "handlers.hang", /a function, not an object/],
  [{ hang: null }, "handlers.hang", /a function, not null/],
  [
    { "tool-calls": "echo" },
    "handlers.tool-calls",
    /a function or \{ reply, timeoutSeconds, fallback \}, not a string/
  ],
  [{ "tool-calls": {} }, "handlers.tool-calls.reply", /a function, not undefined/],
  [
    { "tool-calls": { reply, timeout: 5 } },
    "handlers.tool-calls.timeout",
    /not an option.*Did you mean timeoutSeconds\?/
  ],
  [{ "tool-calls": { reply, timeoutSeconds: 301 } }, "handlers.tool-calls.timeoutSeconds", /1 to 300/],
  [{ "tool-calls": { reply, timeoutSeconds: "5" } }, "handlers.tool-calls.timeoutSeconds", /1 to 300/],
  [{ "tool-calls": { reply, timeoutSeconds: Number.NaN } }, "handlers.tool-calls.timeoutSeconds", /1 to 300/],
  // A fallback is for when all else failed: it is checked beforehand.
  [
    { "assistant-request": { reply, fallback: { eror: "x" } } },
    "handlers.assistant-request.fallback",
    /exactly one of/
  ],
  [{ "tool-calls": { reply, fallback: { error: "" } } }, "handlers.tool-calls.fallback", /error: expected /],
  [{ "tool-calls": { reply, fallback: 7 } }, "handlers.tool-calls.fallback", /an object with results, error/],
  [{ "voice-request": { reply, fallback: "silence" } }, "handlers.voice-request.fallback", /PCM bytes/]
]

describe("a map of handlers", () => {
  for (const [map, field, says] of wrong) {
    it(`${field}: ${says.source}`, () => {
      const error = refusal(() => handlers(map as WebhookHandlerMap))
      assert.strictEqual(error.field, field)
      assert.match(error.message, says)
    })
  }
  it("may leave types out as undefined, and have fallbacks that depend on the message", () => {
    const map = handlers({
      hang: undefined,
      "tool-calls": {
        reply: () => ({ error: "no" }),
        fallback: ({ toolCalls }) => ({ error: `${toolCalls.length} are busy` })
      },
      "assistant-request": { reply: () => ({ assistantId: "a" }), fallback: undefined, timeoutSeconds: undefined },
      "voice-request": { reply: () => new Uint8Array(2), fallback: new Uint8Array(2) },
      unknown: () => {},
      invalid: () => {}
    })
    assert.deepStrictEqual(map.types, ["tool-calls", "assistant-request", "voice-request", "unknown", "invalid"])
  })
  it("is read as a map when an event of one's own names is a function", () => {
    // `answer` and `run` are what the outcome of `handlers` has.
    const error = refusal(() => webhookReceiver({ secret, handlers: { answer: reply } as WebhookHandlerMap }))
    assert.strictEqual(error.field, "handlers.answer")
  })
})

describe("options of a receiver", () => {
  const odd = (more: object) => ({ secret, ...more }) as WebhookReceiverOptions
  const makers = { webhookReceiver, webhookHandler, nodeWebhookHandler, fastifyWebhookHandler }
  for (const [name, make] of Object.entries(makers)) {
    it(`${name}: a name that is none is refused`, () => {
      const error = refusal(() => make(odd({ maxBodyByte: 1 })))
      assert.strictEqual(error.field, "maxBodyByte")
      assert.match(error.message, /maxBodyByte is not an option.*Did you mean maxBodyBytes\?/)
    })
    it(`${name}: a handler that is none is refused`, () => {
      assert.strictEqual(refusal(() => make(odd({ handlers: { hangs: reply } }))).field, "handlers.hangs")
    })
  }
  it("what is called must be callable", () => {
    assert.strictEqual(refusal(() => webhookReceiver(odd({ onError: "log" }))).field, "onError")
    assert.strictEqual(refusal(() => webhookReceiver(odd({ inbox: {} }))).field, "inbox")
    assert.strictEqual(refusal(() => webhookReceiver(odd({ handlers: "all" }))).field, "handlers")
    assert.strictEqual(refusal(() => webhookReceiver(undefined as unknown as WebhookReceiverOptions)).field, "options")
  })
})

describe("WebhookRoute", () => {
  it.effect("fails with the same ConfigError, in the layer's error channel", () =>
    Effect.gen(function* () {
      for (const options of [
        { handlers: { hangs: () => Effect.void } },
        { handlers: { "tool-calls": { reply: () => Effect.void, timeout: 1 } } },
        { inbx: { offer: () => Effect.void } }
      ]) {
        const layer = WebhookRoute.layer("/webhooks", options as object)
        const error = yield* Effect.void.pipe(
          Effect.provide(Layer.provide(layer, [AywaWebhooks.layer({ secret }), HttpRouter.layer])),
          Effect.flip
        )
        assert.instanceOf(error, ConfigError)
        assert.match(error.message, /Did you mean/)
      }
    })
  )
})
