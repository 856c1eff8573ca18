/**
 * Runs a handler: one transaction for its rows and its idempotency record.
 */
import type { Answer } from "./answer.ts"
import { sleep, Stopped } from "../time/clock.ts"
import type { Handler, HandlerRequest } from "./handler.ts"
import { errorAnswer, HttpError } from "./errors.ts"
import { type Exchange, headerOf } from "./exchange.ts"
import { fingerprintInPieces, fingerprintOf, type Idempotency, type IdempotencyScope, parseKey } from "./idempotency.ts"
import type { Route } from "./routes.ts"
import { runInSlices } from "../time/slices.ts"
import type { Store } from "../store/Store.ts"

/** What execution works with. */
export interface ExecuteContext {
  readonly store: Store
  readonly idempotency: Idempotency
  /** Whether a POST or PATCH without a key is refused. */
  readonly requireKey: boolean
}

/** Gives the answer of a request, new or repeated. `hold` keeps it, and its key, in flight for a while. */
export const execute = async (
  context: ExecuteContext,
  exchange: Exchange,
  route: Route,
  request: HandlerRequest,
  hold: number
): Promise<Answer> => {
  if (exchange.method === "GET") {
    if (hold > 0) await sleep(hold, exchange.signal)
    return route.handler(request)
  }
  const { prepare } = route.handler
  const ready = async () => {
    if (hold > 0) await sleep(hold, exchange.signal)
    return prepare === undefined ? route.handler : prepare(request, exchange.signal)
  }
  const scope = scopeOf(context, exchange, request)
  if (scope === undefined) {
    const handler = await ready()
    const answer = context.store.transaction(() => handler(request))
    exchange.entry.committed = true
    return answer
  }
  const fingerprint =
    prepare === undefined
      ? fingerprintOf(request.query, request.body)
      : await runInSlices(fingerprintInPieces(request.query, request.body), exchange.signal)
  if (hold === 0 && prepare === undefined) {
    return runOnce(context, exchange, route.handler, request, { scope, fingerprint, mine: false })
  }
  const replay = context.store.transaction(() => {
    const stored = context.idempotency.find(scope, fingerprint, false)
    if (stored === undefined) context.idempotency.begin(scope, fingerprint)
    return stored
  })
  if (replay !== undefined) return replayed(exchange, replay)
  let handler: Handler
  try {
    handler = await ready()
  } catch (error) {
    if (!(error instanceof Stopped)) context.store.transaction(() => context.idempotency.release(scope))
    throw error
  }
  return runOnce(context, exchange, handler, request, { scope, fingerprint, mine: true })
}

interface Record {
  readonly scope: IdempotencyScope
  readonly fingerprint: string
  readonly mine: boolean
}

const runOnce = (
  { store, idempotency }: ExecuteContext,
  exchange: Exchange,
  handler: Handler,
  request: HandlerRequest,
  { scope, fingerprint, mine }: Record
): Answer => {
  try {
    const [repeated, answer] = store.transaction(() => {
      const stored = idempotency.find(scope, fingerprint, mine)
      if (stored !== undefined) return [true, stored] as const
      const answer = handler(request)
      idempotency.complete(scope, fingerprint, answer)
      return [false, answer] as const
    })
    if (repeated) return replayed(exchange, answer)
    exchange.entry.committed = true
    return answer
  } catch (error) {
    if (error instanceof HttpError && error.options.outcome === true) {
      // The handler's writes are rolled back; that the runtime refused is what a retry must hear again.
      const answer = errorAnswer(error, exchange.requestId, exchange.problem)
      store.transaction(() => idempotency.complete(scope, fingerprint, answer))
      return answer
    }
    if (mine && !(error instanceof Stopped)) store.transaction(() => idempotency.release(scope))
    throw error
  }
}

const replayed = (exchange: Exchange, answer: Answer): Answer => {
  exchange.entry.replayed = true
  return { ...answer, headers: { ...answer.headers, "idempotency-replayed": "true" } }
}

/** Only POST and PATCH take keys: the other methods are idempotent by themselves. */
const scopeOf = (
  context: ExecuteContext,
  { request, method, path }: Exchange,
  { organization }: HandlerRequest
): IdempotencyScope | undefined => {
  if (method !== "POST" && method !== "PATCH") return undefined
  const key = parseKey(headerOf(request, "idempotency-key"))
  if (key !== undefined) return { organization, method, path, key }
  if (!context.requireKey) return undefined
  throw new HttpError(400, "This runtime is set to refuse writes without an Idempotency-Key", {
    code: "idempotency_key_missing"
  })
}
