/**
 * Calls that live: a call that is created walks through its states by itself, step by step, on the runtime's clock.
 *
 * No voice pipeline runs: nobody is called, nothing is heard or spoken. Servers are really asked, tools really called.
 */
import type { Address } from "../http/address.ts"
import type { JsonObject } from "../json/object.ts"
import type { Outbox } from "../outbox/outbox.ts"
import type { ResourceContext } from "../rows/crud.ts"
import type { Store } from "../store/Store.ts"
import type { Ids } from "../time/ids.ts"
import { makeLifetime } from "../time/lifetime.ts"
import type { WorkSource } from "../time/workLoop.ts"
import type { ApiRequestContext } from "./apiRequest.ts"
import { begin, type BeginOptions } from "./begin.ts"
import { type Links, makeLinks } from "./links.ts"
import type { Run } from "./run.ts"
import { makeRuns, type Runs } from "./runs.ts"
import { makeScripts, type Scripts } from "./script.ts"
import type { Stage } from "./stage.ts"
import type { CallPace } from "./steps/step.ts"
import { work } from "./work.ts"

/** The calls of a runtime. */
export interface Calls extends WorkSource {
  /** Lets a stored call live; call it inside the transaction that stored it. */
  readonly begin: (call: JsonObject, options?: BeginOptions) => void
  /** Keeps what an action from outside made of a run, and goes on with it at once where its steps changed. */
  readonly keep: (before: Run, after: Run) => void
  readonly runs: Runs
  readonly stage: Stage
  readonly scripts: Scripts
  readonly links: Links
  /** What requests of tools need. */
  readonly api: () => Omit<ApiRequestContext, "store">
  readonly start: () => void
  readonly stop: () => void
}

/** What calls work with. */
export interface CallsContext {
  readonly store: Store
  readonly ids: Ids
  readonly outbox: Outbox
  readonly now: () => number
  readonly wake: () => void
  readonly pace: CallPace
  readonly address: Address
  readonly api: Omit<ApiRequestContext, "store" | "signal">
}

/** What the handlers of calls work with. */
export interface CallContext extends ResourceContext {
  readonly calls: Calls
}

/** Makes the calls of a runtime; nothing moves before `start`. */
export const makeCalls = (context: CallsContext): Calls => {
  const { store, ids, outbox, now, wake } = context
  const runs = makeRuns(store, now)
  const scripts = makeScripts(store, ids)
  const links = makeLinks(store, context.address)
  const stage: Stage = { store, runs, outbox, links, now }
  const lifetime = makeLifetime()
  const stranded = new Set<string>()
  const api = () => ({ ...context.api, signal: lifetime.signal() })
  const parts = { ...context, runs, scripts, links, lifetime, stranded, api }
  return {
    begin: (call, options) => begin(parts, call, options),
    keep: (before, after) => {
      if (!after.done) {
        runs.keep(after)
        if (after.steps !== before.steps) runs.hurry(after.callId)
      }
      wake()
    },
    runs,
    stage,
    scripts,
    links,
    api,
    nextDue: runs.nextDue,
    take: () => {
      if (stranded.size > 0) store.transaction(() => stranded.forEach((callId) => runs.recover(callId)))
      stranded.clear()
      // Each is claimed at once: what it does first is synchronous, and moves its time on.
      return runs.due().map((callId) => work(parts, callId))
    },
    start: () =>
      store.transaction(() => {
        runs.recover()
        links.renew()
      }),
    stop: () => {
      stranded.clear()
      lifetime.end()
    }
  }
}
