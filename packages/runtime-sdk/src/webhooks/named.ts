/**
 * The types that signatures of the webhook entries mention: TypeScript writes their names into the declarations of a
 * program that exports what it was given.
 */
export type { RawBody, WebhookBody } from "./body.ts"
export type * from "./events.ts"
export type { WebhookHeaders } from "./headers.ts"
export type { Authenticated, SchemeCall, WebhookScheme, WebhookSchemeName } from "./scheme.ts"
export type { WebhookSecret, WebhookSecrets } from "./secrets.ts"
export type { SignWebhookOptions } from "./sign.ts"
export type { WebhookSink, WebhookSinkDelivery } from "./sink.ts"
export type { AuthenticWebhookEvent, RuntimeWebhookEvent, VerifySchemeOptions, VerifyWebhookOptions } from "./verify.ts"
export type { WebhookVerificationError, WebhookVerificationReason } from "./WebhookVerificationError.ts"
