/**
 * Schemes of senders that are not switched over to the runtime's own signatures yet: entry `./webhooks/legacy`.
 *
 * @since 0.1.0
 */
export * as WebhookScheme from "./legacy/WebhookScheme.ts"
export type * from "./named.ts"
export type { WebhookScheme as DeliveryScheme } from "./scheme.ts"
