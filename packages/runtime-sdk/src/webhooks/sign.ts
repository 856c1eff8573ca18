/**
 * Signs deliveries as the runtime does, for tests of one's own handler.
 *
 * @since 0.1.0
 */
import { randomUUID } from "node:crypto"
import type { Names } from "../config/unknownNames.ts"
import { rawBody, type WebhookBody } from "./body.ts"
import { parseId } from "./headers.ts"
import { standardMac } from "./scheme.ts"
import { readSecrets, standardKeys, type WebhookSecrets } from "./secrets.ts"
import { refuseUnknown } from "./verify.ts"
import { fail } from "./WebhookVerificationError.ts"

/**
 * What is signed.
 *
 * @since 0.2.0
 * @category models
 */
export interface SignWebhookOptions {
  /** The body as it is sent, byte for byte. */
  readonly body: WebhookBody
  /** Several secrets give several signatures, as during a rotation. */
  readonly secret: WebhookSecrets
  /** A new one by default. */
  readonly id?: string | undefined
  /** When the attempt is made: now by default. */
  readonly timestamp?: Date | undefined
}

const names: Names<SignWebhookOptions> = { body: true, secret: true, id: true, timestamp: true }

/**
 * Signs a body as the runtime does: the headers of one attempt. For tests of your own handler.
 *
 * @since 0.1.0
 * @category testing
 */
export const signAywaRuntimeWebhook = (
  options: SignWebhookOptions
): { readonly "webhook-id": string; readonly "webhook-timestamp": string; readonly "webhook-signature": string } => {
  refuseUnknown(options, names)
  const { timestamp: at = new Date() } = options
  if (!(at instanceof Date) || Number.isNaN(at.getTime())) {
    fail({ _tag: "InvalidOptions", option: "timestamp", detail: "must be a Date, and a valid one." })
  }
  const id = parseId(options.id ?? `evt_${randomUUID().replaceAll("-", "")}`, "webhook-id")
  const timestamp = String(Math.floor(at.getTime() / 1000))
  const body = rawBody(options.body, Infinity)
  const signatures = readSecrets(options.secret).map(
    (secret) => `v1,${standardMac(standardKeys.of(secret), id, timestamp, body)}`
  )
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") }
}
