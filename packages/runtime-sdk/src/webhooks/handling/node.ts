/**
 * The adapter for Node's own http server, and for Express, Nest, Koa's raw objects and others on top of it.
 *
 * @since 0.1.0
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { quietly } from "../../config/callbacks.ts"
import type { WebhookBody } from "../body.ts"
import { WebhookVerificationError } from "../WebhookVerificationError.ts"
import { webhookReceiver, type WebhookReceiverOptions } from "./receiver.ts"
import { isObject } from "../../schema/isObject.ts"
import { reportToProcess } from "./report.ts"
import { sendAnswer } from "./send.ts"
import { refusalOf } from "./steps.ts"

/** A request of Node, with what frameworks put on it. */
export type NodeWebhookRequest = IncomingMessage & {
  /** What a body parser made of the body. */
  readonly body?: unknown
  /** The bytes that Nest and some clouds keep beside the parsed body. */
  readonly rawBody?: unknown
  /** The address before a router of Express took its own part away. */
  readonly originalUrl?: string
}

/**
 * A handler of Node's http server and of Express.
 *
 * **Details**
 *
 * Reads the body itself, up to `maxBodyBytes`. Takes the bytes that `express.raw()` left, or Nest's `rawBody`, when the
 * stream was read before; answers 400 and says what to change when only a parsed object is left. Answers everything but
 * POST with 405. Never rejects.
 *
 * **Example**
 *
 * ```ts
 * import { createServer } from "node:http"
 * import { nodeWebhookHandler } from "@aywa-ai/runtime-sdk/webhooks/handlers"
 *
 * export const server = createServer(
 *   nodeWebhookHandler({
 *     secret: process.env["AYWA_RUNTIME_WEBHOOK_SECRET"],
 *     handlers: { "end-of-call-report": async (report) => console.log(report.endedReason) }
 *   })
 * )
 * ```
 *
 * @since 0.1.0
 * @category adapters
 */
export const nodeWebhookHandler = (
  options: WebhookReceiverOptions
): ((request: IncomingMessage, response: ServerResponse) => Promise<void>) => {
  const receive = webhookReceiver(options)
  return async (request: NodeWebhookRequest, response) => {
    const answer = await receive({
      method: request.method ?? "",
      url: request.originalUrl ?? request.url ?? "",
      headers: request.headers,
      signal: hungUpOf(response),
      body: (maxBytes) => nodeBody(request, maxBytes)
    })
    await sendAnswer(answer, request, response)
  }
}

const advice =
  'a body parser ran before this handler and kept no bytes. Express: register this route above app.use(express.json()), or give it express.raw({ type: "*/*", limit: "10mb" }). Nest: NestFactory.create(AppModule, { rawBody: true }) and app.useBodyParser("json", { limit: "10mb" }). Next, pages router: export const config = { api: { bodyParser: false } }.'

/** Aborted when the connection closes before the answer is out. */
export const hungUpOf = (response: ServerResponse): AbortSignal => {
  const hungUp = new AbortController()
  response.once("close", () => {
    if (!response.writableFinished) hungUp.abort()
  })
  return hungUp.signal
}

/**
 * For frameworks whose body parsers report a body that is too large: answers 413 with what to change, and tells
 * `onError`. Says whether the error was such a one.
 */
export const tooLargeBefore = (
  { onError = reportToProcess }: Pick<WebhookReceiverOptions, "onError">,
  advice: string
): ((error: unknown, request: IncomingMessage, response: ServerResponse) => boolean) => {
  return (error, request, response) => {
    if (!isObject(error) || error["type"] !== "entity.too.large") return false
    const limit = Number(error["limit"] ?? error["length"] ?? 0)
    const refusal = new WebhookVerificationError({ _tag: "BodyTooLarge", limit, advice })
    quietly(() => onError(refusal))
    void sendAnswer(refusalOf(refusal), request, response)
    return true
  }
}

/** The raw body: bytes that a framework kept, else the stream. */
export const nodeBody = async (request: NodeWebhookRequest, maxBytes: number): Promise<WebhookBody> => {
  for (const candidate of [request.rawBody, request.body]) {
    if (typeof candidate === "string" || candidate instanceof Uint8Array) return candidate
  }
  if (request.readableEnded || request.readableDidRead) {
    throw new WebhookVerificationError({ _tag: "InvalidBody", detail: advice })
  }
  const tooLarge = new WebhookVerificationError({ _tag: "BodyTooLarge", limit: maxBytes })
  if (Number(request.headers["content-length"]) > maxBytes) throw tooLarge
  return new Promise((resolve, reject) => {
    const chunks: Array<Buffer> = []
    let size = 0
    request.on("data", (chunk: Buffer) => {
      size += chunk.length
      if (size <= maxBytes) chunks.push(chunk)
      else reject(tooLarge)
    })
    request.once("end", () => resolve(Buffer.concat(chunks)))
    const brokeOff = (cause?: unknown) => reject(new WebhookVerificationError({ _tag: "BodyIncomplete" }, { cause }))
    request.once("error", brokeOff)
    request.once("close", brokeOff)
  })
}
