/**
 * The way of one request: host, fault before, key, organization, rate limit, body, idempotency, handler, fault after.
 */
import type { Answer } from "./answer.ts"
import type { Keys, Principal } from "./auth.ts"
import { sleep, Stopped } from "../time/clock.ts"
import { errorAnswer, HttpError, storeUnavailable } from "./errors.ts"
import { type Exchange, headerOf } from "./exchange.ts"
import { execute, type ExecuteContext } from "./execute.ts"
import { faultAnswer, placeholder } from "./faultAnswer.ts"
import { parseForm } from "./form.ts"
import { parseFaultHeader } from "../faults/decode.ts"
import type { Fault } from "../faults/rule.ts"
import type { FaultRules } from "../faults/rules.ts"
import { type Bodies, Disconnected } from "./body.ts"
import { openApiAnswer } from "./openapi.ts"
import type { RateLimiter } from "./rateLimit.ts"
import type { Router } from "./routes.ts"
import { isStoreFailure, storeMessage } from "../store/failure.ts"
import { send } from "./send.ts"
import { sendBadly } from "./sendBadly.ts"

/** What the pipeline works with. */
export interface PipelineContext extends ExecuteContext {
  readonly keys: Keys
  readonly limiter: RateLimiter
  readonly router: Router
  /** Answers the public probes; `undefined` for every other path. */
  readonly probe: (method: string, path: string) => Answer | undefined
  /** Who may do what an address with a token of its own is for. */
  readonly guest: (path: string, query: URLSearchParams) => Principal | undefined
  readonly bodies: Bodies
  readonly faults: FaultRules
  /** Whether a request may ask for a fault of its own. */
  readonly faultHeader: boolean
  /** Seeded chance, for log-normal latency. */
  readonly random: () => number
  /** Whether a `Host` header names this runtime. */
  readonly isHost: (host: string | undefined) => boolean
  /** Closes the listener for a while. */
  readonly refuse: (milliseconds: number) => void
  /** Answers below `/__aywa/`; `undefined` when the answer is on its way already. */
  readonly control: (exchange: Exchange, read: () => Promise<Buffer>) => Promise<Answer | undefined>
  /** Answers `/` and the inspector's page; `undefined` for every other path. */
  readonly inspector: (exchange: Exchange) => Promise<Answer | undefined>
}

/** Handles one request; never rejects. */
export const handle = async (context: PipelineContext, exchange: Exchange): Promise<void> => {
  let body: Promise<Buffer> | undefined
  const readOnce = () => (body ??= context.bodies.read(exchange))
  try {
    assertHost(context, exchange)
    if (isOwn(exchange.path)) {
      const page = await context.inspector(exchange)
      if (page !== undefined) return send(exchange, page)
    }
    if (exchange.path.startsWith("/__aywa/")) {
      const answer = await context.control(exchange, readOnce)
      return answer === undefined ? undefined : send(exchange, answer)
    }
    const openapi = openApiAnswer(exchange)
    if (openapi !== undefined) return send(exchange, openapi)
    const fault = await takeFault(context, exchange, readOnce)
    if (fault === undefined) {
      send(exchange, await answerOf(context, exchange, readOnce, 0))
      return
    }
    exchange.entry.fault = `${fault.action.type} ${fault.when}`
    attribute(context, exchange)
    await answerWithFault(context, exchange, fault, readOnce)
  } catch (error) {
    if (error instanceof Stopped || error instanceof Disconnected) exchange.request.socket.destroy()
    else if (!exchange.response.headersSent) send(exchange, toAnswer(error, exchange))
    else exchange.request.socket.destroy()
  }
}

/** Paths of this runtime that no program uses: the page, the control routes, and where they are. */
export const isOwn = (path: string): boolean => path === "/" || path === "/__aywa" || path.startsWith("/__aywa/")

/** One `Host` (RFC 9112), and a name of this runtime: a page in a browser may point any name of its own at it. */
const assertHost = ({ isHost }: PipelineContext, { request, authority }: Exchange): void => {
  const { rawHeaders, headers } = request
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && /^host$/i.test(name)).length
  if (hosts > 1) throw new HttpError(400, "The request has more than one Host header", { code: "host_repeated" })
  if (isHost(authority ?? headers.host)) return
  throw new HttpError(
    421,
    "This runtime does not answer to this Host: it takes loopback names, and those of --allow-host"
  )
}

const answerWithFault = async (
  context: PipelineContext,
  exchange: Exchange,
  fault: Fault,
  read: () => Promise<Buffer>
): Promise<void> => {
  const { action, when } = fault
  // Read now what the client has sent: it may be gone after a wait, and a late request is still worked on.
  if (action.type === "hold" || action.type === "latency") read().catch(() => {})
  if (action.type === "hold") return send(exchange, await answerOf(context, exchange, read, action.ms))
  if (action.type === "latency" && when === "before") {
    await sleep(latencyOf(action, context.random), exchange.signal)
    return send(exchange, await answerOf(context, exchange, read, 0))
  }
  const answer = when === "before" ? placeholder(exchange.method) : await answerOf(context, exchange, read, 0)
  if (action.type === "latency") {
    await sleep(latencyOf(action, context.random), exchange.signal)
    return send(exchange, answer)
  }
  if (action.type === "refuse") return context.refuse(action.ms)
  const other = faultAnswer(fault, answer, exchange, context.limiter)
  if (other !== undefined) return send(exchange, other)
  await sendBadly(exchange, answer, action)
}

/** Answers a request to a path of the contract, in the name of somebody who has no key. */
export const answerFor = (
  context: PipelineContext,
  exchange: Exchange,
  { principal, path }: { readonly principal: Principal; readonly path: string },
  read: () => Promise<Buffer>
): Promise<Answer> => answerOf(context, { ...exchange, principal, path }, read, 0)

/** The true answer, errors included. */
const answerOf = async (
  context: PipelineContext,
  exchange: Exchange,
  read: () => Promise<Buffer>,
  hold: number
): Promise<Answer> => {
  let headers: Readonly<Record<string, string>> = {}
  try {
    const { method, path, request } = exchange
    const probeAnswer = context.probe(method, path)
    if (probeAnswer !== undefined) return probeAnswer
    const principal =
      exchange.principal ?? context.guest(path, exchange.query) ?? context.keys.authenticate(request.headers)
    exchange.entry.organization = principal.organizationId
    if (exchange.principal === undefined) {
      headers = context.limiter.take({
        key: principal.id,
        organization: principal.organizationId,
        write: method !== "GET" && method !== "HEAD"
      })
    }
    const { route, id, item } = context.router(method, path)
    exchange.entry.route = route.path
    if (principal.role === "read" && method !== "GET") {
      throw new HttpError(403, "This API key may only read", { code: "read_only_key" })
    }
    const form = route.body === "form" ? await parseForm(request, await read()) : undefined
    const bytes = route.body === "json" ? await read() : undefined
    exchange.entry.body = form?.body ?? bytes
    const body = form?.body ?? (bytes === undefined ? undefined : context.bodies.parse(request, bytes))
    const ifMatch = headerOf(request, "if-match")
    const input = {
      organization: principal.organizationId,
      id,
      item,
      query: exchange.query,
      body,
      ifMatch,
      upload: form?.bytes
    }
    const answer = await execute(context, exchange, route, input, hold)
    return withHeaders(answer, headers)
  } catch (error) {
    if (error instanceof Stopped || error instanceof Disconnected) throw error
    attribute(context, exchange)
    return withHeaders(toAnswer(error, exchange), headers)
  }
}

const withHeaders = (answer: Answer, headers: Readonly<Record<string, string>>): Answer =>
  Object.keys(headers).length === 0 ? answer : { ...answer, headers: { ...headers, ...answer.headers } }

/** Notes whose request it is, and of which route, where it did not get far enough for that. */
const attribute = ({ keys, router }: PipelineContext, { entry, method, path, request }: Exchange) => {
  try {
    entry.organization ??= keys.authenticate(request.headers).organizationId
    entry.route ??= router(method, path).route.path
  } catch {
    // Nobody's, or no route: there is nothing to note.
  }
}

const toAnswer = (error: unknown, exchange: Exchange): Answer => {
  if (error instanceof HttpError) return errorAnswer(error, exchange.requestId, exchange.problem)
  if (isStoreFailure(error)) return toAnswer(storeUnavailable(storeMessage(error)), exchange)
  // A defect of this package: who runs it must see it, the client need not.
  process.stderr.write(`${exchange.method} ${exchange.path} ${exchange.requestId}: ${describe(error)}\n`)
  return errorAnswer(new HttpError(500, "Internal error of the local runtime"), exchange.requestId, exchange.problem)
}

const describe = (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error))

const takeFault = async (
  { faults, faultHeader, keys }: PipelineContext,
  { request, method, path, entry }: Exchange,
  read: () => Promise<Buffer>
): Promise<Fault | undefined> => {
  const header = headerOf(request, "aywa-fault")
  if (header !== undefined) {
    if (!faultHeader) {
      throw new HttpError(403, "Aywa-Fault is off here: in production mode, and on a runtime that others can reach", {
        code: "fault_header_off"
      })
    }
    keys.authenticate(request.headers)
    try {
      return parseFaultHeader(header, entry.attempt)
    } catch (error) {
      throw new HttpError(400, `Aywa-Fault: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return faults.take({
    method,
    path,
    key: unquote(entry.idempotencyKey),
    attempt: entry.attempt,
    body: faults.needBody() ? parseOrNothing(await read()) : undefined
  })
}

const unquote = (key: string | undefined) => (key === undefined ? undefined : (/^"(.*)"$/.exec(key)?.[1] ?? key))

const parseOrNothing = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}

/** With `sigma` the median is `ms` and the tail is long, as on a real network. */
const latencyOf = (
  { ms, sigma }: { readonly ms: number; readonly sigma?: number | undefined },
  random: () => number
) => {
  if (sigma === undefined) return ms
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return ms * Math.exp(sigma * normal)
}
