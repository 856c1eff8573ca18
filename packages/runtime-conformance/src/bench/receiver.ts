/**
 * A receiver of webhooks: what it got by path, and how it answers there.
 */
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { buffer } from "node:stream/consumers"
import { jsonOf } from "../model/json.ts"

/** One attempt that arrived. */
export interface Delivery {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly json: unknown
  /** Epoch milliseconds. */
  readonly at: number
}

/** How the n-th attempt at a path is answered, from 0 on. `close`: by ending the connection. */
export type Reply = (
  attempt: number
) => { readonly status: number; readonly headers?: Readonly<Record<string, string>> } | "close"

/** A receiver that listens. */
export interface Receiver {
  /** The address of a path, as the runtime is to be given it. */
  readonly url: (path: string) => string
  readonly answer: (path: string, reply: Reply) => void
  /** What arrived at a path, oldest first. */
  readonly got: (path: string) => ReadonlyArray<Delivery>
  /** Waits until so many arrived that fit, or the time is over; gives what fits by then. */
  readonly wait: (path: string, count: number, options: Waiting) => Promise<ReadonlyArray<Delivery>>
  readonly close: () => Promise<void>
}

interface Waiting {
  readonly ms: number
  readonly signal: AbortSignal
  readonly fits?: (delivery: Delivery) => boolean
}

/** Listens on a port; `publicUrl` is what leads there. */
export const openReceiver = async (publicUrl: string | undefined, port: number, host: string): Promise<Receiver> => {
  const got = new Map<string, Array<Delivery>>()
  const replies = new Map<string, Reply>()
  const base = publicUrl === undefined ? undefined : new URL(publicUrl)
  const below = base === undefined ? "" : base.pathname.replace(/\/$/, "")
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? "/").split("?")[0]?.slice(below.length) ?? "/"
    const delivery = await read(request)
    const before = got.get(path) ?? []
    got.set(path, [...before, delivery])
    const reply = (replies.get(path) ?? ok)(before.length)
    if (reply === "close") request.socket.destroy()
    else response.writeHead(reply.status, { "content-type": "application/json", ...reply.headers }).end("{}")
  }
  // A sender that goes away in the middle has delivered nothing.
  const server = createServer((request, response) => void take(request, response).catch(() => request.socket.destroy()))
  server.listen(port, host)
  await once(server, "listening")
  const address = server.address() as AddressInfo // It listens on TCP.
  const origin = base === undefined ? `http://127.0.0.1:${address.port}` : `${base.origin}${below}`
  const gotAt = (path: string) => got.get(path) ?? []
  return {
    url: (path) => `${origin}${path}`,
    answer: (path, reply) => void replies.set(path, reply),
    got: gotAt,
    wait: async (path, count, { ms, signal, fits = () => true }) => {
      const end = performance.now() + ms
      while (gotAt(path).filter(fits).length < count && performance.now() < end) {
        // oxlint-disable-next-line no-await-in-loop -- it is looked at again until it is there.
        await sleep(20, undefined, { signal })
      }
      return gotAt(path).filter(fits)
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, "close")
    }
  }
}

const ok: Reply = () => ({ status: 200 })

const read = async (request: IncomingMessage): Promise<Delivery> => {
  const body = await buffer(request)
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? "")
    ])
  )
  return { method: request.method ?? "", headers, body, json: jsonOf(body.toString("utf8")), at: Date.now() }
}
