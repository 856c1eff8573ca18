/**
 * What a test or an operator may do with a runtime: in the process through its handle, from outside over the control
 * routes.
 */
import { publishChanges } from "./control/changes.ts"
import { makeSending, type OpenSending } from "./control/handle.ts"
import { makeTickets, type Tickets } from "./control/tickets.ts"
import type { Engine } from "./engine.ts"
import type { Core } from "./core.ts"
import { newKey } from "./keys.ts"
import type { LocalRuntimeHandle } from "./runtimeHandle.ts"
import { makeSnapshots, type Snapshots } from "./store/snapshots.ts"
import type { RuntimeClock } from "./time/clock.ts"

/** The controls of a runtime. */
export interface Controls extends Pick<LocalRuntimeHandle, "addKey" | "reset" | "snapshot" | "restore"> {
  /** Bearer token of the control routes. */
  readonly token: string
  readonly tickets: Tickets
  readonly clock: RuntimeClock
  readonly sending: OpenSending
  readonly snapshots: Snapshots
}

/** Makes the controls. */
export const makeControls = (core: Core, engine: Engine): Controls => {
  const { store, ids, keys, now, organizationId, scheduler } = core
  const { outbox, calls, secrets } = engine
  const { idle } = scheduler
  const { feed } = core
  const changes = publishChanges(store, feed)
  const snapshots = makeSnapshots(store)
  const startAnew = () => {
    changes.forget()
    feed.reset()
  }
  const tellTime = () => feed.publish("clock", () => ({ now: new Date(now()).toISOString() }))
  return {
    token: ids.token(32),
    tickets: makeTickets(),
    clock: {
      now,
      set: (time) => {
        scheduler.set(time)
        tellTime()
      },
      advance: (milliseconds) => {
        const fired = scheduler.advance(milliseconds)
        void fired.then(tellTime, tellTime)
        return fired
      }
    },
    snapshots,
    snapshot: snapshots.take,
    restore: (place) => {
      const isWhole = snapshots.organizationOf(place) === undefined
      // What is under way would be written into what comes back.
      if (isWhole) engine.stop()
      try {
        return snapshots.restore(place)
      } finally {
        if (isWhole) engine.start()
        startAnew()
      }
    },
    sending: makeSending({ store, ids, now, organizationId, outbox, calls, secrets, idle, faults: core.rules }),
    addKey: ({ key = newKey(ids), organization = organizationId, role = "full" } = {}) => ({
      ...keys.add({ key, organization, role }),
      key
    }),
    reset: () => {
      store.clear()
      core.journal.clear()
      core.rules.clear()
      core.scenarios.stop()
      core.metrics.reset()
      core.limiter.reset()
      startAnew()
    }
  }
}
