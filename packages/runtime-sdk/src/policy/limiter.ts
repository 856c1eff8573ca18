/**
 * Limiter and breaker over Effect's own modules. `effect/persistence` is marked unstable: only this file touches it.
 */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as CircuitBreaker from "effect/persistence/CircuitBreaker"
import * as RateLimiter from "effect/persistence/RateLimiter"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"

/**
 * Bounds what runs at the same time, or in a window. Made by `limit`; shared by every call that it governs.
 *
 * @since 0.1.0
 * @category models
 */
export interface Limiter {
  readonly run: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/**
 * Stops calling a runtime that keeps failing. Made by `circuitBreaker`; shared by every call that it governs.
 *
 * @since 0.1.0
 * @category models
 */
export interface Breaker {
  readonly run: <A, E, R>(
    effect: Effect.Effect<A, E, R>,
    options: {
      readonly key: string
      readonly isFailure: (error: E) => boolean
      readonly onOpen: (retryAfterMillis: number | undefined) => E
    }
  ) => Effect.Effect<A, E, R>
}

/** Waits for a place, then for a token, then runs. */
export const makeLimiter = (options: {
  readonly concurrency: number | undefined
  readonly rate: { readonly limit: number; readonly window: number } | undefined
}): Limiter => {
  const semaphore = options.concurrency === undefined ? undefined : Semaphore.makeUnsafe(options.concurrency)
  const rate = options.rate
  const token =
    rate === undefined
      ? undefined
      : RateLimiter.sleep(Effect.runSync(Effect.provide(RateLimiter.make, RateLimiter.layerStoreMemory)), {
          algorithm: "token-bucket",
          key: "attempts",
          limit: rate.limit,
          window: rate.window
        })
  return {
    run: (effect) => {
      // The store is memory: it cannot fail, and waiting is the only other answer.
      const paced = token === undefined ? effect : Effect.andThen(Effect.orDie(token), effect)
      return semaphore === undefined ? paced : semaphore.withPermit(paced)
    }
  }
}

/** One circuit per key, in this process. */
export const makeBreaker = (options: { readonly failures: number; readonly openFor: number }): Breaker => {
  // The scope only ends the breaker's stream of transitions, which nobody here reads: it may live as long as we do.
  const breaker = Effect.runSync(
    CircuitBreaker.make({
      tripPolicy: CircuitBreaker.consecutive(options.failures),
      openDuration: options.openFor
    }).pipe(Effect.provide(CircuitBreaker.layerStoreMemory()), Effect.provideService(Scope.Scope, Scope.makeUnsafe()))
  )
  return {
    run: (effect, { key, isFailure, onOpen }) =>
      breaker
        .execute(effect, {
          key,
          classify: (exit) => {
            if (Exit.isSuccess(exit)) return CircuitBreaker.success
            const error = Cause.findErrorOption(exit.cause)
            if (Option.isNone(error)) return CircuitBreaker.ignored
            return isFailure(error.value) ? CircuitBreaker.failure() : CircuitBreaker.success
          }
        })
        .pipe(
          Effect.catch((error) => {
            if (!(error instanceof CircuitBreaker.CircuitBreakerError)) return Effect.fail(error)
            return Effect.fail(
              onOpen(error.reason._tag === "CircuitOpen" ? Duration.toMillis(error.reason.retryAfter) : undefined)
            )
          })
        )
  }
}
