/**
 * Webhooks in Elysia: entry `./webhooks/elysia`.
 *
 * @since 0.2.0
 */
export { aywaWebhooks, type ElysiaApp } from "./frameworks/elysia.ts"
export type * from "./handling/named.ts"
