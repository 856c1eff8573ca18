/** A loopback server that answers as a test says, and remembers what it was asked. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo, Socket } from "node:net"
import * as Effect from "effect/Effect"

export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage["headers"]
  readonly body: string
  /** Milliseconds, monotonic. */
  readonly at: number
}

export interface Server extends AsyncDisposable {
  readonly baseUrl: string
  readonly seen: Array<Seen>
  readonly sockets: { opened: number; readonly open: Set<Socket> }
}

export const serve = async (
  handler: (seen: Seen, response: ServerResponse, index: number) => void
): Promise<Server> => {
  const seen: Array<Seen> = []
  const sockets = { opened: 0, open: new Set<Socket>() }
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const entry: Seen = {
        method: request.method ?? "",
        url: request.url ?? "",
        headers: request.headers,
        body: Buffer.concat(chunks).toString("utf8"),
        at: performance.now()
      }
      seen.push(entry)
      handler(entry, response, seen.length - 1)
    })
  })
  server.on("connection", (socket) => {
    sockets.opened++
    sockets.open.add(socket)
    socket.on("close", () => sockets.open.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    sockets,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}

/** The same for as long as a scope is open. */
export const serveScoped = (handler: Parameters<typeof serve>[0]) =>
  Effect.acquireDisposable(Effect.promise(() => serve(handler)))

/** An address where nothing listens. */
export const closedPort = async (): Promise<string> => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}

export const json = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {}
): void => {
  response.writeHead(status, { "content-type": "application/json", "x-request-id": "req_test", ...headers })
  response.end(JSON.stringify(body))
}

export const assistant = (id: string, more: Record<string, unknown> = {}) => ({
  id,
  orgId: "org_1",
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z",
  ...more
})

export const tagOf = async (promise: PromiseLike<unknown>): Promise<unknown> => {
  try {
    await promise
    return undefined
  } catch (error) {
    return error
  }
}
