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
  /** Sent in place of `body`; only `stream` looks at it. */
  readonly upload?: WireUpload | undefined
  /**
   * Takes how far the request has come: a live view once, or a new one at each step. A transport that calls it lets the
   * status of an answer count whose body never ends, and tells what waited for a connection from what was sent.
   */
  readonly onProgress?: ((progress: WireProgress) => void) | undefined
}

/**
 * How far a request has come.
 *
 * @since 0.2.0
 * @category models
 */
export interface WireProgress {
  /** Whether bytes of the request may have left: `"no"` is certain. */
  readonly sent: "no" | "unknown"
  /** The head of the answer, once it has come. */
  readonly head: WireHead | undefined
  /** How often the transport has repeated the request by itself: `fetch` does it for 421. */
  readonly resent?: number | undefined
}

/**
 * A request body that is sent piece by piece.
 *
 * @since 0.1.0
 * @category models
 */
export interface WireUpload {
  /** Opens the body for one attempt. Rejects when its source cannot be read. */
  readonly open: () => Promise<WireUploadBody>
}

/**
 * An upload that is open.
 *
 * @since 0.1.0
 * @category models
 */
export interface WireUploadBody {
  /** Bytes in all, where that is known. */
  readonly size: number | undefined
  /** The pieces; nothing is read before the first is asked for. */
  readonly chunks: AsyncIterable<Uint8Array>
}

/**
 * The head of an answer.
 *
 * @since 0.2.0
 * @category models
 */
export interface WireHead {
  readonly status: number
  /** Reads a header by its lower-case name; several of one name are joined with `, `. */
  readonly header: (name: string) => string | undefined
  /** All headers, lower-case. */
  readonly headers: () => Readonly<Record<string, string>>
}

/**
 * An answer whose body is read as it comes.
 *
 * @since 0.1.0
 * @category models
 */
export interface WireStream extends WireHead {
  /** The pieces. `return` closes the connection; a body that breaks off rejects with a WireFailure. */
  readonly chunks: AsyncIterableIterator<Uint8Array>
}

/**
 * An answer, its body read to the end.
 *
 * @since 0.1.0
 * @category models
 */
export interface WireResponse extends WireHead {
  readonly body: string
  /** In place of `body`, where the operation gives bytes. */
  readonly content?: Uint8Array | AsyncIterableIterator<Uint8Array> | undefined
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
  /** The head of the answer, if it had come: its status counts, whatever became of the body. */
  readonly head: WireHead | undefined
  constructor(init: {
    readonly sent: "no" | "unknown"
    readonly phase: "connection" | "response"
    readonly code: string | undefined
    readonly cause: unknown
    readonly head?: WireHead | undefined
  }) {
    this.sent = init.sent
    this.phase = init.phase
    this.code = init.code
    this.cause = init.cause
    this.head = init.head
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
  /**
   * Sends one request, whose body may be an upload, and gives the answer as soon as it begins. Interruption stops it
   * until then; afterwards the answer belongs to who reads it. A transport without it cannot move files.
   */
  readonly stream?: ((request: WireRequest) => Effect.Effect<WireStream, WireFailure>) | undefined
}

/**
 * `execute` without an Effect around it: what the pipeline takes where it can. Behind a symbol and on the prototype,
 * so that a transport made by spreading one of ours has only the `execute` that it was given.
 */
export const Send: unique symbol = Symbol("@aywa-ai/runtime-sdk/Send")

/** Where a transport tells how a request ended: once, or never if it was cancelled. */
export interface Completion {
  end(ending: WireResponse | WireFailure): void
}

/** A request under way. */
export interface Pending extends WireProgress {
  cancel(): void
}

/** A transport of ours. */
export interface DirectTransport extends TransportShape {
  [Send](request: WireRequest, completion: Completion): Pending
  readonly close: () => Promise<void>
}

export const isDirect = (transport: TransportShape): transport is DirectTransport => Send in transport
