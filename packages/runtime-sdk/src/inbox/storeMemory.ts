/**
 * The store in memory of one process: for development and tests.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Delivery, LineStats, Parked } from "./model.ts"
import { partitionOf } from "./names.ts"
import type { Settings } from "./options.ts"
import type { Claim, Store } from "./Store.ts"

interface Item {
  readonly delivery: Delivery
  readonly line: number
  readonly storedAt: number
  due: number
  lock: string | undefined
  attempts: number
  lapses: number
  alone: boolean
  requeued: number
  parked: { readonly at: number; readonly reason: string } | undefined
}

/** Makes an empty store. */
export const makeMemory = (settings: Settings): Effect.Effect<Store> =>
  Effect.map(Clock.clockWith(Effect.succeed), (clock) => {
    const { lines, lockMillis } = settings
    const now = () => clock.currentTimeMillisUnsafe()
    /** In their order: what is put back goes to the end. */
    const items = new Map<string, Item>()
    const done = new Map<string, number>()
    const finish = (id: string) => {
      done.set(id, now())
      return items.delete(id)
    }
    const held = ({ key, lock }: Claim): Item | undefined => {
      const item = items.get(key)
      return item?.lock === lock ? item : undefined
    }
    const claim = (item: Item, lock: string): Claim => {
      if (item.lock !== undefined) {
        item.lapses++
        if (item.alone) item.attempts++
      }
      Object.assign(item, { lock, alone: false, due: now() + lockMillis })
      return { ...item.delivery, key: item.delivery.id, lock, attempts: item.attempts, suspect: item.lapses > 0 }
    }
    const complete = (claims: ReadonlyArray<Claim>) => {
      for (const one of claims) if (held(one) !== undefined) finish(one.key)
    }
    const put = (id: string, item: Item) => {
      items.delete(id)
      items.set(id, { ...item, due: 0, lock: undefined, attempts: 0, lapses: 0, alone: false, parked: undefined })
    }
    const waiting = () => [...items.values()].filter(({ parked }) => parked === undefined)
    const sync = <A>(run: () => A) => Effect.sync(run)
    return {
      offer: (list) =>
        sync(() => {
          for (const delivery of list) {
            const { id, callId } = delivery
            if (done.has(id) || items.has(id)) continue
            const line = lines === 0 ? 0 : partitionOf(callId, lines)
            const rest = {
              due: 0,
              lock: undefined,
              attempts: 0,
              lapses: 0,
              alone: false,
              requeued: 0,
              parked: undefined
            }
            items.set(id, { delivery, line, storedAt: now(), ...rest })
          }
        }),
      probe: Effect.void,
      take: ({ max, lapsedBefore, handled }) =>
        sync(() => {
          complete(handled)
          const lock = globalThis.crypto.randomUUID()
          const claims: Array<Claim> = []
          const seen = new Set<number>()
          let next = Infinity
          for (const item of waiting()) {
            if (claims.length === max) break
            // Behind the first of its line.
            if (lines > 0 && seen.has(item.line)) continue
            seen.add(item.line)
            if (item.due > now()) next = Math.min(next, item.due)
            else if (item.lock === undefined || item.due < lapsedBefore) claims.push(claim(item, lock))
          }
          return { claims, now: now(), next }
        }),
      extend: (claims) =>
        sync(() => {
          const ours = claims.filter((one) => held(one) !== undefined)
          for (const one of ours) Object.assign(held(one) ?? {}, { due: now() + lockMillis })
          return new Set(ours.map(({ lock, key }) => lock + key))
        }),
      begin: (one) =>
        sync(() => {
          const item = held(one)
          if (item !== undefined) item.alone = true
          return item !== undefined
        }),
      complete: (claims) => sync(() => complete(claims)),
      retry: (one, millis) =>
        sync(() => {
          const rest = { lock: undefined, due: now() + millis, attempts: one.attempts + 1, lapses: 0, alone: false }
          Object.assign(held(one) ?? {}, rest)
        }),
      release: (claims) =>
        sync(() => {
          for (const one of claims) Object.assign(held(one) ?? {}, { lock: undefined, due: 0, alone: false })
        }),
      park: (one, attempts, reason) =>
        sync(() => {
          Object.assign(held(one) ?? {}, { attempts, lock: undefined, parked: { at: now(), reason } })
        }),
      parked: (limit, after) => sync(() => pageOf(items.values(), limit, after)),
      requeue: (id) =>
        sync(() => {
          const item = items.get(id)
          if (item?.parked === undefined) return false
          put(id, { ...item, requeued: item.requeued + 1 })
          return true
        }),
      discard: (id) => sync(() => items.get(id)?.parked !== undefined && finish(id)),
      forget: (fits) =>
        sync(() => {
          const ids = [...items.values()].filter(({ delivery }) => fits(delivery)).map(({ delivery }) => delivery.id)
          return ids.filter(finish).length
        }),
      stats: sync(() => {
        const all = waiting()
        const age = (some: ReadonlyArray<Item>) => some.reduce((age, one) => Math.max(age, now() - one.storedAt), 0)
        return {
          waiting: all.length,
          inFlight: all.filter(({ lock }) => lock !== undefined).length,
          retrying: all.filter(({ attempts }) => attempts > 0).length,
          maxAttempts: all.reduce((most, { attempts }) => Math.max(most, attempts), 0),
          oldestAgeMillis: age(all),
          parked: items.size - all.length,
          handledLastMinute: [...done.values()].filter((at) => at > now() - 60_000).length,
          lines:
            lines === 0
              ? []
              : [...Map.groupBy(all, ({ line }) => line)]
                  .map(([line, some]): LineStats => ({ line, waiting: some.length, lagMillis: age(some) }))
                  .toSorted((a, b) => a.line - b.line)
        }
      }),
      sweep: (rememberMillis) =>
        sync(() => {
          for (const [id, at] of done) if (at < now() - rememberMillis) done.delete(id)
        }),
      listen: () => Effect.never
    } satisfies Store
  })

const pageOf = (items: Iterable<Item>, limit: number, after: Parked | undefined): ReadonlyArray<Parked> => {
  const page: Array<Parked> = []
  for (const { delivery, attempts, requeued, parked } of items) {
    if (parked !== undefined) page.push({ ...delivery, attempts, requeued, reason: parked.reason, parkedAt: parked.at })
  }
  page.sort((a, b) => a.parkedAt - b.parkedAt || (a.id < b.id ? -1 : 1))
  const begin = after === undefined ? 0 : page.findIndex((one) => isBehind(one, after))
  return begin < 0 ? [] : page.slice(begin, begin + limit)
}

const isBehind = (one: Parked, after: Parked): boolean =>
  one.parkedAt > after.parkedAt || (one.parkedAt === after.parkedAt && one.id > after.id)
