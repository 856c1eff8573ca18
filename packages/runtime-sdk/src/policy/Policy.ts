/**
 * How a call behaves when things go wrong: retries, timeouts, limits, idempotency, circuit breaker.
 *
 * A policy is a record of slots; a combinator is a function `Policy -> Policy` that fills one. Combinators compose
 * with `flow`; the later one wins a slot. One interpreter applies the slots in one order, so they cannot be nested
 * wrongly:
 *
 * ```txt
 * deadline( breaker( retry( limit( attemptTimeout( attempt )))))
 * ```
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual, identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Pull from "effect/Pull"
import * as Schedule from "effect/Schedule"
import type { RuntimeError } from "../errors/Errors.ts"
import { caughtInside } from "../config/callbacks.ts"
import * as Guards from "../config/optionChecks.ts"
import { makeBreaker, type Breaker } from "./breaker.ts"
import { makeLimiter, type Limiter } from "./limiter.ts"
import { checkScopeName, scopeOf, type IdempotencyScope } from "./scope.ts"

/**
 * When and how often a failed attempt is made again.
 *
 * @since 0.1.0
 * @category models
 */
export interface Retry {
  /** Retries after the first attempt. */
  readonly times: number
  /** Milliseconds before the first retry, doubled for each further one. */
  readonly baseDelay: number
  /** Milliseconds; no backoff is longer. */
  readonly maxDelay: number
  /** Milliseconds; a `Retry-After` beyond this fails at once, with the hint on the error. */
  readonly maxRetryAfter: number
  /** Narrows further what is retried; it can never widen it to what is unsafe. */
  readonly while: ((error: RuntimeError) => boolean) | undefined
  /** Begins the schedule of a call, which then says when in place of `baseDelay` and `maxDelay`. */
  readonly schedule?: Effect.Effect<RetryStep> | undefined
}

/**
 * What a schedule says of a failed attempt: milliseconds until the next one, or `undefined` for no more.
 *
 * @since 0.2.0
 * @category models
 */
export type RetryStep = (now: number, error: RuntimeError) => Effect.Effect<number | undefined>

export type { Breaker } from "./breaker.ts"
export type { Limiter } from "./limiter.ts"
export type { IdempotencyScope, ScopeEnd, ScopePosition } from "./scope.ts"

/**
 * The slots. `undefined` means: none. Times are milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface Policy {
  /** When and how often a failed attempt is made again; only what is safe to repeat is. */
  readonly retry: Retry | undefined
  /** Bounds one attempt, its body included. */
  readonly attemptTimeout: number | undefined
  /** Bounds the call: all attempts and all waiting between them. */
  readonly deadline: number | undefined
  /** `auto`: a create without a key gets one for all its attempts. `explicit`: only the caller gives keys. */
  readonly idempotency: "auto" | "explicit"
  /** Names creates by their position in a program that may run again; see `idempotencyScope`. */
  readonly scope: IdempotencyScope | undefined
  /** Bounds what runs at the same time, or in a window. */
  readonly limit: Limiter | undefined
  /** Stops calling a runtime that keeps failing. */
  readonly breaker: Breaker | undefined
}

/**
 * A change to a policy.
 *
 * @since 0.1.0
 * @category models
 */
export type Transform = (policy: Policy) => Policy

/**
 * No retries, no timeouts, no limits; generated idempotency keys.
 *
 * @since 0.1.0
 * @category policies
 */
export const none: Policy = {
  retry: undefined,
  attemptTimeout: undefined,
  deadline: undefined,
  idempotency: "auto",
  scope: undefined,
  limit: undefined,
  breaker: undefined
}

/**
 * The retries of `defaults`.
 *
 * @since 0.1.0
 * @category policies
 */
export const defaultRetry: Retry = { times: 2, baseDelay: 500, maxDelay: 8000, maxRetryAfter: 60_000, while: undefined }

/**
 * What a client does unless told otherwise: 2 retries (0.5 s, doubled, at most 8 s, full jitter; `Retry-After` up to
 * 60 s), 30 s per attempt, 2 minutes per call, generated idempotency keys.
 *
 * @since 0.1.0
 * @category policies
 */
export const defaults: Policy = {
  ...none,
  retry: defaultRetry,
  attemptTimeout: 30_000,
  deadline: 120_000
}

/**
 * Retries what is safe to retry: reads, `PUT` and `DELETE`, anything that carries an idempotency key, and whatever
 * certainly did not happen (429, connection refused).
 *
 * **Details**
 *
 * Waits are random between a floor and `baseDelay * 2^n`, never above `maxDelay`. A `Retry-After` is never cut short, and
 * lengthened by a random part (up to a third of it, or one backoff), so that many callers do not come back at once; one
 * that is longer than `maxRetryAfter` or does not fit the deadline fails at once. Options that are left out keep the value
 * of the policy, or of `defaults` when it had no retries.
 *
 * A `schedule` says when and how often, in place of `baseDelay`, `maxDelay` and, unless it is given too, `times`. What is
 * safe to repeat and how long a `Retry-After` holds stay what they are: a schedule that is earlier waits for it, one that
 * does not fit the deadline ends the call.
 *
 * **Example**
 *
 * ```ts
 * import { Policy } from "@aywa-ai/runtime-sdk/effect"
 * import * as Schedule from "effect/Schedule"
 *
 * export const patient = Policy.retry({ schedule: Schedule.max([Schedule.spaced("2 seconds"), Schedule.recurs(5)]) })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const retry = (options: {
  readonly times?: number | undefined
  readonly baseDelay?: Duration.Input | undefined
  readonly maxDelay?: Duration.Input | undefined
  readonly maxRetryAfter?: Duration.Input | undefined
  readonly while?: ((error: RuntimeError) => boolean) | undefined
  readonly schedule?: Schedule.Schedule<unknown, RuntimeError> | undefined
}): Transform => {
  Guards.known("retry", options, retryNames)
  if (options.schedule !== undefined && !Schedule.isSchedule(options.schedule)) {
    throw new TypeError("retry.schedule must be a Schedule, such as Schedule.spaced(1000).")
  }
  const times = options.times === undefined ? undefined : Guards.count("retry.times", options.times)
  const baseDelay = millis("retry.baseDelay", options.baseDelay)
  const maxDelay = millis("retry.maxDelay", options.maxDelay)
  const maxRetryAfter = millis("retry.maxRetryAfter", options.maxRetryAfter)
  const schedule = options.schedule === undefined ? undefined : stepsOf(options.schedule)
  const { while: given } = options
  // An async function says yes to everything, and what it rejects with is nobody's.
  const condition = (error: RuntimeError): boolean => {
    const answer = given?.(error) ?? true
    caughtInside(answer)
    return answer
  }
  return (policy) => {
    const before = policy.retry ?? defaultRetry
    return {
      ...policy,
      retry: {
        times: times ?? (schedule === undefined ? before.times : Infinity),
        baseDelay: baseDelay ?? before.baseDelay,
        maxDelay: maxDelay ?? before.maxDelay,
        maxRetryAfter: maxRetryAfter ?? before.maxRetryAfter,
        while: given === undefined ? before.while : condition,
        schedule: schedule ?? before.schedule
      }
    }
  }
}

const retryNames = {
  times: true,
  baseDelay: true,
  maxDelay: true,
  maxRetryAfter: true,
  while: true,
  schedule: true
} as const

const stepsOf = (schedule: Schedule.Schedule<unknown, RuntimeError>): Effect.Effect<RetryStep> =>
  Effect.map(
    Schedule.toStep(schedule),
    (step): RetryStep =>
      (now, error) =>
        Pull.matchEffect(step(now, error), {
          onSuccess: ([, delay]) => Effect.succeed(Duration.toMillis(delay)),
          onFailure: (cause) => Effect.failCause(cause),
          onDone: () => Effect.undefined
        })
  )

/**
 * One attempt only.
 *
 * @since 0.1.0
 * @category combinators
 */
export const noRetry: Transform = (policy) => ({ ...policy, retry: undefined })

/**
 * Bounds each attempt, from the first byte sent to the last byte of the body received.
 *
 * @since 0.1.0
 * @category combinators
 */
export const attemptTimeout = (duration: Duration.Input): Transform => {
  const attemptTimeout = millis("attemptTimeout", duration)
  return (policy) => ({ ...policy, attemptTimeout })
}

/**
 * Bounds the whole call: attempts and the waits between them.
 *
 * @since 0.1.0
 * @category combinators
 */
export const deadline = (duration: Duration.Input): Transform => {
  const deadline = millis("deadline", duration)
  return (policy) => ({ ...policy, deadline })
}

/**
 * Whether creates without a key get a generated one.
 *
 * **Gotchas**
 *
 * With `explicit`, a create without a key is not retried after an answer was lost. A key itself is never part of a
 * policy: two calls must not share one.
 *
 * @since 0.1.0
 * @category combinators
 */
export const idempotency = (mode: "auto" | "explicit"): Transform => {
  if (mode !== "auto" && mode !== "explicit") throw new RangeError('idempotency must be "auto" or "explicit".')
  return (policy) => ({ ...policy, idempotency: mode })
}

/**
 * Bounds the attempts that this policy governs: how many run at once, and how many start in a window. What exceeds
 * a bound waits; waiting counts against the deadline.
 *
 * **Gotchas**
 *
 * One call of `limit` makes one limiter. Keep the combinator in a constant and use that, so that calls share it.
 *
 * @since 0.1.0
 * @category combinators
 */
export const limit = (options: {
  /** Attempts that may run at the same time. */
  readonly concurrency?: number | undefined
  /** Attempts that may start in a window; a token bucket, so a quiet window allows a burst of `limit`. */
  readonly rate?: { readonly limit: number; readonly window: Duration.Input } | undefined
}): Transform => {
  Guards.known("limit", options, { concurrency: true, rate: true })
  if (options.rate !== undefined) Guards.known("limit.rate", options.rate, { limit: true, window: true })
  const limit = makeLimiter({
    concurrency:
      options.concurrency === undefined ? undefined : Guards.atLeastOne("limit.concurrency", options.concurrency),
    rate:
      options.rate === undefined
        ? undefined
        : {
            limit: Guards.atLeastOne("limit.rate.limit", options.rate.limit),
            window: Guards.positive("limit.rate.window", millis("limit.rate.window", options.rate.window))
          }
  })
  return (policy) => ({ ...policy, limit })
}

/**
 * Stops calling after a run of failed calls, and tries one again after a while. Server errors, timeouts and lost
 * connections count as failures; answers such as 404 do not. While open, calls fail with `CircuitOpen`, unsent.
 *
 * **Gotchas**
 *
 * One call of `circuitBreaker` makes one breaker; it keeps one circuit per base URL.
 *
 * @since 0.1.0
 * @category combinators
 */
export const circuitBreaker = (options: {
  /** Failed calls in a row that open the circuit. */
  readonly failures: number
  /** How long it stays open before one call is let through. */
  readonly openFor: Duration.Input
}): Transform => {
  Guards.known("circuitBreaker", options, { failures: true, openFor: true })
  const breaker = makeBreaker({
    failures: Guards.atLeastOne("circuitBreaker.failures", options.failures),
    openFor: Guards.positive("circuitBreaker.openFor", millis("circuitBreaker.openFor", options.openFor))
  })
  return (policy) => ({ ...policy, breaker })
}

/**
 * The change that `Policy.with` has put around the running effect; none by default.
 *
 * @since 0.1.0
 * @category references
 */
export const CurrentTransform = Context.Reference<Transform>("@aywa-ai/runtime-sdk/Policy/CurrentTransform", {
  defaultValue: () => identity
})

/**
 * What generates the idempotency keys of creates that were given none: a random UUID unless told otherwise.
 *
 * **When to use**
 *
 * Where a run must be reproducible: in tests that compare what was sent, or in a workflow that is played again.
 *
 * **Gotchas**
 *
 * A runtime answers a key that it knows with the row that it made then. A generator that begins again with the same keys
 * must not meet the same runtime with another body.
 *
 * **Example**
 *
 * ```ts
 * import { Policy } from "@aywa-ai/runtime-sdk/effect"
 * import * as Effect from "effect/Effect"
 *
 * export const reproducible = Effect.provideService(Policy.IdempotencyKeys, Policy.seededKeys("run-7"))
 * ```
 *
 * @since 0.2.0
 * @category references
 */
export const IdempotencyKeys = Context.Reference<() => string>("@aywa-ai/runtime-sdk/Policy/IdempotencyKeys", {
  defaultValue: () => () => `aywa-${globalThis.crypto.randomUUID()}`
})

/**
 * Keys that are the same, in the same order, for the same seed: `run-7-1`, `run-7-2`, … Each call of this function begins
 * anew.
 *
 * @since 0.2.0
 * @category references
 */
export const seededKeys = (seed: string): (() => string) => {
  let count = 0
  return () => `${seed}-${++count}`
}

const with_: {
  (transform: Transform): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, transform: Transform): Effect.Effect<A, E, R>
} = /* @__PURE__ */ dual(2, <A, E, R>(self: Effect.Effect<A, E, R>, transform: Transform) =>
  Effect.updateService(self, CurrentTransform, (outer) => (base) => {
    const around = outer(base)
    const policy = transform(around)
    // A policy made anew says nothing about the scope that the call is made in.
    return policy.scope === undefined && around.scope !== undefined ? { ...policy, scope: around.scope } : policy
  })
)

export {
  /**
   * Adjusts the policy of every call inside an effect. Inner adjustments come after outer ones, so the innermost
   * wins a slot; options of a single call win over both.
   *
   * @since 0.1.0
   * @category combinators
   */
  with_ as with
}

/**
 * Lets a whole effect be run again, by anybody, after any failure or crash, and make each row once: the n-th create of an
 * operation inside gets a key that follows from the scope's name, the operation and n.
 *
 * **When to use**
 *
 * Around what creates several rows and may run again: `Effect.retry`, a job queue, a step of a workflow. Name the intent
 * (`onboard-4711`), not the run.
 *
 * **Details**
 *
 * A further run has to make the same creates in the same order. One with another body than before is refused by the
 * runtime: InvalidRequest with code `idempotency_key_reused`. A create that failed and is repeated inside with the same
 * body keeps its key. Scopes nest; an `idempotencyKey` of a call wins.
 *
 * **Gotchas**
 *
 * Two creates of one operation at the same time have no order, and the second is refused before it is sent: give each a
 * scope of its own inside. The runtime remembers keys for 24 hours.
 *
 * **Example**
 *
 * ```ts
 * import { Assistants, Policy, Tools } from "@aywa-ai/runtime-sdk/effect"
 * import * as Effect from "effect/Effect"
 *
 * export const onboard = (customer: string) =>
 *   Effect.gen(function* () {
 *     const tools = yield* Tools.Tools
 *     const assistants = yield* Assistants.Assistants
 *     yield* tools.create({ type: "endCall" })
 *     return yield* assistants.create({ name: "Desk" })
 *   }).pipe(Policy.idempotencyScope(`onboard-${customer}`), Effect.retry({ times: 3 }))
 * ```
 *
 * @since 0.2.0
 * @category combinators
 */
export const idempotencyScope: {
  (name: string): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, name: string): Effect.Effect<A, E, R>
} = /* @__PURE__ */ dual(2, <A, E, R>(self: Effect.Effect<A, E, R>, name: string) => {
  checkScopeName(name)
  // Made when the effect runs: every run counts from the beginning.
  return Effect.withFiber((fiber) => {
    const scope = scopeOf(name, fiber.getRef(CurrentTransform)(none).scope)
    return with_(self, (policy) => ({ ...policy, scope }))
  })
})

function millis(name: string, duration: Duration.Input): number
function millis(name: string, duration: Duration.Input | undefined): number | undefined
function millis(name: string, duration: Duration.Input | undefined): number | undefined {
  if (duration === undefined) return undefined
  const read = Duration.fromInput(duration)
  if (Option.isNone(read) || Number.isNaN(duration)) {
    throw new RangeError(`${name} must be milliseconds or a duration such as "5 seconds", not ${String(duration)}.`)
  }
  return Guards.duration(name, Duration.toMillis(read.value))
}
