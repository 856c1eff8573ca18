/**
 * Workers that are stopped while they wait, and not while they handle.
 */
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"

type Same = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** What a worker's loop says about itself. */
export interface Worker {
  /** Takes a delivery and handles it: at its end, the acknowledgement included, the worker waits again. */
  readonly take: Same
  /** An attempt inside of it, of which a stop waits for the end. */
  readonly attempt: Same
  /** The attempt has ended, and another one follows after a while. */
  readonly pause: Effect.Effect<unknown>
}

/** Makes workers with one stop for all: it ends each of them when it waits next. */
export const makeWorkers = () => {
  const stop = Latch.makeUnsafe()
  return {
    stop: stop.open,
    worker: <E, R>(loop: (worker: Worker) => Effect.Effect<never, E, R>): Effect.Effect<void, E, R> =>
      Effect.suspend(() => {
        const waits = Latch.makeUnsafe(true)
        const worker: Worker = {
          take: (effect) => Effect.ensuring(effect, waits.open),
          attempt: (effect) => Effect.andThen(waits.close, effect),
          pause: waits.open
        }
        return Effect.raceFirst(loop(worker), Effect.andThen(stop.await, waits.await))
      })
  }
}
