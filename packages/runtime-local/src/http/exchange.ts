/**
 * One request with its answer: what the pipeline passes along.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Principal } from "./auth.ts"
import type { OpenEntry } from "./journal.ts"

/** A request being handled. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** `GET` for HEAD as well: the same is done, and Node leaves the body out. */
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  /** The authority of a target in absolute form: it counts instead of the `Host`. */
  readonly authority: string | undefined
  readonly requestId: string
  /** Whether the client asked for RFC 9457 errors. */
  readonly problem: boolean
  /** Aborts when the listener goes away. */
  readonly signal: AbortSignal
  /** Who is asking, where that is known without a key. */
  readonly principal?: Principal | undefined
  /** The line in the journal; filled in as the request proceeds. */
  readonly entry: OpenEntry
}

/** Opens the exchange of a request that just arrived. */
export const openExchange = (
  request: IncomingMessage,
  response: ServerResponse,
  options: { readonly signal: AbortSignal; readonly now: number; readonly makeId: () => string }
): Exchange => {
  const [, authority, rest] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(request.url ?? "/") ?? []
  const target = rest === undefined ? (request.url ?? "/") : rest.startsWith("/") ? rest : `/${rest}`
  const mark = target.indexOf("?")
  const path = mark === -1 ? target : target.slice(0, mark)
  const query = mark === -1 ? "" : target.slice(mark + 1)
  const { headers, method = "GET" } = request
  const header = headers["x-request-id"]
  const requestId = typeof header === "string" && /^[\x21-\x7e]{1,200}$/.test(header) ? header : options.makeId()
  const attempt = headers["x-aywa-attempt"]
  return {
    request,
    response,
    method: method === "HEAD" ? "GET" : method,
    path,
    query: new URLSearchParams(query),
    authority,
    requestId,
    problem: headers.accept?.includes("application/problem+json") ?? false,
    signal: options.signal,
    entry: {
      seq: 0,
      requestId,
      time: new Date(options.now).toISOString(),
      method,
      path,
      query,
      headers,
      attempt: typeof attempt === "string" && /^\d{1,9}$/.test(attempt) ? Number(attempt) : undefined,
      idempotencyKey: headerOf(request, "idempotency-key"),
      organization: undefined,
      route: undefined,
      body: undefined,
      status: undefined,
      committed: false,
      replayed: false,
      fault: undefined,
      ms: undefined,
      answer: undefined
    }
  }
}

/** A header as one string. */
export const headerOf = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(", ") : value
}
