/** Receives webhooks with Fastify. */
import fastify from "fastify"
import { fastifyWebhookHandler, fastifyWebhooks } from "@aywa-ai/runtime-sdk/webhooks/handlers"
import { inbox, options } from "./app.ts"
import { check } from "./check.ts"

const app = fastify()
// Each registration has its own parser of raw bytes; the other routes keep Fastify's.
app.register(fastifyWebhooks, { ...options, path: "/webhooks" })
app.register(fastifyWebhooks, { ...options, path: "/inbox", inbox })
// Wrong on purpose: Fastify's JSON parser comes before the handler.
app.post("/parsed", fastifyWebhookHandler(options))

await check("Fastify", await app.listen({ port: 0, host: "127.0.0.1" }), /app\.register\(fastifyWebhooks/)
await app.close()
