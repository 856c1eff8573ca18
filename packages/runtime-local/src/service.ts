/**
 * What answers requests: a listener, and the way of a request behind it.
 */
import { makeControl } from "./control/http.ts"
import type { Controls } from "./controls.ts"
import type { Engine } from "./engine.ts"
import type { Core } from "./core.ts"
import { routesOf } from "./handlers.ts"
import { makeBodies } from "./http/body.ts"
import { type Exchange, openExchange } from "./http/exchange.ts"
import { handle, type PipelineContext } from "./http/handle.ts"
import { makeRouter, type Router } from "./http/routes.ts"
import { isLoopbackHeader, type Listener, makeListener } from "./http/server.ts"
import { outboxStats } from "./operations/data.ts"
import { probe } from "./operations/routes.ts"
import type { LocalRuntimeOptions } from "./options.ts"
import { makeRandom } from "./time/ids.ts"

/** Makes the listener of a runtime; nothing is bound before it starts. */
export const makeService = (
  core: Core,
  engine: Engine,
  controls: Controls,
  options: LocalRuntimeOptions,
  host: string
): Listener => {
  const { now, ids } = core
  const listener = makeListener(host, options.port ?? 0, options.limits ?? {}, (request, response, signal) => {
    const exchange = openExchange(request, response, { signal, now: now(), makeId: () => `req_${ids.token(20)}` })
    if (!exchange.path.startsWith("/__aywa/")) note(core, exchange)
    void handle(pipeline, exchange)
  })
  const pipeline: PipelineContext = {
    ...core,
    bodies: makeBodies(options.limits),
    keepBody: core.journal.keepBody,
    faults: core.rules,
    requireKey: options.requireIdempotencyKey ?? false,
    router: routerOf(core, engine, options),
    probe: (method, path) => probe(core.store, method, path),
    random: makeRandom(core.chaos),
    isHost: options.unsafeExpose === true ? () => true : isLoopbackHeader,
    refuse: listener.refuse,
    control: makeControl({ ...core, ...controls, faults: core.rules })
  }
  return listener
}

const routerOf = (core: Core, { calls, outbox }: Engine, options: LocalRuntimeOptions): Router => {
  const { store, metrics } = core
  const { strict = true, listShape } = options
  const report = { store, metrics, outbox: (organization: string) => outboxStats(store, organization) }
  return makeRouter(routesOf({ ...core, calls, outbox, strict, listShape, report }))
}

/** Takes a request down: in the journal as it comes, in the metrics when it is over. */
const note = ({ journal, metrics }: Core, { entry, response }: Exchange): void => {
  journal.add(entry)
  const start = performance.now()
  response.once("close", () => {
    const { organization, method, route, status, replayed, fault } = entry
    const seconds = (performance.now() - start) / 1000
    metrics.observe({ organization, method, route, status, seconds, replayed, fault: fault?.split(" ")[0] })
  })
}
