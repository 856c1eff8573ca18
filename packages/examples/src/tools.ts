/** Tools from definition to answer, against the local runtime: apply, look for drift, answer a signed tool call. */
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { startLocalRuntime } from "@aywa-ai/runtime-local"
import { alignTools, applyTools, Tool, ToolFailure, Toolkit, Tools } from "@aywa-ai/runtime-sdk/tools"
import { generateWebhookSecret, signAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
import { nodeWebhookHandler } from "@aywa-ai/runtime-sdk/webhooks/handlers"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { z } from "zod"

const orders = new Map([["A-1", "shipped"]])
const lookupOrder = Tool.make("lookupOrder", {
  description: "Finds the state of an order by its number",
  parameters: z.object({ orderId: z.string() }),
  success: z.object({ status: z.string() }),
  execute: async ({ orderId }) => {
    const status = orders.get(orderId)
    if (status === undefined) throw new ToolFailure(`There is no order ${orderId}`)
    return { status }
  }
})
const toolkit = Toolkit.make(lookupOrder)

const secret = generateWebhookSecret()
const server = createServer(nodeWebhookHandler({ secret, handlers: { "tool-calls": Toolkit.handler(toolkit) } }))
server.listen(0, "127.0.0.1")
await once(server, "listening")
const serverUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks`

const runtime = await startLocalRuntime({})
const aywa = new AywaRuntimeClient({ baseUrl: runtime.baseUrl, apiKey: runtime.apiKey })
const { created, alignment } = await applyTools(aywa, toolkit, { serverUrl })
console.log("created", created)

// Somebody edits the tool by hand …
await aywa.tools.update(alignment.ids["lookupOrder"] ?? "", {
  function: { name: "lookupOrder", description: "?", parameters: { type: "object", properties: {} } }
})
const drifted = await alignTools(aywa, toolkit, { serverUrl })
console.log(Tools.format(drifted))
// … and the next deployment puts it back.
const { updated, alignment: after } = await applyTools(aywa, toolkit, { serverUrl })
console.log("updated", updated)

const call = (id: string, orderId: unknown) => ({ id, function: { name: "lookupOrder", arguments: { orderId } } })
const toolCallList = [call("1", "A-1"), call("2", "B-2"), call("3", 3)]
const body = JSON.stringify({ message: { type: "tool-calls", toolCallList } })
const answer = await fetch(serverUrl, {
  method: "POST",
  headers: { ...signAywaRuntimeWebhook({ body, secret }) },
  body
})
const { results } = (await answer.json()) as { readonly results: ReadonlyArray<object> }
for (const result of results) console.log(result)

server.close()
await aywa.close()
await runtime.close()
if (drifted.findings.length !== 1 || !after.aligned || results.length !== 3)
  throw new Error("Expected drift, then none")
