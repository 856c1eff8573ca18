/**
 * Bounds what runs at the same time, and how often something starts. Whoever gives up while it waits leaves its place to
 * the next, as if it had never come.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Semaphore from "effect/Semaphore"
import { monotonic } from "./time.ts"

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
  readonly rate: Rate | undefined
}): Limiter => {
  const { concurrency, rate } = options
  const places = concurrency === undefined ? undefined : Semaphore.makeUnsafe(concurrency)
  const withPace = rate === undefined ? identity : pace(rate)
  return { run: (effect) => (places === undefined ? withPace(effect) : places.withPermit(withPace(effect))) }
}

interface Rate {
  readonly limit: number
  /** Milliseconds. */
  readonly window: number
}

/**
 * A token bucket: `limit` at once after a quiet window, then one at a time. Only the first in the queue waits for a token,
 * and takes it when it is there: one that gives up has taken none.
 */
const pace = ({ limit, window }: Rate): (<A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>) => {
  const queue = Semaphore.makeUnsafe(1)
  const interval = window / limit
  // When the bucket will be full again.
  let full = -Infinity
  const token: Effect.Effect<void> = Effect.withFiber((fiber) => {
    const now = monotonic(fiber.getRef(Clock.Clock))
    const wait = full - (window - interval) - now
    if (wait > tolerance) return Effect.andThen(Effect.sleep(wait), token)
    full = Math.max(full, now) + interval
    return Effect.void
  })
  const first = queue.withPermit(token)
  return (effect) => Effect.andThen(first, effect)
}

/** Milliseconds: sums of fractions are not exact. */
const tolerance = 1e-6
