/**
 * A route of Nest's HTTP adapters, before Nest's own.
 *
 * @since 0.2.0
 */
import { nodeWebhookHandler } from "../handling/node.ts"
import type { WebhookReceiverOptions } from "../handling/receiver.ts"
import { type FastifyWebhookInstance, type FastifyWebhookOptions, fastifyWebhooks } from "./fastify.ts"

/** What is used of an HTTP adapter of Nest. */
export interface NestAdapter {
  getType(): string
  getInstance(): unknown
  use(...args: Array<unknown>): unknown
}

interface FastifyApp {
  register(plugin: (app: FastifyWebhookInstance, options: FastifyWebhookOptions) => unknown, options: object): unknown
}

/** Puts a receiver on a path. */
export const mount = (adapter: NestAdapter, path: string, options: WebhookReceiverOptions): void => {
  if (adapter.getType() !== "fastify") {
    adapter.use(path, nodeWebhookHandler(options))
    return
  }
  // The adapter's type says that it is one.
  const app = adapter.getInstance() as FastifyApp
  app.register(fastifyWebhooks, { ...options, path })
}
