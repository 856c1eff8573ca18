/**
 * Receives webhooks in Elysia.
 *
 * @since 0.2.0
 */
import type { WebhookReceiverOptions } from "../handling/receiver.ts"
import { webhookHandler } from "../handling/web.ts"

/** What is used of an app of Elysia. */
export interface ElysiaApp {
  all(
    path: string,
    handler: (context: { readonly request: Request }) => Promise<Response>,
    hook: { readonly parse: "none" }
  ): unknown
}

/**
 * A plugin with one route: `app.use(aywaWebhooks({ path: "/webhooks", … }))`. Elysia parses no body of this route; all
 * others keep their parsers.
 *
 * **Example**
 *
 * ```ts
 * import { Elysia } from "elysia"
 * import { aywaWebhooks } from "@aywa-ai/runtime-sdk/webhooks/elysia"
 *
 * export const app = new Elysia().use(
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
}: WebhookReceiverOptions & { readonly path: string }): (<App extends ElysiaApp>(app: App) => App) => {
  const receive = webhookHandler(options)
  return (app) => {
    app.all(path, ({ request }) => receive(request), { parse: "none" })
    return app
  }
}
