/**
 * Receives webhooks in Next.js, on its Node.js runtime.
 *
 * @since 0.2.0
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { nodeWebhookHandler } from "../handling/node.ts"
import type { WebhookReceiverOptions } from "../handling/receiver.ts"
import { webhookHandler } from "../handling/web.ts"
import { untilDone } from "./waitUntil.ts"

/**
 * A route handler of the app router: `export const POST = aywaRoute(options)` in `app/webhooks/route.ts`.
 *
 * **Details**
 *
 * `after` of `next/server` waits for what `onError` returns, after the answer.
 *
 * **Example**
 *
 * ```ts
 * import { aywaRoute } from "@aywa-ai/runtime-sdk/webhooks/nextjs"
 *
 * export const POST = aywaRoute({
 *   secret: process.env["AYWA_RUNTIME_WEBHOOK_SECRET"],
 *   handlers: { "assistant-request": () => ({ assistantId: "your-assistant-id" }) }
 * })
 * ```
 *
 * @since 0.2.0
 * @category adapters
 */
export const aywaRoute = ({
  after,
  ...options
}: WebhookReceiverOptions & {
  readonly after?: ((promise: Promise<unknown>) => void) | undefined
}): ((request: Request) => Promise<Response>) => webhookHandler(untilDone(options, after))

/**
 * A handler of the pages router, for `pages/api/webhooks.ts`. Next must leave the body alone there:
 * `export const config = { api: { bodyParser: false } }`. Without it the answer is a 400 that says so.
 *
 * @since 0.2.0
 * @category adapters
 */
export const aywaApiHandler = (
  options: WebhookReceiverOptions
): ((request: IncomingMessage, response: ServerResponse) => Promise<void>) => nodeWebhookHandler(options)
