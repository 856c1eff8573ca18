/**
 * The promise client's `trace` hook as watcher. What the hook throws is dropped.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Cause from "effect/Cause"
import * as Option from "effect/Option"
import type { AttemptResult, AttemptTrace, Trace } from "../call/Trace.ts"
import type { Observer } from "../call/observe.ts"
import { quietly } from "../config/callbacks.ts"

/** What is no trace context is not sent: as a header it could break the call. */
const contextOf = (attempt: AttemptTrace | undefined): string | undefined => {
  const context: unknown = attempt?.traceparent
  return typeof context === "string" && /^[\w-]+$/.test(context) ? context : undefined
}

const abortedError = { _tag: "Aborted" } as const
const abortedResult: AttemptResult = { status: undefined, requestId: undefined, error: "Aborted" }

/** Watches through several hooks; what one of them throws is not seen by the others. The first may send a context. */
export const observeHooks = (hooks: ReadonlyArray<Trace | undefined>): Observer | undefined =>
  hooks
    .flatMap((hook) => (hook === undefined ? [] : [observeHook(hook)]))
    .reduceRight<Observer | undefined>(
      (inner, outer) => (inner === undefined ? outer : around(outer, inner)),
      undefined
    )

const around = (outer: Observer, inner: Observer): Observer => ({
  observe: (fiber, call) => {
    const [first, second] = [outer.observe(fiber, call), inner.observe(fiber, call)]
    if (first === undefined || second === undefined) return first ?? second
    return {
      call: (run) => first.call(second.call(run)),
      attempt: (attempt, run, resultOf) =>
        first.attempt(attempt, (context) => second.attempt(attempt, () => run(context), resultOf), resultOf)
    }
  }
})

/** Watches through a hook. */
const observeHook = (trace: Trace): Observer => ({
  observe: (_, call) => {
    const watcher = quietly(() => trace(call))
    if (watcher === undefined || watcher === null) return undefined
    return {
      call: (run) =>
        Effect.onExit(run, (exit) =>
          Effect.sync(() =>
            quietly(() =>
              watcher.end?.(
                Exit.isSuccess(exit)
                  ? undefined
                  : Option.getOrElse(Cause.findErrorOption(exit.cause), () => abortedError)
              )
            )
          )
        ),
      attempt: (attempt, run, resultOf) =>
        Effect.suspend(() => {
          const one = quietly(() => watcher.attempt?.(attempt))
          return Effect.onExit(run(quietly(() => contextOf(one))), (exit) =>
            Effect.sync(() => quietly(() => one?.end?.(Exit.isSuccess(exit) ? resultOf(exit.value) : abortedResult)))
          )
        })
    }
  }
})
