/**
 * The route handler for Fastify.
 *
 * @since 0.1.0
 */
import { Readable } from "node:stream"
import { WebhookVerificationError } from "../WebhookVerificationError.ts"
import type { WebhookHeaders } from "../headers.ts"
import { webhookReceiver, type WebhookReceiverOptions } from "./receiver.ts"

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

const advice =
  'Fastify parsed it. Register the route with app.register(fastifyWebhooks, { path, … }), which keeps the bytes of this route only; or in its scope: app.removeAllContentTypeParsers() and app.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: 10485760 }, (request, body, done) => done(null, body)).'

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
