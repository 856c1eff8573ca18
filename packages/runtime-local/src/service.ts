/**
 * What answers requests: a listener, and the way of a request behind it.
 */
import { chatRoutes } from "./chats/routes.ts"
import { makeListen } from "./calls/listen.ts"
import type { Connection } from "./control/accounts.ts"
import { makeControl } from "./control/http.ts"
import { requestSummary } from "./control/summaries.ts"
import type { Controls } from "./controls.ts"
import type { Engine } from "./engine.ts"
import type { Core } from "./core.ts"
import { routesOf } from "./handlers.ts"
import type { Principal } from "./http/auth.ts"
import { makeBodies } from "./http/body.ts"
import { type Exchange, openExchange } from "./http/exchange.ts"
import { answerFor, handle, type PipelineContext, isOwn } from "./http/handle.ts"
import { makeRouter, type Router } from "./http/routes.ts"
import { hostCheck, type Listener, makeListener } from "./http/server.ts"
import { makeInspector } from "./inspector/serve.ts"
import { outboxStats } from "./operations/data.ts"
import { probe } from "./operations/routes.ts"
import type { LocalRuntimeOptions } from "./options.ts"
import { foreignPaths, sourceRoutes } from "./sourceRoutes.ts"
import { makeRandom } from "./time/ids.ts"
import { version } from "./version.ts"

/** Makes the listener of a runtime; nothing is bound before it starts. */
export const makeService = (
  core: Core,
  engine: Engine,
  controls: Controls,
  options: LocalRuntimeOptions,
  host: string
): Listener => {
  const { now, ids } = core
  const isHost = hostCheck(allowedHosts(options), options.unsafeExpose === true)
  const listener = makeListener(
    host,
    options.port ?? 0,
    options.limits ?? {},
    (request, response, signal) => {
      const exchange = openExchange(request, response, { signal, now: now(), makeId: () => `req_${ids.token(20)}` })
      if (!isOwn(exchange.path)) note(core, exchange)
      void handle(pipeline, exchange)
    },
    makeListen({ calls: engine.calls, isHost })
  )
  const bodies = makeBodies(options.limits)
  const pipeline: PipelineContext = {
    ...core,
    bodies,
    faults: core.rules,
    faultHeader: options.faultHeader ?? (options.mode !== "production" && options.unsafeExpose !== true),
    requireKey: options.requireIdempotencyKey ?? false,
    router: routerOf(core, engine, options),
    guest: engine.calls.links.guest,
    probe: (method, path) => probe(core.store, version, method, path),
    random: makeRandom(core.chaos),
    isHost,
    refuse: listener.refuse,
    inspector: makeInspector(hasInspector(options)),
    control: makeControl({
      ...core,
      ...controls,
      faults: core.rules,
      bodies,
      eventPages: engine.outbox.events,
      clockMode: options.clock ?? "system",
      address: () => ({ host, port: listener.port() }),
      allowFiles: options.unsafeExpose !== true,
      connection: () => connectionOf(core, controls, options, baseUrlOf(host, listener)),
      actAs: ({ exchange, organization, path, read }) =>
        answerFor(pipeline, exchange, { principal: ownerOf(organization), path }, read)
    })
  }
  return listener
}

/** Whether the inspector's page is served. */
export const hasInspector = ({ inspector = true, mode }: LocalRuntimeOptions): boolean =>
  inspector && mode !== "production"

/** Where a listener can be reached on this machine. */
export const baseUrlOf = (host: string, listener: Listener): string =>
  `http://${host.includes(":") ? `[${host}]` : host}:${listener.port()}`

/** Names beside loopback that a runtime answers to. */
const allowedHosts = ({ allowHosts = [], publicUrl }: LocalRuntimeOptions): ReadonlyArray<string> =>
  [...allowHosts, ...(publicUrl === undefined ? [] : [new URL(publicUrl).hostname])].map((host) => host.toLowerCase())

const ownerOf = (organizationId: string): Principal => ({ id: "control", organizationId, role: "full" })

const connectionOf = (
  core: Core,
  { sending }: Controls,
  options: LocalRuntimeOptions,
  baseUrl: string
): Connection => ({
  version,
  baseUrl,
  organizationId: core.organizationId,
  apiKey: core.apiKey,
  webhookSecret: sending.webhookSecret,
  mode: options.mode ?? "development",
  clock: options.clock ?? "system",
  store: core.store.file()?.path ?? "memory",
  uptimeMs: Math.round(process.uptime() * 1000)
})

const routerOf = (core: Core, { calls, outbox }: Engine, options: LocalRuntimeOptions): Router => {
  const { store, metrics } = core
  const { strict = true, listShape } = options
  const report = { store, metrics, outbox: (organization: string) => outboxStats(store, organization) }
  const routes = [
    ...routesOf({ ...core, calls, outbox, strict, listShape, report }),
    ...sourceRoutes({ ...core, calls, strict }),
    ...chatRoutes({ ...core, calls, outbox, strict, model: options.model })
  ]
  return makeRouter(routes, foreignPaths)
}

/** Takes a request down: in the journal as it comes, in the metrics when it is over. */
const note = ({ journal, metrics, feed }: Core, { entry, response }: Exchange): void => {
  journal.add(entry)
  const start = performance.now()
  response.once("close", () => {
    const { organization, method, route, status, replayed, fault } = entry
    const ms = performance.now() - start
    entry.ms = Math.round(ms * 10) / 10
    journal.settle(entry)
    feed.publish("request", () => requestSummary(entry))
    const seconds = ms / 1000
    metrics.observe({ organization, method, route, status, seconds, replayed, fault: fault?.split(" ")[0] })
  })
}
