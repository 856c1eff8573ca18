/**
 * Webhooks in Fastify: entry `./webhooks/fastify`.
 *
 * @since 0.2.0
 */
export { fastifyWebhooks as aywaWebhooks } from "./handling/fastify.ts"
export type {
  FastifyWebhookInstance,
  FastifyWebhookOptions,
  FastifyWebhookReply,
  FastifyWebhookRequest
} from "./handling/fastify.ts"
export type * from "./handling/named.ts"
