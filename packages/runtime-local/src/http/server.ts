/**
 * The listener: a socket on loopback that can be closed and opened again on the same port.
 */
import { setMaxListeners } from "node:events"
import * as http from "node:http"
import { type AddressInfo, isIP, type Socket } from "node:net"
import { OutboundPolicy } from "@aywa-ai/runtime-sdk/outbound"
import type { Duplex } from "node:stream"
import type { RequestLimits } from "./body.ts"
import { canUpgrade, isWebSocket } from "./webSocket.ts"

const backlog = 4096

/** How many connections there are. */
export interface Connections {
  readonly open: number
  /** Since the runtime was started. */
  readonly total: number
}

/** A listener. */
export interface Listener {
  /** Binds; keeps the port of the first time. */
  readonly start: () => Promise<void>
  /** Stops accepting, destroys every connection, and aborts what is being handled. */
  readonly stop: () => Promise<void>
  /** Stops, and starts again after a while; meanwhile the system refuses connections. */
  readonly refuse: (milliseconds: number) => void
  readonly port: () => number
  readonly connections: () => Connections
}

/** Handles a request; `signal` aborts when the listener stops. */
export type Serve = (request: http.IncomingMessage, response: http.ServerResponse, signal: AbortSignal) => void

/** Takes over the socket of a request for a WebSocket; `signal` aborts when the listener stops. */
export type Upgrade = (request: http.IncomingMessage, socket: Duplex, head: Buffer, signal: AbortSignal) => void

/** Makes a listener; nothing is bound before `start`. */
export const makeListener = (
  host: string,
  wantedPort: number,
  { headersTimeout = 10_000, requestTimeout = 60_000 }: RequestLimits,
  serve: Serve,
  upgrade: Upgrade
): Listener => {
  const sockets = new Set<Socket>()
  let total = 0
  let port = wantedPort
  let generation = new AbortController()
  let refusing: NodeJS.Timeout | undefined
  const makeServer = () => {
    const server = http.createServer(
      {
        keepAliveTimeout: 60_000,
        headersTimeout,
        requestTimeout: Math.max(headersTimeout, requestTimeout),
        shouldUpgradeCallback: isWebSocket,
        // How exact the two are.
        connectionsCheckingInterval: Math.max(50, Math.min(1000, headersTimeout / 4))
      },
      (request, response) => serve(request, response, generation.signal)
    )
    if (canUpgrade) server.on("upgrade", (...parts) => upgrade(...parts, generation.signal))
    server.on("connection", (socket) => {
      total += 1
      sockets.add(socket)
      socket.on("close", () => sockets.delete(socket))
      // A client that resets its connection is an everyday event here.
      socket.on("error", () => {})
    })
    return server
  }
  const server = makeServer()
  const beside = makeBeside(makeServer)
  const start = () =>
    new Promise<void>((resolve, reject) => {
      const mine = new AbortController()
      generation = mine
      // Every request that waits listens to it.
      setMaxListeners(0, mine.signal)
      server.once("error", reject)
      // A burst of connections waits in the kernel instead of being dropped.
      server.listen(port, host, backlog, () => {
        server.off("error", reject)
        // A socket server has an address object; only pipes have a string.
        port = (server.address() as AddressInfo).port
        // Stopped while the name was being resolved: there was nothing to close then.
        if (mine.signal.aborted) server.close()
        resolve(mine.signal.aborted || host !== "127.0.0.1" ? undefined : beside.start(port))
      })
    })
  const stop = async () => {
    clearTimeout(refusing)
    refusing = undefined
    generation.abort()
    const closed = new Promise<void>((resolve) => {
      if (server.listening) server.close(() => resolve())
      else resolve()
    })
    const closedBeside = beside.stop()
    for (const socket of sockets) socket.destroy()
    await closed
    await closedBeside
  }
  return {
    start,
    stop,
    refuse: (milliseconds) => {
      if (!server.listening) return
      void stop()
      refusing = setTimeout(() => {
        refusing = undefined
        start().catch((error: unknown) => process.emitWarning(`Could not listen again: ${String(error)}`))
      }, milliseconds)
    },
    port: () => port,
    connections: () => ({ open: sockets.size, total })
  }
}

/** `localhost` may well be `::1`: where the machine has it, and nobody else is there, it is served, too. */
const makeBeside = (makeServer: () => http.Server) => {
  let beside: http.Server | undefined
  return {
    start: (port: number) =>
      new Promise<void>((resolve) => {
        const other = makeServer()
        other.once("error", () => resolve())
        other.listen(port, "::1", backlog, () => {
          beside = other
          resolve()
        })
      }),
    stop: () =>
      new Promise<void>((resolve) => {
        const other = beside
        beside = undefined
        if (other === undefined) resolve()
        else other.close(() => resolve())
      })
  }
}

/**
 * Whether a `Host` header names this runtime: loopback, or one of `allowed`; where it is exposed any address, too, for no
 * name leads there.
 */
export const hostCheck =
  (allowed: ReadonlyArray<string>, exposed: boolean) =>
  (header: string | undefined): boolean => {
    if (header === undefined) return false
    const host = header.replace(/:\d*$/, "").replace(/\.$/, "").toLowerCase()
    const address = host.replace(/^\[(.*)\]$/, "$1")
    return OutboundPolicy.isLoopbackHost(host) || allowed.includes(host) || (exposed && isIP(address) !== 0)
  }
