/**
 * What the inbox needs of a database. One value serves one inbox.
 *
 * A delivery is one record from its first moment to its last: it waits, may be in a worker's hand, is parked or done.
 * Whoever takes it gets a lock of its own, and whatever is said about it later is said with that lock: a worker that
 * lost its delivery changes nothing any more.
 */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Delivery, InboxError, Parked, Stats } from "./model.ts"

/** A delivery in a worker's hand. */
export interface Claim extends Delivery {
  /** What the store knows it by. */
  readonly key: string
  readonly lock: string
  /** Attempts that ended in a failure, or in the death of a process that handled nothing beside. */
  readonly attempts: number
  /** A worker had it, and nobody said what became of it: the process died, or was cut off. */
  readonly suspect: boolean
}

/** What `take` is asked for. */
export interface Wish {
  /** At most so many. */
  readonly max: number
  /** Locks that ended before this instant of the database may be taken over; epoch milliseconds. */
  readonly lapsedBefore: number
  /** What was handled: completed in the same step, before anything is taken. */
  readonly handled: ReadonlyArray<Claim>
}

/** What `take` gives. */
export interface Taken {
  readonly claims: ReadonlyArray<Claim>
  /** The database's clock; epoch milliseconds. */
  readonly now: number
  /** When the next delivery is due or the next lock ends, if nothing was taken; epoch milliseconds, or Infinity. */
  readonly next: number
}

/** Deliveries of one inbox, in one database. Times are the database's: processes need not agree on one. */
export interface Store {
  /** Why a delivery is never offered to it: it is too large. */
  readonly refusal?: ((delivery: Delivery) => InboxError | undefined) | undefined
  /** Stores them in this order; those whose id is known are dropped. */
  readonly offer: (deliveries: ReadonlyArray<Delivery>) => Effect.Effect<void, InboxError>
  /** Fails where `offer` would; leaves nothing behind. */
  readonly probe: Effect.Effect<void, InboxError>
  /** Does not wait. */
  readonly take: (wish: Wish) => Effect.Effect<Taken, InboxError>
  /** Renews the locks; gives those that are still held. */
  readonly extend: (claims: ReadonlyArray<Claim>) => Effect.Effect<ReadonlySet<string>, InboxError>
  /** From now on the process handles this one alone; `false` when the lock is lost. */
  readonly begin: (claim: Claim) => Effect.Effect<boolean, InboxError>
  /** Handled: the body is deleted, the id stays. */
  readonly complete: (claims: ReadonlyArray<Claim>) => Effect.Effect<void, InboxError>
  /** Failed, and due again after a while. */
  readonly retry: (claim: Claim, millis: number, reason: string) => Effect.Effect<void, InboxError>
  /** Given back; that was no attempt. */
  readonly release: (claims: ReadonlyArray<Claim>) => Effect.Effect<void, InboxError>
  readonly park: (claim: Claim, attempts: number, reason: string) => Effect.Effect<void, InboxError>
  /** Oldest first; those behind `after`, which was the last of the page before. */
  readonly parked: (limit: number, after: Parked | undefined) => Effect.Effect<ReadonlyArray<Parked>, InboxError>
  readonly requeue: (id: string) => Effect.Effect<boolean, InboxError>
  readonly discard: (id: string) => Effect.Effect<boolean, InboxError>
  /** Forgets what waits or is parked and fits: bodies are deleted, ids stay. Gives how many. */
  readonly forget: (
    fits: (delivery: Delivery) => boolean,
    hint: { readonly callId?: string | undefined }
  ) => Effect.Effect<number, InboxError>
  readonly stats: Effect.Effect<Stats, InboxError>
  /** Removes ids that were handled longer ago, and brings near what a step of the clock put far away. */
  readonly sweep: (rememberMillis: number) => Effect.Effect<void, InboxError>
  /**
   * Calls `wake` whenever another process has stored something, until the scope closes; `true` while that is known to
   * work.
   */
  readonly listen: (wake: () => void, onState: (works: boolean) => void) => Effect.Effect<void, InboxError, Scope.Scope>
}
