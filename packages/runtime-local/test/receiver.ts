/** A receiver of webhooks on a real socket: keeps what came, verifies it with the SDK, answers as the test wants. */
import * as http from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { type RuntimeWebhookEvent, verifyAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
import { assert, onTestFinished } from "vitest"
import { eventually } from "../../runtime-sdk/test/support/assertions.ts"

export interface Delivery {
  readonly id: string
  readonly path: string
  readonly headers: http.IncomingHttpHeaders
  readonly raw: Buffer
  readonly type: string
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into messages that they provoke
  readonly message: any
  readonly verify: (secret: string) => RuntimeWebhookEvent
}

export interface Reply {
  readonly status?: number
  readonly body?: unknown
  readonly headers?: Record<string, string>
  /** Never answers. */
  readonly hang?: boolean
  /** Destroys the connection. */
  readonly reset?: boolean
}

export interface Receiver {
  readonly url: string
  readonly deliveries: ReadonlyArray<Delivery>
  /** Waits until so many have come. */
  readonly count: (n: number) => Promise<ReadonlyArray<Delivery>>
  readonly close: () => Promise<void>
}

export const receive = async (
  answer: (delivery: Delivery, index: number) => Reply | Promise<Reply> = () => ({}),
  port = 0
): Promise<Receiver> => {
  const deliveries: Array<Delivery> = []
  const sockets = new Set<Socket>()
  const server = http.createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      void (async () => {
        const raw = Buffer.concat(chunks)
        const { message } = JSON.parse(raw.toString())
        const delivery: Delivery = {
          id: String(request.headers["webhook-id"]),
          path: request.url ?? "/",
          headers: request.headers,
          raw,
          type: message?.type,
          message,
          verify: (secret) => verifyAywaRuntimeWebhook({ body: raw, headers: request.headers, secret })
        }
        deliveries.push(delivery)
        const reply = await answer(delivery, deliveries.length - 1)
        if (reply.hang === true) return
        if (reply.reset === true) {
          request.socket.resetAndDestroy()
          return
        }
        response.writeHead(reply.status ?? 200, { "content-type": "application/json", ...reply.headers })
        response.end(typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body ?? {}))
      })()
    })
  })
  server.on("connection", (socket) => {
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
    socket.on("error", () => {})
  })
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done))
  const close = () =>
    new Promise<void>((done) => {
      server.close(() => done())
      for (const socket of sockets) socket.destroy()
    })
  onTestFinished(() => (server.listening ? close() : undefined))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    deliveries,
    count: async (n) => {
      await eventually(() => assert.isAtLeast(deliveries.length, n), 30_000)
      return deliveries
    },
    close
  }
}
