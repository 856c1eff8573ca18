/**
 * Webhooks in Hono: entry `./webhooks/hono`.
 *
 * @since 0.2.0
 */
export { aywaWebhooks, type HonoContext } from "./frameworks/hono.ts"
export type * from "./handling/named.ts"
