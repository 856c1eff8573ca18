/** A TCP proxy in front of a server of this machine, which can freeze, be cut, and be down. */
import { connect, createServer, type Socket } from "node:net"

/** Makes one in front of a port. */
export const makeProxy = async (target: number) => {
  const sockets = new Set<Socket>()
  let frozen = false
  let isDown = false
  let sent = 0
  const server = createServer((inner) => {
    if (isDown) {
      inner.destroy()
      return
    }
    const outer = connect(target, "127.0.0.1")
    for (const [from, to] of [
      [inner, outer],
      [outer, inner]
    ] as const) {
      sockets.add(from)
      from.on("data", (chunk) => to.write(chunk))
      from.on("error", () => to.destroy())
      from.on("close", () => {
        sockets.delete(from)
        to.destroy()
      })
      if (frozen) from.pause()
    }
    inner.on("data", () => sent++)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    /** How often clients have sent something. */
    sent: () => sent,
    freeze: () => {
      frozen = true
      for (const socket of sockets) socket.pause()
    },
    /** Nothing goes through the connections that there are any more, and nobody is told; new ones work. */
    hang: () => {
      for (const socket of sockets) socket.pause()
    },
    thaw: () => {
      frozen = false
      for (const socket of sockets) socket.resume()
    },
    /** Ends all connections that there are. */
    cut,
    /** Takes no connection any more. */
    down: () => {
      isDown = true
      cut()
    },
    up: () => {
      isDown = false
    },
    close: () => {
      cut()
      return new Promise((resolve) => server.close(resolve))
    }
  }
}

export type Proxy = Awaited<ReturnType<typeof makeProxy>>
