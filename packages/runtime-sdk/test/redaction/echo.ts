/** A server that repeats what it was sent. */
import { createServer, type Socket } from "node:net"
import type { AddressInfo } from "node:net"
import { type Canary, formsOf } from "./canaries.ts"
import type { Place } from "./places.ts"

export interface Echo extends AsyncDisposable {
  readonly baseUrl: string
  /** What was sent and repeated. */
  readonly repeated: ReadonlyArray<Canary>
}

/** Answers on a bare socket, repeating all keys and secret headers that it was sent until then. */
export const serveEcho = async (place: Place, canaries: () => ReadonlyArray<Canary>): Promise<Echo> => {
  const repeated: Array<Canary> = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on("error", () => socket.destroy())
    let head = ""
    socket.on("data", (chunk) => {
      head += chunk.toString("latin1")
      if (!head.includes("\r\n\r\n")) return
      for (const canary of canaries()) {
        if (head.includes(canary.text) && !repeated.includes(canary)) repeated.push(canary)
      }
      head = ""
      const echo = repeated.flatMap(formsOf).join(" , ")
      const answer = place.answer(echo, repeated.at(-1)?.text ?? "")
      if (place.cut === true) socket.end(answer)
      else socket.write(answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    repeated,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      })
  }
}
