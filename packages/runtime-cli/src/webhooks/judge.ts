/**
 * Whether a delivery that went through here was signed with the secret that is set here.
 */
import { isWebhookVerificationError, verifyAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"

/** `good`, or the reason why not. */
export const judge = (
  delivery: {
    readonly headers: Readonly<Record<string, string | Array<string> | undefined>>
    readonly body: Uint8Array
  },
  secret: string
): string => {
  try {
    verifyAywaRuntimeWebhook({ headers: delivery.headers, body: delivery.body, secret })
    return "good"
  } catch (error) {
    return isWebhookVerificationError(error) ? error.reason._tag : "unreadable"
  }
}
