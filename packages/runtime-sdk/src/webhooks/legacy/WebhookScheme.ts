/**
 * Ways in which a sender other than the runtime proves who it is. Each is an explicit choice: nothing is inferred from
 * a request.
 *
 * **Example**
 *
 * ```ts
 * import { verifyAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
 * import { WebhookScheme } from "@aywa-ai/runtime-sdk/webhooks/legacy"
 *
 * // While calls move over from the old platform to the runtime, both may send.
 * const scheme = WebhookScheme.firstPresent([
 *   WebhookScheme.standard({ secret: process.env["AYWA_RUNTIME_WEBHOOK_SECRET"] }),
 *   WebhookScheme.sharedSecret({ secrets: process.env["OLD_PLATFORM_SECRET"] })
 * ])
 *
 * export const receive = async (request: Request) =>
 *   verifyAywaRuntimeWebhook({ body: await request.text(), headers: request.headers, scheme })
 * ```
 *
 * @since 0.1.0
 */
import { failMissing, readHeaders } from "../headers.ts"
import { standard as standardScheme, type WebhookScheme } from "../scheme.ts"
import type { WebhookSecrets } from "../secrets.ts"
import { fail } from "../WebhookVerificationError.ts"

export { hmac, type HmacOptions } from "./hmac.ts"
export type { LegacySecret } from "./key.ts"
export { sharedSecret, type SharedSecretOptions } from "./sharedSecret.ts"
export { stripe, type StripeOptions } from "./stripe.ts"

/**
 * The runtime's own scheme as a value, for `firstPresent`.
 *
 * @since 0.1.0
 * @category schemes
 */
export const standard = (options: { readonly secret: WebhookSecrets }): WebhookScheme => ({
  headers: standardScheme.headers,
  authenticate: (call) => standardScheme.authenticate({ ...call, secret: options.secret })
})

/**
 * For the time of a cut-over: the first scheme whose header is present judges the request, and its word is final. A
 * request that fails it is not tried by the next one, so put the strongest first.
 *
 * @since 0.1.0
 * @category schemes
 */
export const firstPresent = (schemes: ReadonlyArray<WebhookScheme>): WebhookScheme => {
  const headers = schemes.flatMap((scheme) => scheme.headers)
  if (headers.length === 0) return fail({ _tag: "InvalidOptions", option: "schemes", detail: "give at least one." })
  return {
    headers,
    authenticate: (call) => {
      const isPresent = (name: string) => readHeaders(call.headers, [name])[0]?.length !== 0
      const match = schemes.find((scheme) => scheme.headers.some(isPresent))
      return match === undefined ? failMissing(headers, []) : match.authenticate(call)
    }
  }
}
