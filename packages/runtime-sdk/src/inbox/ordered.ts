/**
 * Handles lines in order: at most one worker per line, over all processes, by a lease in the database.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { InboxError } from "./model.ts"
import type { Store } from "./Store.ts"

/**
 * Serves a line whenever this process can get its lease, forever: `next` waits for a delivery and handles it.
 *
 * A lease outlives the locks of the queue: when its owner dies, the delivery that it was handling is free again before
 * another process begins with the line.
 */
export const serveInOrder = (store: Store, lockExpiration: Duration.Duration) => {
  const owner = globalThis.crypto.randomUUID()
  const leaseMillis = Duration.toMillis(lockExpiration) * 1.5 + 2000
  const pause = Duration.divideUnsafe(lockExpiration, 4)
  return <R>(name: string, next: Effect.Effect<unknown, InboxError, R>): Effect.Effect<never, InboxError, R> => {
    const take = store.lease(name, owner, leaseMillis)
    // Ends when another process has the lease: whoever was away for so long must not go on.
    const renew = Effect.repeat(
      // The lease is still ours when the database is back soon.
      Effect.andThen(Effect.sleep(pause), Effect.retry(take, { schedule: Schedule.spaced(pause), times: 3 })),
      { while: (held) => held }
    )
    const work = Effect.raceFirst(Effect.forever(next), renew)
    return Effect.forever(
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(take, (held) =>
          held
            ? Effect.ensuring(restore(work), Effect.ignore(store.release(name, owner)))
            : restore(Effect.sleep(pause))
        )
      )
    )
  }
}
