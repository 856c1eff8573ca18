/**
 * Webhooks in Koa: entry `./webhooks/koa`.
 *
 * @since 0.2.0
 */
export { aywaWebhooks, type KoaContext } from "./frameworks/koa.ts"
export type * from "./handling/named.ts"
