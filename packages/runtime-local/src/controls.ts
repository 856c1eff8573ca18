/**
 * What a test or an operator may do with a runtime: in the process through its handle, from outside over the control
 * routes.
 */
import { makeSending, type OpenSending } from "./control/handle.ts"
import type { Engine } from "./engine.ts"
import type { Core } from "./core.ts"
import { newKey } from "./keys.ts"
import type { LocalRuntimeHandle } from "./runtimeHandle.ts"
import type { RuntimeClock } from "./time/clock.ts"

/** The controls of a runtime. */
export interface Controls extends Pick<LocalRuntimeHandle, "addKey" | "reset"> {
  /** Bearer token of the control routes. */
  readonly token: string
  readonly clock: RuntimeClock
  readonly sending: OpenSending
}

/** Makes the controls. */
export const makeControls = (core: Core, engine: Engine): Controls => {
  const { store, ids, keys, now, organizationId, scheduler } = core
  const { outbox, calls, secrets } = engine
  const { idle, set, advance } = scheduler
  return {
    token: ids.token(32),
    clock: { now, set, advance },
    sending: makeSending({ store, ids, now, organizationId, outbox, calls, secrets, idle }),
    addKey: ({ key = newKey(ids), organization = organizationId, role = "full" } = {}) => ({
      ...keys.add({ key, organization, role }),
      key
    }),
    reset: () => {
      store.transaction(store.clear)
      core.journal.clear()
      core.rules.clear()
      core.scenarios.stop()
      core.metrics.reset()
      core.limiter.reset()
    }
  }
}
