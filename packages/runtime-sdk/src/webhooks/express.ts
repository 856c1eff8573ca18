/**
 * Webhooks in Express: entry `./webhooks/express`.
 *
 * @since 0.2.0
 */
export { aywaWebhooks, type ExpressWebhooks } from "./frameworks/express.ts"
export type * from "./handling/named.ts"
