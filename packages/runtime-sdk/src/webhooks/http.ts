/**
 * A route for `effect/http`: entry `./webhooks/http`, on its own because that module is marked unstable.
 *
 * @since 0.1.0
 */
export * as WebhookRoute from "./effect/WebhookRoute.ts"
