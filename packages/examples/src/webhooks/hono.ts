/** Receives webhooks with Hono. The same handler is a Next route, and serves Bun, Deno and Workers. */
import { serve } from "@hono/node-server"
import { Hono } from "hono"
import { webhookHandler } from "@aywa-ai/runtime-sdk/webhooks/handlers"
import { inbox, options } from "./app.ts"
import { check } from "./check.ts"

const receive = webhookHandler(options)
const store = webhookHandler({ ...options, inbox })

const app = new Hono()
app.all("/webhooks", (c) => receive(c.req.raw))
app.post("/inbox", (c) => store(c.req.raw))
// Wrong on purpose: the body is read before the handler sees it.
app.post("/parsed", async (c) => {
  await c.req.json()
  return receive(c.req.raw)
})

const { server, port } = await new Promise<{ server: ReturnType<typeof serve>; port: number }>((resolve) => {
  const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => resolve({ server, port }))
})
await check("Hono", `http://127.0.0.1:${port}`, /c\.req\.raw before c\.req\.json\(\)/)
server.close()
