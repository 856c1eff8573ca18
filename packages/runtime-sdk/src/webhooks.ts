/**
 * Signed webhooks of the runtime: verification and typed events. Imports nothing but `node:crypto`.
 *
 * @since 0.1.0
 */
export { signAywaRuntimeWebhook, verifyAywaRuntimeWebhook } from "./webhooks/verify.ts"
export type { RuntimeWebhookEvent, VerifyWebhookOptions } from "./webhooks/verify.ts"
export { isWebhookVerificationError, WebhookVerificationError } from "./webhooks/WebhookVerificationError.ts"
export type { WebhookVerificationReason } from "./webhooks/WebhookVerificationError.ts"
export { convertWebhookSecret, generateWebhookSecret } from "./webhooks/secrets.ts"
export type { WebhookSecret, WebhookSecrets } from "./webhooks/secrets.ts"
export type { WebhookBody } from "./webhooks/body.ts"
export type { WebhookHeaders } from "./webhooks/headers.ts"
export type { WebhookIssue } from "./webhooks/checks.ts"
export type * from "./webhooks/events.ts"
