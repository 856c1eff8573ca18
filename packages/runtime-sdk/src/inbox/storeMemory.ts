/**
 * The store in memory of one process: for development and tests.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Parked } from "./model.ts"
import type { Store } from "./Store.ts"

/** Makes an empty store. */
export const makeMemory: Effect.Effect<Store> = Effect.sync(() => {
  const parked = new Map<string, Parked>()
  const leases = new Map<string, { readonly owner: string; readonly until: number }>()
  return {
    park: (one) => Effect.sync(() => void parked.set(one.id, one)),
    parked: (limit) => Effect.sync(() => [...parked.values()].slice(0, limit)),
    find: (id) => Effect.sync(() => parked.get(id)),
    unpark: (one) =>
      Effect.sync(() => {
        if (parked.get(one.id)?.requeued === one.requeued) parked.delete(one.id)
      }),
    lease: (name, owner, millis) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const held = leases.get(name)
        if (held !== undefined && held.owner !== owner && held.until > now) return false
        leases.set(name, { owner, until: now + millis })
        return true
      }),
    release: (name, owner) =>
      Effect.sync(() => {
        if (leases.get(name)?.owner === owner) leases.delete(name)
      }),
    sweep: Effect.map(Clock.currentTimeMillis, (now) => {
      for (const [name, { until }] of leases) if (until <= now) leases.delete(name)
    })
  }
})
