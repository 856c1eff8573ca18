/** Audio that breaks off, or is none: whoever has to know is told, behind every adapter. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as HttpRouter from "effect/http/HttpRouter"
import { assert, describe, it } from "vitest"
import { AywaWebhooks } from "../../src/effect.ts"
import { generateWebhookSecret, signAywaRuntimeWebhook } from "../../src/webhooks.ts"
import {
  nodeWebhookHandler,
  webhookHandler,
  type WebhookHandlerMap,
  type WebhookReceiverOptions
} from "../../src/webhooks/handlers.ts"
import { WebhookRoute } from "../../src/webhooks/http.ts"

const secret = generateWebhookSecret()
const body = JSON.stringify({ message: { type: "voice-request", text: "hi", sampleRate: 8000 } })
const ask = (url: string) =>
  new Request(url, { method: "POST", body, headers: signAywaRuntimeWebhook({ body, secret }) })

type Adapter = (options: WebhookReceiverOptions) => Promise<Response>

const adapters: Readonly<Record<string, Adapter>> = {
  webhookHandler: (options) => webhookHandler(options)(ask("http://localhost/")),
  nodeWebhookHandler: async (options) => {
    const handle = nodeWebhookHandler(options)
    const server = createServer((request, response) => void handle(request, response))
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const { port } = server.address() as AddressInfo
    const answer = await fetch(ask(`http://127.0.0.1:${port}/`))
    server.close()
    return answer
  },
  WebhookRoute: async ({ handlers, onError }) => {
    // The same replies, as effects.
    const voice = Object(handlers)["voice-request"]
    const route = WebhookRoute.layer("/", {
      handlers: { "voice-request": () => Effect.sync(voice) } as object,
      onError: (error) => Effect.sync(() => onError?.(error))
    })
    const { handler } = HttpRouter.toWebHandler(route.pipe(Layer.provide(AywaWebhooks.layer({ secret }))))
    return handler(ask("http://localhost/"))
  }
}

const piece = Buffer.from("pcm!")

describe.each(Object.keys(adapters))("%s", (name) => {
  const hear = async (reply: unknown) => {
    const told = Promise.withResolvers<string>()
    const map: object = { "voice-request": reply }
    const answer = await adapters[name]?.({
      secret,
      handlers: map as WebhookHandlerMap,
      onError: (error) => told.resolve(`${error.message} ${String(error.cause)}`)
    })
    const text = await answer?.text().catch(() => "broke off")
    return { status: answer?.status, text, told: await told.promise }
  }
  it.each([
    [
      "throws",
      async function* () {
        yield piece
        throw new Error("the voice is gone")
      },
      /the handler threw; see the cause\. Error: the voice is gone/
    ],
    [
      "gives text",
      async function* () {
        yield piece
        yield "text"
      },
      /expected PCM bytes/
    ]
  ])("audio that %s on its way is told of", async (_, reply, words) => {
    const { status, text, told } = await hear(reply)
    assert.deepStrictEqual([status, text], [200, "broke off"])
    assert.match(told, words)
  })
  it.each([
    ["no piece", async function* () {}],
    ["no bytes", () => new Uint8Array(0)],
    ["half a sample", () => new Uint8Array(1)],
    [
      "empty pieces",
      async function* () {
        yield new Uint8Array(0)
        yield new Uint8Array(1)
      }
    ]
  ])("%s is no audio", async (_, reply) => {
    const { status, told } = await hear(reply)
    assert.strictEqual(status, 500)
    assert.match(told, /less than one sample/)
  })
})
