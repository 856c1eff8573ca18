/**
 * What happens by itself: calls that live and deliveries that go out, whenever they are due on the runtime's clock.
 */
import type { OutboundPolicyOptions } from "@aywa-ai/runtime-sdk/outbound"
import { type Calls, makeCalls } from "./calls/calls.ts"
import type { Core } from "./core.ts"
import type { LocalRuntimeOptions } from "./options.ts"
import { makeOutbox, type Outbox } from "./outbox/outbox.ts"
import { makeSecrets, type Secrets } from "./outbox/secrets.ts"
import { makeRandom } from "./time/ids.ts"

/** The moving parts of a runtime. */
export interface Engine {
  readonly outbox: Outbox
  readonly calls: Calls
  readonly secrets: Secrets
  readonly start: () => void
  readonly stop: () => void
}

/** Makes an engine; nothing runs before `start`. */
export const makeEngine = (core: Core, options: LocalRuntimeOptions, policy: OutboundPolicyOptions): Engine => {
  const { store, ids, rules, scheduler, now, address } = core
  const { seed, webhookSchedule = "standard", webhookOrder = seed === undefined ? "created" : "shuffled" } = options
  const { wake } = scheduler
  const secrets = makeSecrets(store, now, { secret: options.webhookSecret, bytes: ids.bytes })
  const outbox = makeOutbox({
    store,
    ids,
    now,
    secrets,
    faults: rules,
    policy,
    schedule: webhookSchedule,
    retention: options.retention ?? {},
    order: webhookOrder,
    random: makeRandom((seed ?? Math.floor(Math.random() * 2 ** 32)) + 1),
    signTime: options.signWith === "virtual" ? now : Date.now,
    wake
  })
  const calls = makeCalls({
    store,
    ids,
    outbox,
    now,
    wake,
    pace: options.callPace ?? {},
    address,
    api: { policy, allowedHosts: options.toolAllowedHosts ?? [] }
  })
  scheduler.add(calls)
  scheduler.add(outbox)
  return {
    outbox,
    calls,
    secrets,
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
