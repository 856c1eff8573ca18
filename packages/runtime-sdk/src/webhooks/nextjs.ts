/**
 * Webhooks in Next.js: entry `./webhooks/nextjs`.
 *
 * @since 0.2.0
 */
export { aywaApiHandler, aywaRoute } from "./frameworks/nextjs.ts"
export type * from "./handling/named.ts"
