/** What the tests of the page share: a runtime with a receiver, and a program that uses it. */
import * as http from "node:http"
import type { AddressInfo } from "node:net"
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { type LocalRuntimeHandle, type LocalRuntimeOptions, startLocalRuntime } from "../../src/index.ts"

export interface Stage {
  readonly runtime: LocalRuntimeHandle
  readonly aywa: AywaRuntimeClient
  /** Where webhooks go. */
  readonly hooks: string
  /** What the receiver does from now on. */
  readonly handler: { status: number; body: string }
  readonly close: () => Promise<void>
}

/** A receiver that answers tools, and notices as the test wants. */
export const stageOf = async (options: LocalRuntimeOptions = {}): Promise<Stage> => {
  const handler = { status: 200, body: "{}" }
  const server = http.createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const { message } = JSON.parse(Buffer.concat(chunks).toString())
      if (message.type === "tool-calls") {
        const results = message.toolCallList.map(
          ({ id, function: { name } }: { id: string; function: { name: string } }) => ({
            toolCallId: id,
            name,
            result: '{"status":"shipped"}'
          })
        )
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ results }))
      } else response.writeHead(handler.status).end(handler.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  // A socket server has an address object.
  const hooks = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks`
  const runtime = await startLocalRuntime({ callPace: { ring: 20, answer: 20, turn: 60, end: 20 }, ...options })
  return {
    runtime,
    aywa: new AywaRuntimeClient({ baseUrl: runtime.baseUrl, apiKey: runtime.apiKey }),
    hooks,
    handler,
    close: async () => {
      await runtime.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

/** An assistant with a tool, whose server is the receiver. */
export const deskOf = (hooks: string, name = "Order desk") => ({
  name,
  firstMessage: "Order desk, how can I help?",
  server: { url: hooks },
  model: {
    provider: "openai" as const,
    model: "gpt-4.1-mini",
    tools: [
      {
        type: "function" as const,
        function: { name: "lookupOrder", description: "Looks up an order." },
        server: { url: hooks }
      }
    ]
  }
})
