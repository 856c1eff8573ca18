/**
 * Puts the parts together.
 */
import type { OutboundPolicyOptions } from "@aywa-ai/runtime-sdk/outbound"
import { type ApiKeyInfo, makeKeys } from "./http/auth.ts"
import type { RuntimeClock } from "./time/clock.ts"
import { makeControl } from "./control/http.ts"
import { makeEngine, makeTime, policyOf } from "./engine.ts"
import { openExchange } from "./http/exchange.ts"
import { type ActiveRule, type FaultRule, makeFaultRules, type When } from "./faults/rules.ts"
import type { FaultInput } from "./faults/schemas.ts"
import { makeIdempotency } from "./http/idempotency.ts"
import { type Ids, makeIds, makeRandom } from "./time/ids.ts"
import { type JournalEntry, makeJournal, type RequestFilter } from "./http/journal.ts"
import { makeBodies } from "./http/body.ts"
import { makeMetrics } from "./operations/metrics.ts"
import { outboxStats } from "./operations/data.ts"
import { defaultIdempotencyTtl, type LocalRuntimeOptions } from "./options.ts"
import { handle, type PipelineContext } from "./http/handle.ts"
import { makeRateLimiter } from "./http/rateLimit.ts"
import { rulesOf } from "./rows/rules.ts"
import { callTables } from "./calls/tables.ts"
import { httpTables } from "./http/tables.ts"
import { importTables } from "./imports/tables.ts"
import { outboxTables } from "./outbox/tables.ts"
import { readinessTables } from "./operations/readiness.ts"
import { rowTables } from "./rows/tables.ts"
import { storeSeedRows } from "./rows/seed.ts"
import { routesOf } from "./handlers.ts"
import { makeRouter } from "./http/routes.ts"
import { probe } from "./operations/routes.ts"
import { makeScenarios, type Scenarios } from "./faults/scenarios.ts"
import { type Connections, isLoopback, isLoopbackHost, makeListener } from "./http/server.ts"
import { makeSending, type Sending } from "./control/handle.ts"
import { openStore, type Store } from "./store/Store.ts"

/**
 * A running runtime.
 *
 * @since 0.1.0
 * @category models
 */
export interface LocalRuntimeHandle extends AsyncDisposable, Sending {
  /** `http://127.0.0.1:<port>`; stays the same over restarts. */
  readonly baseUrl: string
  readonly apiKey: string
  readonly organizationId: string
  /** Bearer token of the control API below `/__aywa/`. */
  readonly controlToken: string
  /** What reached the runtime, oldest first. */
  readonly requests: (filter?: RequestFilter) => ReadonlyArray<JournalEntry>
  readonly faults: Faults
  /** Starts and stops named lists of faults. */
  readonly scenarios: Scenarios
  readonly clock: RuntimeClock
  /** Stored rows, oldest first, of all organizations or of one. `resource` is a name of the contract: `assistants`. */
  readonly rows: (
    resource: string,
    options?: { readonly organization?: string | undefined }
  ) => ReadonlyArray<StoredRow>
  readonly count: (resource: string) => number
  readonly connections: () => Connections
  /** Adds a key; without one, a random one. */
  readonly addKey: (options?: {
    readonly key?: string | undefined
    readonly organization?: string | undefined
    readonly role?: "full" | "read" | undefined
  }) => ApiKeyInfo & { readonly key: string }
  readonly revokeKey: (id: string) => boolean
  /** Kills every connection and what is in flight, then opens database and listener again, on the same file and port. */
  readonly restart: () => Promise<void>
  /** Forgets rows, idempotency records, requests, faults and limiter state; keys stay. */
  readonly reset: () => void
  /** Ends deliveries and connections at once; what was being handled leaves no trace, and whoever waits hears it. */
  readonly close: () => Promise<void>
}

/**
 * A row as it is answered.
 *
 * @since 0.1.0
 * @category models
 */
export interface StoredRow {
  readonly id: string
  readonly orgId: string
  readonly createdAt: string
  readonly updatedAt: string
  readonly [key: string]: unknown
}

/**
 * Faults on demand.
 *
 * @since 0.1.0
 * @category models
 */
export interface Faults {
  /** Adds a rule and gives its id. The first rule that hits wins. */
  readonly add: (rule: FaultRule) => string
  /** Hits the next request (that matches), once. */
  readonly next: (action: FaultInput, options?: Omit<FaultRule, "action" | "times">) => string
  /** Closes the listener now: connections are refused for a while. */
  readonly refuse: (milliseconds: number) => void
  readonly remove: (id: string) => boolean
  readonly list: () => ReadonlyArray<ActiveRule>
  readonly clear: () => void
}

export type { When }

const tables = [rowTables, httpTables, importTables, outboxTables, callTables, readinessTables]

/** Starts a runtime. */
export const start = async (options: LocalRuntimeOptions): Promise<LocalRuntimeHandle> => {
  const { host = "127.0.0.1", unsafeExpose = false } = options
  if (!unsafeExpose && !isLoopback(host)) {
    throw new TypeError(`The local runtime binds to loopback only; ${host} needs unsafeExpose`)
  }
  const policy = policyOf(options)
  const store = openStore(options.store ?? "memory", tables)
  try {
    return await assemble(store, options, host, policy)
  } catch (error) {
    store.close()
    throw error
  }
}

const assemble = async (
  store: Store,
  options: LocalRuntimeOptions,
  host: string,
  policy: OutboundPolicyOptions
): Promise<LocalRuntimeHandle> => {
  const { unsafeExpose = false, strict = true, seed } = options
  const { now, scheduler } = makeTime(options.clock ?? "system")
  const ids = makeIds(seed)
  const keys = makeKeys(store, now)
  const { apiKey, organizationId } = seedKeys(store, keys, ids, options)
  const idempotency = makeIdempotency(store, now, options.idempotencyTtl ?? defaultIdempotencyTtl)
  idempotency.recover()
  if (options.rows !== undefined) {
    storeSeedRows(store, options.rows, organizationId, (resource) => ({
      store,
      ids,
      now,
      resource,
      rules: rulesOf(resource)
    }))
  }
  const journal = makeJournal()
  const chaos = seed ?? 1
  const rules = makeFaultRules(chaos, now)
  const metrics = makeMetrics()
  const scenarios = makeScenarios(rules.setScenario, chaos)
  if (options.scenario !== undefined) scenarios.start(options.scenario)
  const engine = makeEngine({ store, ids, rules, scheduler, now, seed, options, policy })
  const { clock } = engine
  const sending = makeSending({
    store,
    ids,
    now,
    organizationId,
    outbox: engine.outbox,
    calls: engine.calls,
    secrets: engine.secrets,
    idle: engine.idle
  })
  const limiter = makeRateLimiter(options.rateLimit, now)
  const controlToken = ids.token(32)
  const listener = makeListener(host, options.port ?? 0, options.limits ?? {}, (request, response, signal) => {
    const exchange = openExchange(request, response, { signal, now: now(), makeId: () => `req_${ids.token(20)}` })
    if (!exchange.path.startsWith("/__aywa/")) {
      journal.add(exchange.entry)
      const started = performance.now()
      response.once("close", () => {
        const { organization, method, route, status, replayed, fault } = exchange.entry
        const seconds = (performance.now() - started) / 1000
        metrics.observe({ organization, method, route, status, seconds, replayed, fault: fault?.split(" ")[0] })
      })
    }
    void handle(context, exchange)
  })
  const faults: Faults = {
    add: rules.add,
    next: (action, rule = {}) => rules.add({ ...rule, action, times: 1 }),
    refuse: listener.refuse,
    remove: rules.remove,
    list: rules.list,
    clear: rules.clear
  }
  const reset = () => {
    store.transaction(store.clear)
    journal.clear()
    rules.clear()
    scenarios.stop()
    metrics.reset()
    limiter.reset()
  }
  const addKey: LocalRuntimeHandle["addKey"] = ({
    key = newKey(ids),
    organization = organizationId,
    role = "full"
  } = {}) => ({
    ...keys.add({ key, organization, role }),
    key
  })
  const context: PipelineContext = {
    store,
    keys,
    limiter,
    idempotency,
    bodies: makeBodies(options.limits),
    keepBody: journal.keepBody,
    faults: rules,
    requireKey: options.requireIdempotencyKey ?? false,
    router: makeRouter(
      routesOf({
        store,
        ids,
        now,
        strict,
        calls: engine.calls,
        outbox: engine.outbox,
        listShape: options.listShape,
        report: { store, metrics, outbox: (organization) => outboxStats(store, organization) }
      })
    ),
    probe: (method, path) => probe(store, method, path),
    random: makeRandom(chaos),
    isHost: unsafeExpose ? () => true : isLoopbackHost,
    refuse: listener.refuse,
    control: makeControl({ token: controlToken, journal, faults, scenarios, clock, keys, addKey, reset, sending })
  }
  await listener.start()
  try {
    engine.start()
  } catch (error) {
    await listener.stop()
    throw error
  }
  let closed = false
  const close = async () => {
    if (closed) return
    closed = true
    engine.stop()
    engine.outbox.events.close()
    await listener.stop()
    store.close()
  }
  return {
    baseUrl: `http://${host.includes(":") ? `[${host}]` : host}:${listener.port()}`,
    apiKey,
    organizationId,
    controlToken,
    requests: journal.list,
    faults,
    scenarios,
    clock,
    ...sending,
    get webhookSecret() {
      return sending.webhookSecret
    },
    rows: (resource, { organization } = {}) =>
      store
        .all<{ body: string; orgId: string }>(
          'SELECT body, org_id AS "orgId" FROM resource_rows WHERE resource = ? ORDER BY seq',
          resource
        )
        .filter((row) => organization === undefined || row.orgId === organization)
        .map((row) => JSON.parse(row.body) as StoredRow), // Written by the CRUD handlers.
    count: (resource) =>
      store.get<{ n: number }>("SELECT count(*) AS n FROM resource_rows WHERE resource = ?", resource)?.n ?? 0,
    connections: listener.connections,
    addKey,
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
    reset,
    close,
    [Symbol.asyncDispose]: close
  }
}

const newKey = (ids: Ids) => `aywa_local_${ids.token(26)}`

/** Stores the keys that were asked for, and says which of them is the first. */
const seedKeys = (
  store: Store,
  keys: ReturnType<typeof makeKeys>,
  ids: Ids,
  { apiKey, apiKeys = [], organization, organizations = [] }: LocalRuntimeOptions
) => {
  const known = store.get<{ id: string }>("SELECT id FROM organizations ORDER BY seq LIMIT 1")?.id
  const given = apiKeys.map((key) => (typeof key === "string" ? { key } : key))
  const organizationId = organization ?? organizations[0] ?? given[0]?.organization ?? known ?? ids.uuid()
  const first =
    apiKey ?? given.find((key) => (key.organization ?? organizationId) === organizationId)?.key ?? newKey(ids)
  store.transaction(() => {
    if (!given.some(({ key }) => key === first)) keys.add({ key: first, organization: organizationId, role: "full" })
    for (const { key, organization = organizationId, role = "full" } of given) keys.add({ key, organization, role })
    for (const id of organizations) {
      store.run("INSERT OR IGNORE INTO organizations (id, created_at) VALUES (?, ?)", id, Date.now())
    }
  })
  return { apiKey: first, organizationId }
}
