/**
 * Receives webhooks in Koa.
 *
 * @since 0.2.0
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { Readable } from "node:stream"
import { hungUpOf, nodeBody } from "../handling/node.ts"
import { webhookReceiver, type WebhookReceiverOptions } from "../handling/receiver.ts"

/** What is used of a context of Koa. */
export interface KoaContext {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly request: object
  readonly path: string
  readonly originalUrl: string
  status: number
  body: unknown
  set(headers: { readonly [name: string]: string }): void
}

/**
 * A middleware for one path: `app.use(aywaWebhooks({ path: "/webhooks", … }))`, above any body parser.
 *
 * **Example**
 *
 * ```ts
 * import Koa from "koa"
 * import { aywaWebhooks } from "@aywa-ai/runtime-sdk/webhooks/koa"
 *
 * export const app = new Koa().use(
 *   aywaWebhooks({
 *     path: "/webhooks",
 *     secret: process.env["AYWA_RUNTIME_WEBHOOK_SECRET"],
 *     handlers: { "end-of-call-report": async (report) => console.log(report.endedReason) }
 *   })
 * )
 * ```
 *
 * @since 0.2.0
 * @category adapters
 */
export const aywaWebhooks = ({
  path,
  ...options
}: WebhookReceiverOptions & { readonly path: string }): ((
  context: KoaContext,
  next: () => Promise<unknown>
) => Promise<unknown>) => {
  const receive = webhookReceiver(options)
  return async (context, next) => {
    if (context.path !== path) return next()
    const { req, res, originalUrl: url } = context
    // koa-bodyparser keeps the text beside what it parsed.
    const parserFields: { readonly rawBody?: unknown; readonly body?: unknown } = { ...context.request }
    const body = (maxBytes: number) => nodeBody(Object.assign(req, parserFields), maxBytes)
    const answer = await receive({ method: req.method ?? "", url, headers: req.headers, signal: hungUpOf(res), body })
    context.status = answer.status
    context.set(req.complete ? answer.headers : { ...answer.headers, connection: "close" })
    if (!req.complete) req.resume()
    context.body = typeof answer.body === "string" ? answer.body : Readable.from(answer.body, { objectMode: false })
    return undefined
  }
}
