/** Receives webhooks with Express. */
import type { AddressInfo } from "node:net"
import express from "express"
import { nodeWebhookHandler } from "@aywa-ai/runtime-sdk/webhooks/handlers"
import { inbox, maxBodyBytes, options } from "./app.ts"
import { check } from "./check.ts"

const app = express()
// Above express.json(): these routes read their own bytes.
app.all("/webhooks", nodeWebhookHandler(options))
// Or with the bytes of express.raw().
app.post("/inbox", express.raw({ type: "*/*", limit: maxBodyBytes }), nodeWebhookHandler({ ...options, inbox }))
app.use(express.json())
// Wrong on purpose: express.json() has parsed the body before the handler sees it.
app.post("/parsed", nodeWebhookHandler(options))

const server = await new Promise<ReturnType<typeof app.listen>>((resolve) => {
  const listening = app.listen(0, "127.0.0.1", () => resolve(listening))
})

// An address object, because this server has no pipe.
await check("Express", `http://127.0.0.1:${(server.address() as AddressInfo).port}`, /express\.raw\(/)
server.closeAllConnections()
server.close()
