/** A real server before a real runtime, and one before a real receiver, which change what passes. */
import { once } from "node:events"
import { createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { buffer } from "node:stream/consumers"

export interface ProxyRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface ProxyAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Each may change what passes; an answer in the place of a request never reaches the runtime. */
export interface Changes {
  readonly request?: (request: ProxyRequest) => ProxyRequest | ProxyAnswer | "silence"
  readonly answer?: (answer: ProxyAnswer, request: ProxyRequest) => ProxyAnswer | Promise<ProxyAnswer>
}

export interface Listening {
  readonly url: string
  readonly port: number
  readonly close: () => Promise<void>
}

const listening = async (server: Server): Promise<Listening> => {
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, "close")
    }
  }
}

const own = new Set(["host", "connection", "content-length", "transfer-encoding", "keep-alive"])

const plain = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || own.has(name) ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]]
    )
  )

const pass = (target: string, { method, path, query, headers, body }: ProxyRequest): Promise<ProxyAnswer> =>
  new Promise((resolve, reject) => {
    const search = query.size === 0 ? "" : `?${query}`
    const sent = httpRequest(
      `${target}${path}${search}`,
      { method, headers: { ...headers, "content-length": Buffer.byteLength(body) } },
      (answer) => {
        buffer(answer).then(
          // Latin-1 keeps every byte as it is.
          (bytes) =>
            resolve({ status: answer.statusCode ?? 0, headers: plain(answer.headers), body: bytes.toString("latin1") }),
          reject
        )
      }
    )
    sent.on("error", reject)
    sent.end(body)
  })

/** Listens before a target. Without changes, everything passes as it is. */
export const openProxy = (target: string, changes: Changes): Promise<Listening> =>
  listening(
    createServer(async (incoming, outgoing) => {
      try {
        const [path = "/", search = ""] = (incoming.url ?? "/").split("?")
        const body = (await buffer(incoming)).toString("utf8")
        const original = {
          method: incoming.method ?? "GET",
          path,
          query: new URLSearchParams(search),
          headers: plain(incoming.headers),
          body
        }
        const request = changes.request?.(original) ?? original
        if (request === "silence") return
        const answer = "status" in request ? request : await pass(target, request)
        const { status, headers, body: text } = (await changes.answer?.(answer, original)) ?? answer
        // A head that was changed may hold what its body no longer is.
        outgoing.writeHead(status, headers).end(Buffer.from(text, "latin1"))
      } catch {
        incoming.socket.destroy()
      }
    })
  )

/** A port that nobody listens on. */
export const freePort = async (): Promise<number> => {
  const { port, close } = await listening(createServer())
  await close()
  return port
}
