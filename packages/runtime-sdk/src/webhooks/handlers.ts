/**
 * Handlers by type of event, and adapters that put them behind a route: entry `./webhooks/handlers`.
 *
 * @since 0.1.0
 */
export { handlers } from "./handling/handlers.ts"
export { isWebhookHandlerError, WebhookHandlerError } from "./handling/WebhookHandlerError.ts"
export { webhookReceiver } from "./handling/receiver.ts"
export { webhookHandler } from "./handling/web.ts"
export { nodeWebhookHandler } from "./handling/node.ts"
export { fastifyWebhookHandler } from "./handling/fastify.ts"
export type { FastifyWebhookReply, FastifyWebhookRequest } from "./handling/fastify.ts"
export { fastifyWebhooks } from "./frameworks/fastify.ts"
export type { FastifyWebhookInstance, FastifyWebhookOptions } from "./frameworks/fastify.ts"
export type * from "./handling/named.ts"
