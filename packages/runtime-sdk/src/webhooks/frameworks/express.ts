/**
 * Receives webhooks in Express.
 *
 * @since 0.2.0
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { nodeWebhookHandler, tooLargeBefore } from "../handling/node.ts"
import type { WebhookReceiverOptions } from "../handling/receiver.ts"

type Next = (error?: unknown) => void

/** The two handlers of a route of Express: for requests, and for what a body parser in front of it failed with. */
export type ExpressWebhooks = [
  (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  (error: unknown, request: IncomingMessage, response: ServerResponse, next: Next) => void
]

/**
 * Handlers of Express: `app.use("/webhooks", aywaWebhooks(options))`, above `express.json()`.
 *
 * **Details**
 *
 * Reads the bytes itself, or takes those of `express.raw({ type: "*\/*", limit: "10mb" })`. A body parser in front of it
 * that refuses a body as too large (100 KB by default) is named in the answer, and `onError` is told.
 *
 * **Example**
 *
 * ```ts
 * import express from "express"
 * import { aywaWebhooks } from "@aywa-ai/runtime-sdk/webhooks/express"
 *
 * export const app = express()
 * app.use(
 *   "/webhooks",
 *   aywaWebhooks({
 *     secret: process.env["AYWA_RUNTIME_WEBHOOK_SECRET"],
 *     handlers: { "end-of-call-report": async (report) => console.log(report.endedReason) }
 *   })
 * )
 * app.use(express.json())
 * ```
 *
 * @since 0.2.0
 * @category adapters
 */
export const aywaWebhooks = (options: WebhookReceiverOptions): ExpressWebhooks => {
  const refuse = tooLargeBefore(
    options,
    'A body parser in front of this route allows less. Register the route above app.use(express.json()), or raise its limit: express.raw({ type: "*/*", limit: "10mb" }).'
  )
  return [
    nodeWebhookHandler(options),
    (error, request, response, next) => {
      if (!refuse(error, request, response)) next(error)
    }
  ]
}
