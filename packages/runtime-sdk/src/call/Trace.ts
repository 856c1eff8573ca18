/**
 * The `trace` hook of the promise client: sees each call and each attempt, and may send a trace context along.
 * Effect programs need none of this: their tracer is used.
 *
 * @since 0.1.0
 */
import type { RuntimeError } from "../errors/Errors.ts"

/**
 * A call that begins.
 *
 * @since 0.1.0
 * @category models
 */
export interface TracedCall {
  /** Such as `assistants.create`. */
  readonly operation: string
  /** The HTTP method. */
  readonly method: string
  /** Path template, such as `/assistant/:id`. */
  readonly path: string
  /** Scheme, host and port of the runtime. */
  readonly origin: string
}

/**
 * What an attempt came to.
 *
 * @since 0.1.0
 * @category models
 */
export interface AttemptResult {
  /** HTTP status, if there was an answer. */
  readonly status: number | undefined
  /** The runtime's `X-Request-Id`. */
  readonly requestId: string | undefined
  /** Why it was not a success: an error's tag. */
  readonly error: string | undefined
}

/**
 * Follows one attempt.
 *
 * @since 0.1.0
 * @category models
 */
export interface AttemptTrace {
  /** W3C `traceparent` to send to the runtime. */
  readonly traceparent?: string | undefined
  /** Called once; also when the call was aborted in the middle of the attempt. */
  readonly end?: ((result: AttemptResult) => void) | undefined
}

/**
 * Follows one call.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallTrace {
  /** Called before each attempt; the first is 0. */
  readonly attempt?: ((attempt: number) => AttemptTrace | undefined) | undefined
  /** Called once, when the call settles: with its error, or without one. */
  readonly end?: ((error: RuntimeError | { readonly _tag: "Aborted" } | undefined) => void) | undefined
}

/**
 * The hook. What it throws is ignored: watching a call never changes it.
 *
 * **Example**
 *
 * ```ts
 * import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
 *
 * export const aywa = new AywaRuntimeClient({
 *   baseUrl: process.env["AYWA_RUNTIME_BASE_URL"],
 *   apiKey: process.env["AYWA_RUNTIME_API_KEY"],
 *   trace: ({ operation }) => {
 *     const began = performance.now()
 *     return { end: (error) => console.log(operation, error?._tag ?? "ok", performance.now() - began) }
 *   }
 * })
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export type Trace = (call: TracedCall) => CallTrace | undefined
