/**
 * What the inbox needs of a database beside the queue itself: a place for what is parked, and leases.
 */
import type * as Effect from "effect/Effect"
import type { InboxError, Parked } from "./model.ts"

/** Parked deliveries and leases, in one database. */
export interface Store {
  readonly park: (parked: Parked) => Effect.Effect<void, InboxError>
  /** Oldest first. */
  readonly parked: (limit: number) => Effect.Effect<ReadonlyArray<Parked>, InboxError>
  readonly find: (id: string) => Effect.Effect<Parked | undefined, InboxError>
  /** Removes exactly this parking of a delivery: a newer one stays. */
  readonly unpark: (parked: Parked) => Effect.Effect<void, InboxError>
  /** Takes or renews a lease; `false` while another owner has it. */
  readonly lease: (name: string, owner: string, millis: number) => Effect.Effect<boolean, InboxError>
  readonly release: (name: string, owner: string) => Effect.Effect<void, InboxError>
  /** Removes what is left of leases that ended. */
  readonly sweep: Effect.Effect<void, InboxError>
}
