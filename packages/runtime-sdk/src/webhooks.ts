/**
 * Signed webhooks of the runtime: verification and typed events. Imports nothing but `node:crypto`.
 *
 * @since 0.1.0
 */
export { verifyAywaRuntimeWebhook } from "./webhooks/verify.ts"
export { signAywaRuntimeWebhook } from "./webhooks/sign.ts"
export { parseAywaRuntimeWebhook } from "./webhooks/message.ts"
export { isWebhookVerificationError, WebhookVerificationError } from "./webhooks/WebhookVerificationError.ts"
export { convertWebhookSecret, generateWebhookSecret } from "./webhooks/secrets.ts"
export type * from "./webhooks/named.ts"
