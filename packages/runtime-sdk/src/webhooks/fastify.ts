/**
 * Webhooks in Fastify: entry `./webhooks/fastify`.
 *
 * @since 0.2.0
 */
export { fastifyWebhooks as aywaWebhooks } from "./frameworks/fastify.ts"
export type { FastifyWebhookInstance, FastifyWebhookOptions } from "./frameworks/fastify.ts"
export type { FastifyWebhookReply, FastifyWebhookRequest } from "./handling/fastify.ts"
export type * from "./handling/named.ts"
