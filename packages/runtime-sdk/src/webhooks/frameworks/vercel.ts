/**
 * Receives webhooks in Vercel Functions.
 *
 * @since 0.2.0
 */
import type { WebhookReceiverOptions } from "../handling/receiver.ts"
import { webhookHandler } from "../handling/web.ts"
import { untilDone } from "./waitUntil.ts"

/**
 * A function of the Node.js runtime: `export const POST = aywaWebhooks(options)`.
 *
 * **Details**
 *
 * `waitUntil` of `@vercel/functions` waits for what `onError` returns, after the answer. Vercel takes 4.5 MB and answers
 * 413 before this code runs: the runtime's reports may be larger.
 *
 * **Example**
 *
 * ```ts
 * import { aywaWebhooks } from "@aywa-ai/runtime-sdk/webhooks/vercel"
 *
 * export const POST = aywaWebhooks({
 *   secret: process.env["AYWA_RUNTIME_WEBHOOK_SECRET"],
 *   handlers: { "assistant-request": () => ({ assistantId: "your-assistant-id" }) }
 * })
 * ```
 *
 * @since 0.2.0
 * @category adapters
 */
export const aywaWebhooks = ({
  waitUntil,
  ...options
}: WebhookReceiverOptions & {
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined
}): ((request: Request) => Promise<Response>) => webhookHandler(untilDone(options, waitUntil))
