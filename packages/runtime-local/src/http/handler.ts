/**
 * What answers an operation: a function from a request to an answer, inside the transaction that keeps both.
 */
import type { Answer } from "./answer.ts"

/** A request as a handler sees it. */
export interface HandlerRequest {
  readonly organization: string
  /** The `:id` of the path. */
  readonly id: string
  /** The second parameter of the path, where it has one. */
  readonly item?: string | undefined
  readonly query: URLSearchParams
  /** Parsed JSON; `undefined` where the method has no body. */
  readonly body: unknown
  readonly ifMatch: string | undefined
  /** Bytes of the file in a multipart body. */
  readonly upload?: Uint8Array | undefined
}

/** Answers a request, inside a transaction, in one turn of the event loop. */
export interface Handler {
  (request: HandlerRequest): Answer
  /** Works over many turns first, outside of the transaction; gives the handler that writes what came of it. */
  readonly prepare?: (request: HandlerRequest, signal: AbortSignal) => Promise<Handler>
}
