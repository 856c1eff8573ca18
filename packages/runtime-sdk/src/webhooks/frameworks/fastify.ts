/**
 * Receives webhooks in Fastify.
 *
 * @since 0.1.0
 */
import { quietly } from "../../config/callbacks.ts"
import { fastifyWebhookHandler, type FastifyWebhookReply, type FastifyWebhookRequest } from "../handling/fastify.ts"
import type { WebhookReceiverOptions } from "../handling/receiver.ts"
import { reportToProcess } from "../handling/report.ts"
import { refusalOf } from "../handling/steps.ts"
import { WebhookVerificationError } from "../WebhookVerificationError.ts"

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
