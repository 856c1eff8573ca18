/**
 * Signed webhooks of the runtime: verification and typed events. Imports nothing but `node:crypto`.
 *
 * @since 0.1.0
 */
export { verifyAywaRuntimeWebhook } from "./webhooks/verify.ts"
export type {
  AuthenticWebhookEvent,
  RuntimeWebhookEvent,
  VerifySchemeOptions,
  VerifyWebhookOptions
} from "./webhooks/verify.ts"
export { signAywaRuntimeWebhook } from "./webhooks/sign.ts"
export type { SignWebhookOptions } from "./webhooks/sign.ts"
export { parseAywaRuntimeWebhook } from "./webhooks/message.ts"
export { isWebhookVerificationError, WebhookVerificationError } from "./webhooks/WebhookVerificationError.ts"
export type { WebhookVerificationReason } from "./webhooks/WebhookVerificationError.ts"
export { convertWebhookSecret, generateWebhookSecret } from "./webhooks/secrets.ts"
export type { WebhookSecret, WebhookSecrets } from "./webhooks/secrets.ts"
export type { WebhookBody } from "./webhooks/body.ts"
export type { WebhookHeaders } from "./webhooks/headers.ts"
export type { WebhookScheme, WebhookSchemeName } from "./webhooks/scheme.ts"
export type { WebhookSink, WebhookSinkDelivery } from "./webhooks/sink.ts"
export type * from "./webhooks/events.ts"
