/**
 * A route for `effect/http`: entry `./webhooks/http`, on its own because that module is marked unstable.
 *
 * @since 0.1.0
 */
export * as WebhookRoute from "./effect/WebhookRoute.ts"
export type { AywaWebhooks as AywaWebhooksTag } from "./effect/AywaWebhooks.ts"
export type * from "./named.ts"
export type * from "../errors/Errors.ts"
