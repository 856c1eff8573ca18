/**
 * A limiter over Effect's own modules. `effect/persistence` is marked unstable: only this file touches it.
 */
import * as Effect from "effect/Effect"
import * as RateLimiter from "effect/persistence/RateLimiter"
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
