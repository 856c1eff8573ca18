/**
 * Handles lines in order: at most one worker per line, over all processes, by a lease in the database.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { InboxError } from "./model.ts"
import type { Store } from "./Store.ts"

/** A line of deliveries; `next` waits for one and handles it. */
export interface Line<R> {
  readonly name: string
  readonly next: Effect.Effect<unknown, InboxError, R>
}

/**
 * Serves every line that this process can get the lease of, forever.
 *
 * A lease outlives the locks of the queue: when its owner dies, the delivery that it was handling is free again before
 * another process begins with the line.
 */
export const serveInOrder = <R>(
  store: Store,
  lines: ReadonlyArray<Line<R>>,
  lockExpiration: Duration.Duration
): Effect.Effect<never, InboxError, R> =>
  Effect.suspend(() => {
    const owner = globalThis.crypto.randomUUID()
    const leaseMillis = Duration.toMillis(lockExpiration) * 1.5 + 2000
    const pause = Duration.divideUnsafe(lockExpiration, 4)
    const serve = ({ name, next }: Line<R>): Effect.Effect<never, InboxError, R> => {
      const take = store.lease(name, owner, leaseMillis)
      // Ends when another process has the lease: whoever was away for so long must not go on.
      const renew = Effect.repeat(Effect.andThen(Effect.sleep(pause), take), { while: (held) => held })
      const work = Effect.raceFirst(Effect.forever(next), renew)
      return Effect.forever(
        Effect.flatMap(take, (held) =>
          held ? Effect.ensuring(work, Effect.ignore(store.release(name, owner))) : Effect.sleep(pause)
        )
      )
    }
    return Effect.forEach(lines, serve, { concurrency: "unbounded", discard: true }) as Effect.Effect<
      never,
      InboxError,
      R
    > // Each of them runs forever.
  })
