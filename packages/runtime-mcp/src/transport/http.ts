/**
 * A server on a port of this machine, for clients that speak HTTP.
 *
 * @since 0.2.0
 */
import { randomBytes, timingSafeEqual, createHash } from "node:crypto"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { pipeline } from "node:stream/promises"
import { buffer } from "node:stream/consumers"
import { OutboundPolicy } from "@aywa-ai/runtime-sdk/outbound"
import * as McpServer from "effect/ai/McpServer"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import { McpFailure } from "../errors/McpFailure.ts"
import type { McpOptions } from "../guard/options.ts"
import { registrations } from "../server/registrations.ts"
import { about, logTo } from "./about.ts"

/**
 * How a server on a port is set up.
 *
 * @since 0.2.0
 * @category models
 */
export interface HttpOptions extends McpOptions {
  /** Default 0: any free one. */
  readonly port?: number | undefined
  /** What clients send as `Authorization: Bearer`, at least 16 characters. Default: 32 random bytes. */
  readonly token?: string | undefined
}

/**
 * A server that runs.
 *
 * @since 0.2.0
 * @category models
 */
export interface HttpHandle extends AsyncDisposable {
  /** `http://127.0.0.1:PORT/mcp`. */
  readonly url: string
  /** What a request carries as its Bearer token. Shown once; another start has another one. */
  readonly token: string
  /** Ends it, and what it has under way. */
  readonly close: () => Promise<void>
}

/** The one path. */
const path = "/mcp"

/** Bytes of a request at most. */
const maxBody = 4_000_000

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

const refuse = (response: ServerResponse, status: number, message: string): void => {
  response.writeHead(status, {
    "content-type": "application/json",
    ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
    connection: "close"
  })
  response.end(JSON.stringify({ jsonrpc: "2.0", id: null, error: { code: -32600, message } }))
}

const isLoopbackHost = (host: string | undefined): boolean => {
  const url = host === undefined ? null : URL.parse(`http://${host}/`)
  return url !== null && OutboundPolicy.isLoopbackHost(url.hostname)
}

/** What is wrong with a request before anything of it is read. */
const wrongWith = (request: IncomingMessage, expected: Buffer): readonly [number, string] | undefined => {
  const { headers, url = "" } = request
  // A page in a browser reaches loopback under a name of its own, and says where it comes from.
  if (!isLoopbackHost(headers.host)) return [421, "This server answers to loopback names only"]
  if (headers.origin !== undefined) return [403, "Pages in browsers are no clients of this server"]
  if (url.split("?")[0] !== path) return [404, `The server is at ${path}`]
  const token = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1] ?? ""
  if (!timingSafeEqual(digest(token), expected)) return [401, "The token is missing or wrong"]
  if (Number(headers["content-length"] ?? 0) > maxBody) return [413, "The request is too large"]
  return undefined
}

async function* bounded(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > maxBody) throw new RangeError("The request is too large")
    yield chunk
  }
}

interface Reader {
  readonly read: () => Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
  readonly cancel: () => Promise<void>
}

async function* chunksOf(reader: Reader): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      if (value !== undefined) yield value
    }
  } finally {
    await reader.cancel()
  }
}

type Handler = (request: Request) => Promise<Response>

const answer = async (handler: Handler, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const gone = new AbortController()
  response.once("close", () => gone.abort())
  const { method = "GET", headers } = request
  const hasBody = method !== "GET" && method !== "HEAD"
  const body = hasBody ? await buffer(bounded(request)) : undefined
  const answered = await handler(
    new Request(`http://${headers.host}${path}`, {
      method,
      // Node joins what came twice, but for cookies, which this server does not read.
      headers: Object.entries(headers).flatMap(([name, value]) =>
        typeof value === "string" ? [[name, value] as [string, string]] : []
      ),
      signal: gone.signal,
      ...(body === undefined ? {} : { body: new Uint8Array(body) })
    })
  )
  response.writeHead(answered.status, Object.fromEntries(answered.headers))
  if (answered.body === null) {
    response.end()
    return
  }
  response.flushHeaders()
  await pipeline(chunksOf(answered.body.getReader()), response)
}

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once("error", reject)
    server.listen(port, "127.0.0.1", () => {
      const address = server.address()
      resolve(typeof address === "object" && address !== null ? address.port : port)
    })
  })

/**
 * Serves on loopback until it is closed. Every request needs the token; names and pages of others are refused.
 *
 * @since 0.2.0
 * @category servers
 */
export const serveHttp = async (options: HttpOptions): Promise<HttpHandle> => {
  const { port = 0, token = randomBytes(32).toString("base64url"), ...rest } = options
  if (!/^[\x21-\x7e]{16,512}$/.test(token)) {
    throw new McpFailure("invalid_options", "token takes 16 to 512 visible ASCII characters, without spaces.")
  }
  const app = McpServer.layerHttp({
    ...about,
    path,
    allowSessionTermination: true,
    registrations: registrations(rest)
  }).pipe(Layer.provideMerge(logTo(rest.note)))
  const { handler, dispose } = HttpRouter.toWebHandler(app, { disableLogger: true })
  const expected = digest(token)
  const server = createServer((request, response) => {
    const wrong = wrongWith(request, expected)
    if (wrong !== undefined) return refuse(response, ...wrong)
    answer(handler, request, response).catch((error: unknown) => {
      if (response.headersSent) return void response.destroy()
      if (error instanceof RangeError) return refuse(response, 413, "The request is too large")
      rest.note?.(`http: ${error instanceof Error ? error.message : String(error)}`)
      refuse(response, 500, "The server failed")
    })
  })
  const bound = await listen(server, port)
  let closing: Promise<void> | undefined
  const close = () =>
    (closing ??= (async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await dispose()
      await closed
    })())
  return { url: `http://127.0.0.1:${bound}${path}`, token, close, [Symbol.asyncDispose]: close }
}
