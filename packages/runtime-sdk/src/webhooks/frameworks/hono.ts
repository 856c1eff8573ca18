/**
 * Receives webhooks in Hono.
 *
 * @since 0.2.0
 */
import { webhookReceiver, type WebhookReceiverOptions } from "../handling/receiver.ts"
import { answerRequest, readBody } from "../handling/web.ts"
import { WebhookVerificationError } from "../WebhookVerificationError.ts"

/** What is used of a context of Hono. */
export interface HonoContext {
  readonly req: {
    readonly raw: Request
    /** What Hono keeps of a body that was read before. */
    readonly bodyCache?: object | undefined
  }
}

/**
 * A handler of Hono: `app.all("/webhooks", aywaWebhooks(options))`.
 *
 * **Details**
 *
 * Takes the bytes or the text that Hono keeps when a middleware reads the body by `c.req`. Where it keeps neither, the
 * answer is a 400 that says so: what was parsed is not what was signed.
 *
 * **Example**
 *
 * ```ts
 * import { Hono } from "hono"
 * import { aywaWebhooks } from "@aywa-ai/runtime-sdk/webhooks/hono"
 *
 * export const app = new Hono().all(
 *   "/webhooks",
 *   aywaWebhooks({
 *     secret: process.env["AYWA_RUNTIME_WEBHOOK_SECRET"],
 *     handlers: { "end-of-call-report": async (report) => console.log(report.endedReason) }
 *   })
 * )
 * ```
 *
 * @since 0.2.0
 * @category adapters
 */
export const aywaWebhooks = (options: WebhookReceiverOptions): ((context: HonoContext) => Promise<Response>) => {
  const receive = webhookReceiver(options)
  return ({ req }) =>
    answerRequest(receive, req.raw, (maxBytes) => keptBody(req.bodyCache ?? {}) ?? readBody(req.raw, maxBytes))
}

const keptBody = (cache: object): Promise<string | ArrayBuffer> | undefined => {
  const cacheEntries = { ...cache } as Readonly<Record<string, unknown>>
  for (const key of ["arrayBuffer", "text"]) {
    // Hono keeps the promise that it gave.
    if (cacheEntries[key] !== undefined) return Promise.resolve(cacheEntries[key] as Promise<string | ArrayBuffer>)
  }
  const [reader] = Object.keys(cacheEntries)
  if (reader === undefined) return undefined
  const how = reader === "parsedBody" ? "c.req.parseBody()" : `c.req.${reader}()`
  throw new WebhookVerificationError({
    _tag: "InvalidBody",
    detail: `a middleware called ${how} before this handler. Register the route above it, or call c.req.text() there.`
  })
}
