/**
 * Puts a runtime together: the core that everything needs, the engine that moves by itself, the controls of whoever
 * started it, the service that answers.
 */
import { OutboundPolicy } from "@aywa-ai/runtime-sdk/outbound"
import { callTables } from "./calls/tables.ts"
import { chatTables } from "./chats/tables.ts"
import { type Controls, makeControls } from "./controls.ts"
import { type Engine, makeEngine } from "./engine.ts"
import { type Core, makeCore } from "./core.ts"
import { longestOutage } from "./faults/schemas.ts"
import type { Listener } from "./http/server.ts"
import { httpTables } from "./http/tables.ts"
import { importTables } from "./imports/tables.ts"
import { readinessTables } from "./operations/readiness.ts"
import { checkOptions, type LocalRuntimeOptions } from "./options.ts"
import { policyOf } from "./outboundOptions.ts"
import { outboxTables } from "./outbox/tables.ts"
import { rowTables } from "./rows/tables.ts"
import type { LocalRuntimeHandle, StoredRow } from "./runtimeHandle.ts"
import { baseUrlOf, hasInspector, makeService } from "./service.ts"
import { openStore, type Store } from "./store/Store.ts"

const tables = [rowTables, httpTables, importTables, outboxTables, callTables, chatTables, readinessTables]

/** Starts a runtime. */
export const start = async (options: LocalRuntimeOptions): Promise<LocalRuntimeHandle> => {
  checkOptions(options)
  const { host = "127.0.0.1", unsafeExpose = false } = options
  if (!unsafeExpose && !OutboundPolicy.isLoopbackHost(host)) {
    throw new TypeError(`The local runtime binds to loopback only; ${host} needs unsafeExpose`)
  }
  const policy = policyOf(options)
  const store = openStore(options.store ?? "memory", tables)
  try {
    const core = makeCore(store, options)
    const engine = makeEngine(core, options, policy)
    const controls = makeControls(core, engine)
    const listener = makeService(core, engine, controls, options, host)
    await run(listener, engine, () => core.address.move(options.publicUrl ?? baseUrlOf(host, listener)))
    return handleOf({ core, engine, controls, listener }, host, options)
  } catch (error) {
    store.close()
    throw error
  }
}

const run = async (listener: Listener, engine: Engine, bound: () => void): Promise<void> => {
  await listener.start()
  bound()
  try {
    engine.start()
  } catch (error) {
    await listener.stop()
    throw error
  }
}

/** A runtime that runs. */
interface Runtime {
  readonly core: Core
  readonly engine: Engine
  readonly controls: Controls
  readonly listener: Listener
}

const handleOf = (
  { core, engine, controls, listener }: Runtime,
  host: string,
  options: LocalRuntimeOptions
): LocalRuntimeHandle => {
  const { store, keys, rules, journal, idempotency, limiter } = core
  const { live: _, ...sending } = controls.sending
  let closed = false
  const close = async () => {
    if (closed) return
    closed = true
    engine.stop()
    engine.outbox.events.close()
    await listener.stop()
    store.close()
  }
  const baseUrl = baseUrlOf(host, listener)
  return {
    baseUrl,
    publicUrl: options.publicUrl,
    apiKey: core.apiKey,
    organizationId: core.organizationId,
    controlToken: controls.token,
    inspectorUrl: hasInspector(options) ? `${baseUrl}/__aywa/#${controls.token}` : undefined,
    inspectorLink: () => (hasInspector(options) ? `${baseUrl}/__aywa/#ticket=${controls.tickets.issue()}` : undefined),
    requests: journal.list,
    faults: {
      add: rules.add,
      next: (action, rule = {}) => rules.add({ ...rule, action, times: 1 }),
      refuse: (milliseconds) => {
        if (!(milliseconds >= 0 && milliseconds <= longestOutage)) {
          throw new TypeError(`refuse takes milliseconds from 0 to ${longestOutage}`)
        }
        listener.refuse(milliseconds)
      },
      remove: rules.remove,
      list: rules.list,
      clear: rules.clear
    },
    scenarios: core.scenarios,
    clock: controls.clock,
    ...sending,
    get webhookSecret() {
      return controls.sending.webhookSecret
    },
    rows: (resource, { organization } = {}) => rowsOf(store, resource, organization),
    count: (resource) => countOf(store, resource),
    connections: listener.connections,
    addKey: controls.addKey,
    revokeKey: keys.revoke,
    restart: async () => {
      engine.stop()
      await listener.stop()
      store.reopen()
      keys.load()
      idempotency.recover()
      limiter.reset()
      engine.start()
      await listener.start()
    },
    snapshot: controls.snapshot,
    restore: controls.restore,
    reset: controls.reset,
    close,
    [Symbol.asyncDispose]: close
  }
}

const rowsOf = (store: Store, resource: string, organization: string | undefined): ReadonlyArray<StoredRow> =>
  store
    .all<{ body: string; orgId: string }>(
      'SELECT body, org_id AS "orgId" FROM resource_rows WHERE resource = ? ORDER BY seq',
      resource
    )
    .filter((row) => organization === undefined || row.orgId === organization)
    .map((row) => JSON.parse(row.body) as StoredRow) // Written by the CRUD handlers.

const countOf = (store: Store, resource: string): number =>
  store.get<{ n: number }>("SELECT count(*) AS n FROM resource_rows WHERE resource = ?", resource)?.n ?? 0
