/**
 * The tracer, metrics and logger of an Effect program as watcher: one span per call, a child per attempt, after
 * OpenTelemetry's conventions for HTTP clients.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import type { RuntimeError } from "../errors/Errors.ts"
import { attemptDuration, callDuration, MetricsEnabled } from "./Telemetry.ts"
import type { AttemptResult, TracedCall } from "../call/Trace.ts"
import type { Observed, Observer } from "../call/observe.ts"

/** Watches where the program's tracer listens, or its metrics are on; says in the debug log what is tried again. */
export const effectObserver: Observer = {
  observe: (fiber, call) => observe(fiber, call),
  retrying: ({ operation }, error, delay) =>
    Effect.logDebug(`${operation}: another attempt in ${Math.round(delay)} ms after ${error._tag}`).pipe(
      Effect.annotateLogs({ "aywa.operation": operation, "error.type": error._tag })
    )
}

const observe = (fiber: Fiber.Fiber<unknown, unknown>, call: TracedCall): Observed | undefined => {
  const isTraced = fiber.getRef(Tracer.Tracer) !== Tracer.nativeTracer
  const isMetered = fiber.getRef(MetricsEnabled)
  if (!isTraced && !isMetered) return undefined
  const server = new URL(call.origin)
  return {
    call: (run) => {
      const measuredRun = isMetered ? measureCall(call, run) : run
      if (!isTraced) return measuredRun
      return Effect.useSpan(`aywa.${call.operation}`, { attributes: { "aywa.operation": call.operation } }, (span) =>
        Effect.onExit(Effect.withParentSpan(measuredRun, span, { captureStackTrace: false }), (exit) =>
          Effect.sync(() => {
            const error = errorOf(exit)
            if (error === undefined) return
            span.attribute("error.type", error._tag)
            if ("outcome" in error && error.outcome !== undefined) span.attribute("aywa.outcome", error.outcome)
          })
        )
      )
    },
    attempt: (attempt, run, resultOf) => {
      if (!isTraced) return measureAttempt(call, run(undefined), resultOf)
      const attributes = {
        "http.request.method": call.method,
        "url.template": call.path,
        "server.address": server.hostname,
        "server.port": Number(server.port || (server.protocol === "https:" ? 443 : 80)),
        ...(attempt === 0 ? {} : { "http.request.resend_count": attempt })
      }
      return Effect.useSpan(`${call.method} ${call.path}`, { kind: "client", attributes }, (span) => {
        const response = run(
          `00-${span.traceId.padStart(32, "0")}-${span.spanId.padStart(16, "0")}-${span.sampled ? "01" : "00"}`
        )
        return Effect.tap(isMetered ? measureAttempt(call, response, resultOf) : response, (result) =>
          Effect.sync(() => {
            const { status, requestId, error } = resultOf(result)
            if (status !== undefined) span.attribute("http.response.status_code", status)
            if (requestId !== undefined) span.attribute("aywa.request_id", requestId)
            if (error !== undefined) span.attribute("error.type", error)
          })
        )
      })
    }
  }
}

const errorOf = <A>(exit: Exit.Exit<A, RuntimeError>): RuntimeError | undefined =>
  Exit.isSuccess(exit) ? undefined : Option.getOrUndefined(Cause.findErrorOption(exit.cause))

const measureCall = <A>(
  { operation }: TracedCall,
  run: Effect.Effect<A, RuntimeError>
): Effect.Effect<A, RuntimeError> =>
  measure(run, (exit) => {
    const error = errorOf(exit)
    return [
      callDuration,
      {
        "aywa.operation": operation,
        "aywa.outcome": Exit.isSuccess(exit)
          ? "ok"
          : ((error !== undefined && "outcome" in error ? error.outcome : undefined) ?? "interrupted"),
        ...(error === undefined ? {} : { "error.type": error._tag })
      }
    ]
  })

const measureAttempt = <A>(
  { method, path }: TracedCall,
  run: Effect.Effect<A>,
  resultOf: (result: A) => AttemptResult
): Effect.Effect<A> =>
  measure(run, (exit) => {
    const result = Exit.isSuccess(exit) ? resultOf(exit.value) : undefined
    return [
      attemptDuration,
      {
        "http.request.method": method,
        "url.template": path,
        ...(result?.status === undefined ? {} : { "http.response.status_code": String(result.status) }),
        ...(result?.error === undefined ? {} : { "error.type": result.error })
      }
    ]
  })

const measure = <A, E>(
  run: Effect.Effect<A, E>,
  record: (exit: Exit.Exit<A, E>) => readonly [Metric.Histogram<number>, Record<string, string>]
): Effect.Effect<A, E> =>
  Effect.flatMap(Clock.currentTimeNanos, (began) =>
    Effect.onExit(run, (exit) =>
      Effect.flatMap(Clock.currentTimeNanos, (end) => {
        const [metric, attributes] = record(exit)
        return Metric.update(Metric.withAttributes(metric, attributes), Number(end - began) / 1e9)
      })
    )
  )
