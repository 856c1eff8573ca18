/**
 * The SDK's own small port to HTTP: one request out, one whole answer back.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { makeDispatcher } from "./internal/transportDispatcher.ts"
import { makeFetch } from "./internal/transportFetch.ts"

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
 * Sends requests. Follows no redirects, retries nothing, and stops reading when interrupted.
 *
 * @since 0.1.0
 * @category services
 */
export class Transport extends Context.Service<
  Transport,
  {
    readonly execute: (request: WireRequest) => Effect.Effect<WireResponse, WireFailure>
  }
>()("@aywa-ai/runtime-sdk/Transport") {}

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

/**
 * Node's built-in HTTP dispatcher where there is one (a third of the CPU of `fetch`), else `fetch`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: TransportOptions): Layer.Layer<Transport> =>
  Layer.effect(
    Transport,
    Effect.acquireRelease(
      Effect.sync(() => makeDispatcher(options) ?? makeFetch()),
      (transport) => Effect.promise(() => transport.close())
    )
  )

/**
 * Always `fetch`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerFetch: Layer.Layer<Transport> = Layer.sync(Transport, () => Transport.of(makeFetch()))
