/**
 * What every part of a runtime needs: its store with the rows and keys that it starts with, its time, its chance, its limits and
 * faults, and what it notes of requests.
 */
import { type Feed, makeFeed } from "./control/feed.ts"
import { type FaultRules, makeFaultRules } from "./faults/rules.ts"
import { makeScenarios, type Scenarios } from "./faults/scenarios.ts"
import { type Address, makeAddress } from "./http/address.ts"
import { type Keys, makeKeys } from "./http/auth.ts"
import { type Idempotency, makeIdempotency } from "./http/idempotency.ts"
import { type Journal, makeJournal } from "./http/journal.ts"
import { makeRateLimiter, type RateLimiter } from "./http/rateLimit.ts"
import { makeMetrics, type Metrics } from "./operations/metrics.ts"
import { type FirstKey, seedKeys } from "./keys.ts"
import { defaultIdempotencyTtl, type LocalRuntimeOptions } from "./options.ts"
import { defaultAge } from "./outbox/retention.ts"
import { rulesOf } from "./rows/rules.ts"
import { storeSeedRows } from "./rows/seed.ts"
import { describe } from "./store/failure.ts"
import type { Store } from "./store/Store.ts"
import { makeClock } from "./time/clock.ts"
import { type Ids, makeIds } from "./time/ids.ts"
import { makeScheduler, type Scheduler } from "./time/scheduler.ts"

/** What every part of a runtime needs. */
export interface Core extends FirstKey {
  readonly store: Store
  readonly now: () => number
  /** Where others reach it. */
  readonly address: Address
  readonly scheduler: Scheduler
  readonly ids: Ids
  readonly keys: Keys
  readonly idempotency: Idempotency
  readonly rules: FaultRules
  readonly scenarios: Scenarios
  /** Seed of the faults. */
  readonly chaos: number
  readonly limiter: RateLimiter
  readonly journal: Journal
  readonly metrics: Metrics
  /** News for whoever watches. */
  readonly feed: Feed
}

/** Makes the core over an open store. */
export const makeCore = (store: Store, options: LocalRuntimeOptions): Core => {
  const { seed, clock: mode = "system" } = options
  const clock = makeClock(mode)
  const { now } = clock
  const ids = makeIds(seed)
  const keys = makeKeys(store, now)
  const first = seedKeys(store, keys, ids, options)
  const idempotency = makeIdempotency(store, now, options.idempotencyTtl ?? defaultIdempotencyTtl)
  idempotency.recover()
  if (options.rows !== undefined) {
    storeSeedRows(store, options.rows, first.organizationId, (resource) => ({
      store,
      ids,
      now,
      resource,
      rules: rulesOf(resource)
    }))
  }
  const chaos = seed ?? 1
  const feed = makeFeed()
  const rules = makeFaultRules(chaos, now, () => feed.publish("fault", () => ({ rules: rules.list() })))
  const scenarios = makeScenarios(rules.setScenario, chaos)
  if (options.scenario !== undefined) scenarios.start(options.scenario)
  return {
    ...first,
    store,
    now,
    address: makeAddress(),
    scheduler: makeScheduler(clock, mode, describe),
    ids,
    keys,
    idempotency,
    rules,
    scenarios,
    chaos,
    limiter: makeRateLimiter(options.rateLimit, now),
    journal: makeJournal({ limit: options.retention?.requests, age: options.retention?.age ?? defaultAge, now }),
    metrics: makeMetrics(),
    feed
  }
}
