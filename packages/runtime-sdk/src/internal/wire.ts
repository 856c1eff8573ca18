/**
 * What crosses the transport port. Public through `Transport.ts`.
 */
import type * as Effect from "effect/Effect"

/**
 * A request on the wire.
 *
 * @since 0.1.0
 * @category models
 */
export interface WireRequest {
  readonly method: string
  /** Scheme, host and port. */
  readonly origin: string
  /** Path with query, from `/` on. */
  readonly path: string
  /** Header names and values in turn, names in lower case. */
  readonly headers: ReadonlyArray<string>
  readonly body: string | undefined
}

/**
 * An answer, its body read to the end.
 *
 * @since 0.1.0
 * @category models
 */
export interface WireResponse {
  readonly status: number
  /** Reads a header by its lower-case name; several of one name are joined with `, `. */
  readonly header: (name: string) => string | undefined
  /** All headers, lower-case. */
  readonly headers: () => Readonly<Record<string, string>>
  readonly body: string
}

/**
 * No whole answer. `sent` says whether bytes of the request may have left: `"no"` is certain.
 *
 * @since 0.1.0
 * @category models
 */
export class WireFailure {
  readonly _tag = "WireFailure"
  readonly sent: "no" | "unknown"
  /** What failed: the connection, or reading an answer that had begun. */
  readonly phase: "connection" | "response"
  /** The system's code, such as `ECONNREFUSED`. */
  readonly code: string | undefined
  readonly cause: unknown
  constructor(init: {
    readonly sent: "no" | "unknown"
    readonly phase: "connection" | "response"
    readonly code: string | undefined
    readonly cause: unknown
  }) {
    this.sent = init.sent
    this.phase = init.phase
    this.code = init.code
    this.cause = init.cause
  }
}

/**
 * What a transport does.
 *
 * @since 0.1.0
 * @category models
 */
export interface TransportShape {
  /** Sends one request and reads the whole answer. Follows no redirect; stops when interrupted. */
  readonly execute: (request: WireRequest) => Effect.Effect<WireResponse, WireFailure>
}

/**
 * `execute` without an Effect around it: what the pipeline takes where it can. Behind a symbol and on the prototype,
 * so that a transport made by spreading one of ours has only the `execute` that it was given.
 */
export const Send: unique symbol = Symbol("@aywa-ai/runtime-sdk/Send")

/** Where a transport tells how a request ended: once, or never if it was cancelled. */
export interface Ending {
  end(ended: WireResponse | WireFailure): void
}

/** A request under way. */
export interface Cancel {
  cancel(): void
}

/** A transport of ours. */
export interface DirectTransport extends TransportShape {
  [Send](request: WireRequest, ending: Ending): Cancel
  readonly close: () => Promise<void>
}

export const isDirect = (transport: TransportShape): transport is DirectTransport => Send in transport

/**
 * Options of the transports that open connections themselves.
 *
 * @since 0.1.0
 * @category models
 */
export interface TransportOptions {
  /** Connections per origin at most; the default is 128. */
  readonly connections?: number | undefined
}
