/**
 * `monitor.listenUrl`: what is heard in a call, as it is heard, over a WebSocket. Nothing is heard here, so it is silence, for as
 * long as the call lasts: 16-bit samples, 16,000 a second, one channel.
 */
import type { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import { acceptWebSocket } from "../http/webSocket.ts"
import type { Calls } from "./calls.ts"

/** Samples a second, of two bytes each, in one channel. */
const rate = 16_000

/** Real milliseconds of sound in a message. */
const pieceMillis = 100

const piece = new Uint8Array((rate * 2 * pieceMillis) / 1000)

/** What listening needs. */
export interface ListenContext {
  readonly calls: Calls
  /** Whether a `Host` header names this runtime. */
  readonly isHost: (host: string | undefined) => boolean
}

/** Takes the requests for WebSockets: those to the address that a call has for listeners. */
export const makeListen =
  ({ calls, isHost }: ListenContext) =>
  (request: IncomingMessage, socket: Duplex, head: Buffer, signal: AbortSignal): void => {
    const refuse = (status: string) =>
      socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
    socket.on("error", () => socket.destroy())
    if (!isHost(request.headers.host)) return void refuse("421 Misdirected Request")
    const [path = "", query = ""] = (request.url ?? "").split("?", 2)
    const id = /^\/call\/([^/]+)\/listen$/.exec(path)?.[1]
    if (id === undefined) return void refuse("404 Not Found")
    if (calls.links.guest(path, new URLSearchParams(query)) === undefined) return void refuse("401 Unauthorized")
    if (!calls.runs.isUnderWay(id)) return void refuse("409 Conflict")
    const listener = acceptWebSocket(request, socket, head)
    if (listener === undefined) return
    const timer = setInterval(() => {
      if (calls.runs.isUnderWay(id)) return listener.send(piece)
      clearInterval(timer)
      listener.close(1000)
    }, pieceMillis)
    const stop = () => clearInterval(timer)
    signal.addEventListener("abort", stop, { once: true })
    socket.on("close", () => {
      stop()
      signal.removeEventListener("abort", stop)
    })
  }
