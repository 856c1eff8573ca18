/**
 * The adapter for Fastify.
 *
 * @since 0.1.0
 */
import { Readable } from "node:stream"
import { quietly } from "../../config/callbacks.ts"
import { WebhookVerificationError } from "../WebhookVerificationError.ts"
import type { WebhookHeaders } from "../headers.ts"
import { webhookReceiver, type WebhookReceiverOptions } from "./receiver.ts"
import { reportToProcess } from "./report.ts"
import { refusalOf } from "./steps.ts"

/** What is used of a request of Fastify. */
export interface FastifyWebhookRequest {
  readonly method: string
  readonly url: string
  readonly headers: { readonly [name: string]: string | Array<string> | undefined }
  readonly body: unknown
}

/** What is used of a reply of Fastify. */
export interface FastifyWebhookReply {
  readonly raw: {
    readonly writableFinished: boolean
    readonly once: (event: "close", listener: () => void) => unknown
  }
  code(status: number): unknown
  headers(headers: { readonly [name: string]: string }): unknown
  send(body: unknown): unknown
}

/** What is used of a Fastify instance. */
export interface FastifyWebhookInstance {
  removeAllContentTypeParsers(): void
  addContentTypeParser(
    type: "*",
    options: { readonly parseAs: "buffer"; readonly bodyLimit: number },
    parser: (request: never, body: Buffer, done: (error: Error | null, body?: unknown) => void) => void
  ): unknown
  setErrorHandler(handler: (error: unknown, request: unknown, reply: FastifyWebhookReply) => unknown): unknown
  all(path: string, handler: (request: FastifyWebhookRequest, reply: FastifyWebhookReply) => Promise<unknown>): unknown
}

const advice =
  'Fastify parsed it. Register the route with app.register(fastifyWebhooks, { path, … }), which keeps the bytes of this route only; or in its scope: app.removeAllContentTypeParsers() and app.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: 10485760 }, (request, body, done) => done(null, body)).'

/** What the plugin is registered with. */
export interface FastifyWebhookOptions extends WebhookReceiverOptions {
  readonly path: string
  /** Fastify's own. */
  readonly prefix?: string | undefined
  readonly logLevel?: string | undefined
  readonly logSerializers?: unknown
}

/**
 * A plugin with one route. Its raw body parser is encapsulated: all other routes keep theirs.
 *
 * **Example**
 *
 * ```ts
 * import fastify from "fastify"
 * import { fastifyWebhooks } from "@aywa-ai/runtime-sdk/webhooks/handlers"
 *
 * export const app = fastify()
 * app.register(fastifyWebhooks, {
 *   path: "/webhooks",
 *   secret: process.env["AYWA_RUNTIME_WEBHOOK_SECRET"],
 *   handlers: { "end-of-call-report": async (report) => console.log(report.endedReason) }
 * })
 * ```
 *
 * @since 0.1.0
 * @category adapters
 */
export const fastifyWebhooks = async (app: FastifyWebhookInstance, options: FastifyWebhookOptions): Promise<void> => {
  app.removeAllContentTypeParsers()
  const { maxBodyBytes = 0 } = options
  // A limit that is none is refused by the receiver, with its own words.
  const bodyLimit = Number.isSafeInteger(maxBodyBytes) && maxBodyBytes > 0 ? maxBodyBytes : 10 * 1024 * 1024
  app.addContentTypeParser("*", { parseAs: "buffer", bodyLimit }, (_, body, done) => done(null, body))
  app.setErrorHandler((error, _request, reply) => {
    if (Reflect.get(Object(error), "code") !== "FST_ERR_CTP_BODY_TOO_LARGE") throw error
    const refusal = new WebhookVerificationError({ _tag: "BodyTooLarge", limit: bodyLimit })
    quietly(() => (options.onError ?? reportToProcess)(refusal))
    const { status, headers, body } = refusalOf(refusal)
    reply.code(status)
    // The rest of the body is still on its way: it must not be taken for the next request.
    reply.headers({ ...headers, connection: "close" })
    return reply.send(body)
  })
  // Fastify has options of its own in every registration.
  const { path, prefix: _prefix, logLevel: _logLevel, logSerializers: _logSerializers, ...own } = options
  app.all(path, fastifyWebhookHandler(own))
}

/**
 * The route handler alone, for a scope whose content type parser keeps the bytes.
 *
 * @since 0.1.0
 * @category adapters
 */
export const fastifyWebhookHandler = (
  options: WebhookReceiverOptions
): ((request: FastifyWebhookRequest, reply: FastifyWebhookReply) => Promise<unknown>) => {
  const receive = webhookReceiver(options)
  return async (request, reply) => {
    const hungUp = new AbortController()
    reply.raw.once("close", () => {
      if (!reply.raw.writableFinished) hungUp.abort()
    })
    const answer = await receive({
      method: request.method,
      url: request.url,
      headers: request.headers as WebhookHeaders,
      signal: hungUp.signal,
      body: async () => rawOf(request.body)
    })
    reply.code(answer.status)
    reply.headers(answer.headers)
    return reply.send(typeof answer.body === "string" ? answer.body : Readable.from(answer.body, { objectMode: false }))
  }
}

const rawOf = (body: unknown): string | Uint8Array => {
  // A POST without a content type has no body for Fastify: an empty one is refused further on.
  if (body === undefined || body === null) return ""
  if (typeof body === "string" || body instanceof Uint8Array) return body
  throw new WebhookVerificationError({ _tag: "InvalidBody", detail: advice })
}
