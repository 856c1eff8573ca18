/** A loopback server that answers with bytes as a test writes them, whole or not. */
import { createServer, type AddressInfo, type Socket } from "node:net"

export interface RawAnswer {
  readonly bytes: string | Uint8Array
  /** What follows: the end of the connection, or nothing at all. */
  readonly then: "cut" | "stall"
}

export interface RawServer extends AsyncDisposable {
  readonly baseUrl: string
  /** When each request had arrived: milliseconds, monotonic. */
  readonly seen: Array<number>
}

/** The head of an answer, and as much of its body as is given. */
export const rawHead = (status: number, headers: Readonly<Record<string, string>>, body: string = ""): string =>
  `HTTP/1.1 ${status} Test\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("")}\r\n${body}`

export const serveRaw = async (answer: (index: number) => RawAnswer): Promise<RawServer> => {
  const seen: Array<number> = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
    socket.on("error", () => undefined)
    let received = ""
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1")
      const head = received.indexOf("\r\n\r\n")
      if (head === -1) return
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(received)?.[1] ?? 0)
      if (received.length < head + 4 + length) return
      if (/\r\ntransfer-encoding: chunked/i.test(received) && !received.endsWith("\r\n0\r\n\r\n")) return
      received = ""
      const { bytes, then } = answer(seen.push(performance.now()) - 1)
      socket.write(bytes, () => {
        if (then === "cut") socket.end()
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      })
  }
}
