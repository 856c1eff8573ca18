/**
 * How a call is watched. The pipeline knows only this port; who watches is decided outside: the tracer and metrics of
 * an Effect program (`effect/observe.ts`), or the hook of the promise client (`promise/observe.ts`). Mostly nobody does,
 * and then none of it runs.
 */
import type * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { RuntimeError } from "../errors/Errors.ts"
import type { AttemptResult, TracedCall } from "./Trace.ts"

/** Watches one call. */
export interface Observed {
  readonly call: <A>(run: Effect.Effect<A, RuntimeError>) => Effect.Effect<A, RuntimeError>
  /** Watches one attempt; `run` gets the trace context to send, `resultOf` reads what the attempt came to. */
  readonly attempt: <A>(
    attempt: number,
    run: (traceparent: string | undefined) => Effect.Effect<A>,
    resultOf: (result: A) => AttemptResult
  ) => Effect.Effect<A>
}

/** Who may watch the calls of a runtime. */
export interface Observer {
  /** Whether someone watches: asked once per call, on the fiber that runs it. */
  readonly observe: (fiber: Fiber.Fiber<unknown, unknown>, call: TracedCall) => Observed | undefined
  /** Says that another attempt follows after so many milliseconds. */
  readonly retrying?: (call: TracedCall, error: RuntimeError, delay: number) => Effect.Effect<void>
}
