/** Receives webhooks with Node's own http server. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { nodeWebhookHandler } from "@aywa-ai/runtime-sdk/webhooks/handlers"
import { inbox, options } from "./app.ts"
import { check } from "./check.ts"

const routes: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => unknown>> = {
  "/webhooks": nodeWebhookHandler(options),
  "/inbox": nodeWebhookHandler({ ...options, inbox }),
  // Wrong on purpose: the body is read before the handler sees it.
  "/parsed": async (request, response) => {
    let text = ""
    for await (const chunk of request) text += String(chunk)
    return nodeWebhookHandler(options)(Object.assign(request, { body: JSON.parse(text) }), response)
  }
}

const server = createServer((request, response) => {
  const route = routes[request.url ?? ""]
  if (route === undefined) response.writeHead(404).end()
  else void route(request, response)
})
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))

// An address object, because this server has no pipe.
await check("Node", `http://127.0.0.1:${(server.address() as AddressInfo).port}`, /a body parser ran before/)
server.closeAllConnections()
server.close()
