/**
 * Webhooks in Vercel Functions: entry `./webhooks/vercel`.
 *
 * @since 0.2.0
 */
export { aywaWebhooks } from "./frameworks/vercel.ts"
export type * from "./handling/named.ts"
