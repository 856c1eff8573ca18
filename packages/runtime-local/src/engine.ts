/**
 * What happens by itself: the clock, and the work that becomes due on it.
 */
import type { OutboundPolicyOptions } from "@aywa-ai/runtime-sdk/outbound"
import { type Calls, makeCalls } from "./calls/calls.ts"
import { makeClock, type RuntimeClock } from "./time/clock.ts"
import type { FaultRules } from "./faults/rules.ts"
import { type Ids, makeRandom } from "./time/ids.ts"
import type { OutboundOptions } from "./outboundOptions.ts"
import { makeOutbox, type Outbox } from "./outbox/outbox.ts"
import { makeSecrets, type Secrets } from "./outbox/secrets.ts"
import { makeScheduler, type Scheduler } from "./time/scheduler.ts"
import { describe } from "./store/failure.ts"
import type { Store } from "./store/Store.ts"

/** The moving parts of a runtime. */
export interface Engine {
  readonly clock: RuntimeClock
  readonly outbox: Outbox
  readonly calls: Calls
  readonly secrets: Secrets
  readonly policy: OutboundPolicyOptions
  readonly wake: () => void
  readonly idle: () => Promise<void>
  readonly start: () => void
  readonly stop: () => void
}

/** What an engine is made of. */
export interface EngineContext {
  readonly store: Store
  readonly ids: Ids
  readonly rules: FaultRules
  readonly scheduler: Scheduler
  readonly now: () => number
  readonly seed: number | undefined
  readonly options: OutboundOptions
  readonly policy: OutboundPolicyOptions
}

/** A clock with its scheduler; apart from the engine, because the store's contents are dated by it. */
export const makeTime = (mode: "system" | "manual") => {
  const clock = makeClock(mode)
  return { now: clock.now, scheduler: makeScheduler(clock, mode, describe) }
}

/** Makes an engine; nothing runs before `start`. */
export const makeEngine = (context: EngineContext): Engine => {
  const { store, ids, rules, scheduler, now, seed, options, policy } = context
  const secrets = makeSecrets(store, now, { given: options.webhookSecret, bytes: ids.bytes })
  const outbox = makeOutbox({
    store,
    ids,
    now,
    secrets,
    faults: rules,
    policy,
    schedule: options.webhookSchedule ?? "standard",
    order: options.webhookOrder ?? (seed === undefined ? "created" : "shuffled"),
    random: makeRandom((seed ?? Math.floor(Math.random() * 2 ** 32)) + 1),
    signTime: options.signWith === "virtual" ? now : Date.now,
    wake: scheduler.wake
  })
  const calls = makeCalls({
    store,
    ids,
    outbox,
    now,
    wake: scheduler.wake,
    pace: options.callPace ?? {},
    api: { policy, allowedHosts: options.toolAllowedHosts ?? [] }
  })
  scheduler.add(calls)
  scheduler.add(outbox)
  return {
    clock: { now, set: scheduler.set, advance: scheduler.advance },
    outbox,
    calls,
    secrets,
    policy,
    wake: scheduler.wake,
    idle: scheduler.idle,
    start: () => {
      outbox.start()
      calls.start()
      scheduler.start()
    },
    stop: () => {
      scheduler.stop()
      calls.stop()
      outbox.stop()
    }
  }
}

/** What may be reached; throws when the options ask for what production mode refuses. */
export const policyOf = ({
  mode = "development",
  allowTargets = [],
  allowPrivateNetwork = false,
  resolve
}: OutboundOptions): OutboundPolicyOptions => {
  if (mode === "production" && allowPrivateNetwork) {
    throw new TypeError("allowPrivateNetwork is refused in production mode: take it out, or use development mode")
  }
  return { mode, allowTargets, allowPrivateNetwork, ...(resolve === undefined ? {} : { resolve }) }
}
