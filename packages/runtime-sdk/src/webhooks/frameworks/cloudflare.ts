/**
 * Receives webhooks in Cloudflare Workers, with the flag `nodejs_compat`.
 *
 * @since 0.2.0
 */
import type { WebhookReceiverOptions } from "../handling/receiver.ts"
import { webhookHandler } from "../handling/web.ts"
import { untilDone } from "./waitUntil.ts"

/** What is used of the context of a Worker. */
export interface WorkerContext {
  waitUntil(promise: Promise<unknown>): void
}

/**
 * A Worker: `export default aywaWorker((env) => options)`. Secrets are in the environment, so options are made of it.
 *
 * **Details**
 *
 * What `onError` returns is waited for by `waitUntil`, after the answer.
 *
 * **Example**
 *
 * ```ts
 * import { aywaWorker } from "@aywa-ai/runtime-sdk/webhooks/cloudflare"
 *
 * export default aywaWorker((env: { readonly AYWA_RUNTIME_WEBHOOK_SECRET: string }) => ({
 *   secret: env.AYWA_RUNTIME_WEBHOOK_SECRET,
 *   handlers: { "assistant-request": () => ({ assistantId: "your-assistant-id" }) }
 * }))
 * ```
 *
 * @since 0.2.0
 * @category adapters
 */
export const aywaWorker = <Env>(
  optionsOf: (env: Env) => WebhookReceiverOptions
): { readonly fetch: (request: Request, env: Env, context: WorkerContext) => Promise<Response> } => ({
  fetch: (request, env, context) =>
    webhookHandler(untilDone(optionsOf(env), (promise) => context.waitUntil(promise)))(request)
})
