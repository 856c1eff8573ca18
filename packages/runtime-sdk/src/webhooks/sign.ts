/**
 * Signs deliveries as the runtime does, for tests of one's own handler.
 *
 * @since 0.1.0
 */
import { randomUUID } from "node:crypto"
import { rawBody, type WebhookBody } from "./body.ts"
import { parseId } from "./headers.ts"
import { standardMac } from "./scheme.ts"
import { readSecrets, standardKeys, type WebhookSecrets } from "./secrets.ts"

/**
 * Signs a body as the runtime does: the headers of one attempt. For tests of your own handler.
 *
 * @since 0.1.0
 * @category testing
 */
export const signAywaRuntimeWebhook = (options: {
  readonly body: WebhookBody
  /** Several secrets give several signatures, as during a rotation. */
  readonly secret: WebhookSecrets
  /** A new one by default. */
  readonly id?: string | undefined
  /** When the attempt is made: now by default. */
  readonly timestamp?: Date | undefined
}): { readonly "webhook-id": string; readonly "webhook-timestamp": string; readonly "webhook-signature": string } => {
  const id = parseId(options.id ?? `evt_${randomUUID().replaceAll("-", "")}`, "webhook-id")
  const timestamp = String(Math.floor((options.timestamp ?? new Date()).getTime() / 1000))
  const body = rawBody(options.body, Infinity)
  const signatures = readSecrets(options.secret).map(
    (secret) => `v1,${standardMac(standardKeys.of(secret), id, timestamp, body)}`
  )
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") }
}
