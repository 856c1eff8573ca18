/**
 * Webhooks in Cloudflare Workers: entry `./webhooks/cloudflare`.
 *
 * @since 0.2.0
 */
export { aywaWorker, type WorkerContext } from "./frameworks/cloudflare.ts"
export type * from "./handling/named.ts"
