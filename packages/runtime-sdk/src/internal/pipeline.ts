/**
 * The way of one call: arguments -> request -> policy -> attempt { headers -> transport -> status -> error or
 * decode } -> value. Every operation goes through here; services hold no logic of their own.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import type * as Schema from "effect/Schema"
import type { CallOptions, ResponseInfo } from "../CallOptions.ts"
import type { Operation } from "../contract/Operation.ts"
import type { CallFields, Issue, Outcome, RuntimeError } from "../Errors.ts"
import * as Errors from "../Errors.ts"
import * as Policy from "../Policy.ts"
import type { RuntimeConfig } from "../RuntimeConfig.ts"
import type { AttemptResult, TracedCall } from "../Trace.ts"
import type { TransportShape, WireFailure, WireRequest, WireResponse } from "./wire.ts"
import { compile, compileRows, explain, keysOf } from "./codec.ts"
import { badCharacter } from "./config.ts"
import * as Failure from "./failure.ts"
import { pageRequest, rowsOf, toPage, type PageRequest } from "./pagination.ts"
import { appendHeaders, checkIdempotencyKey, encodeBody, encodeQuery, fillPath } from "./request.ts"
import type { Observed, Observer } from "./observe.ts"
import { redactor } from "./redact.ts"
import { specOf, type Spec } from "./spec.ts"
import { version } from "./version.ts"

/** What a service is built on. */
export interface Runtime {
  readonly config: RuntimeConfig["Service"]
  readonly transport: TransportShape
  readonly observer?: Observer | undefined
}

/** Arguments of a call, by role. */
export interface Arguments {
  readonly id?: unknown
  readonly body?: unknown
  readonly query?: unknown
  readonly options?: CallOptions | undefined
}

export interface Call {
  (args: Arguments): Effect.Effect<unknown, RuntimeError>
  /** Such as `assistants.list`. */
  readonly operation: string
  readonly method: string
  /** Path template. */
  readonly path: string
}

/** What a caller can learn about a call while it runs and after it. */
export interface Sink {
  info: ResponseInfo | undefined
  /** Attempts begun. */
  attempts: number
  /** What it would mean if the call ended now without an answer. */
  outcome: Outcome
  idempotencyKey?: string | undefined
}

/** Where a call reports to; nowhere by default. */
export const ResponseSink = Context.Reference<Sink | undefined>("@aywa-ai/runtime-sdk/ResponseSink", {
  defaultValue: () => undefined
})

/** Prepares an operation of a runtime: whatever does not change between calls is done once, here. */
export const makeCall = (runtime: Runtime, name: string, operation: Operation): Call => {
  const spec = specOf(operation)
  const prepared: Prepared = {
    runtime,
    name,
    spec,
    reads: spec.method === "GET",
    idempotentMethod: spec.method !== "POST" && spec.method !== "PATCH",
    isSuccess: spec.kind === "page" ? compileRows(spec.success) : compile(spec.success),
    isBody: spec.body === undefined ? undefined : compile(spec.body),
    isQuery: spec.query === undefined ? undefined : compile(spec.query),
    ownKeys: spec.body === undefined ? new Set() : keysOf(spec.body),
    headers: baseHeaders(runtime.config, spec.text ? "text/plain" : "application/json"),
    traced: { operation: name, method: spec.method, path: spec.path, origin: runtime.config.origin }
  }
  const { traced } = prepared
  const call = (args: Arguments) =>
    Effect.withFiber((fiber) => {
      const transform = fiber.getRef(Policy.CurrentTransform)
      const request = prepare(prepared, args, transform(runtime.config.policy))
      if (request instanceof Errors.InvalidRequest) return Effect.fail(request)
      const clock = fiber.getRef(Clock.Clock)
      const observed = runtime.observer?.observe(fiber, traced)
      const loop = new Loop(prepared, request, clock, fiber.getRef(Random.Random), fiber.getRef(ResponseSink), observed)
      const breaker = request.policy.breaker
      const run =
        breaker === undefined
          ? loop.run(0)
          : breaker.run(loop.run(0), {
              key: runtime.config.origin,
              isFailure: (error) =>
                error._tag === "ServerError" || error._tag === "ConnectionError" || error._tag === "TimeoutError",
              onOpen: (retryAfterMillis) => circuitOpen(loop.fields(undefined, "not-sent", 0), retryAfterMillis)
            })
      return observed === undefined ? run : observed.call(run)
    })
  return Object.assign(call, { operation: name, method: spec.method, path: spec.path })
}

interface Prepared {
  readonly runtime: Runtime
  readonly name: string
  readonly spec: Spec
  readonly reads: boolean
  readonly idempotentMethod: boolean
  readonly isSuccess: (u: unknown) => boolean
  readonly isBody: ((u: unknown) => boolean) | undefined
  readonly isQuery: ((u: unknown) => boolean) | undefined
  /** Body fields that the operation takes, whoever owns them elsewhere. */
  readonly ownKeys: ReadonlySet<string>
  readonly headers: ReadonlyArray<string>
  /** The call as those who watch see it. */
  readonly traced: TracedCall
}

interface Request {
  /** Path below the base URL, without query: for errors and spans. */
  readonly path: string
  /** Path on the wire. */
  readonly target: string
  readonly page: PageRequest | undefined
  readonly headers: ReadonlyArray<string>
  readonly body: string | undefined
  readonly idempotencyKey: string | undefined
  readonly policy: Policy.Policy
  readonly redact: (text: string) => string
}

const baseHeaders = (config: RuntimeConfig["Service"], accept: string): ReadonlyArray<string> => [
  "accept",
  accept,
  "user-agent",
  `aywa-runtime-sdk/${version}`,
  ...config.headers
]

/** Builds the request of a call, or the error that says everything that is wrong with its arguments. */
const prepare = (prepared: Prepared, args: Arguments, base: Policy.Policy): Request | Errors.InvalidRequest => {
  const { spec, runtime } = prepared
  const options = args.options ?? {}
  const issues: Array<Issue> = []
  const filled = fillPath(spec.path, args.id)
  if (typeof filled !== "string") issues.push(filled)
  const path = typeof filled === "string" ? filled : spec.path

  let query = ""
  let page: PageRequest | undefined
  if (prepared.isQuery !== undefined && spec.query !== undefined) {
    const given: unknown = args.query ?? {}
    if (!prepared.isQuery(given)) issues.push(...explain(spec.query, given))
    else if (spec.kind === "page") {
      page = pageRequest({ ...(given as object) })
      if (page === undefined) {
        issues.push({ path: ["cursor"], message: "Expected the nextCursor of an earlier page, unchanged" })
      } else query = encodeQuery(page.query)
    } else query = encodeQuery({ ...(given as object) })
  }

  let body: string | undefined
  if (prepared.isBody !== undefined && spec.body !== undefined) {
    const encoded = encodeBody(args.body, prepared.ownKeys)
    if (typeof encoded !== "string") issues.push(encoded)
    else {
      // What is checked is what will be sent: after `toJSON`, without what JSON drops.
      const sent: unknown = JSON.parse(encoded)
      if (!prepared.isBody(sent)) issues.push(...explain(spec.body, sent))
      body = encoded
    }
  }

  const headers = [...prepared.headers]
  const organizationId = options.organizationId ?? runtime.config.organizationId
  if (organizationId !== undefined) {
    const bad =
      typeof organizationId === "string" && organizationId !== "" ? badCharacter(organizationId) : "is not an id"
    if (bad !== undefined) issues.push({ path: ["organizationId"], message: `Expected visible ASCII, but it ${bad}` })
    headers.push("x-organization-id", organizationId)
  }
  if (options.headers !== undefined) {
    const issue = appendHeaders(headers, options.headers)
    if (issue !== undefined) issues.push(issue)
  }
  const policy = applyOptions(base, options, issues)
  let idempotencyKey: string | undefined
  if (options.idempotencyKey !== undefined) {
    const issue = checkIdempotencyKey(options.idempotencyKey)
    if (issue === undefined) idempotencyKey = options.idempotencyKey
    else issues.push(issue)
  } else if (spec.method === "POST" && policy.idempotency === "auto") {
    idempotencyKey = `aywa-${globalThis.crypto.randomUUID()}`
  }
  if (idempotencyKey !== undefined) headers.push("idempotency-key", idempotencyKey)
  if (body !== undefined) headers.push("content-type", "application/json")

  if (issues.length > 0) {
    const fields = { operation: prepared.name, method: spec.method, path, attempts: 0, outcome: "not-sent" as const }
    return new Errors.InvalidRequest({
      ...fields,
      issues,
      message: Failure.text(
        fields,
        `the request is wrong, and was not sent. ${issues
          .map((issue) => (issue.path.length === 0 ? issue.message : `${issue.path.join(".")}: ${issue.message}`))
          .join("; ")}.`
      )
    })
  }
  return {
    path,
    target: runtime.config.basePath + path + query,
    page,
    headers,
    body,
    idempotencyKey,
    policy,
    redact: redactor(runtime.config.apiKey, body, () => extraHeaders(runtime.config.headers, options.headers))
  }
}

const extraHeaders = (client: ReadonlyArray<string>, call: CallOptions["headers"]): ReadonlyArray<string> => [
  ...client,
  ...Object.entries(call ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [name, value]))
]

/** A single call's options win over the policy around it. */
const applyOptions = (policy: Policy.Policy, options: CallOptions, issues: Array<Issue>): Policy.Policy => {
  const millis = (name: "timeout" | "deadline"): number | undefined => {
    const given = options[name]
    if (given === undefined) return undefined
    const value = typeof given === "number" ? given : Duration.toMillis(Duration.fromInputUnsafe(given))
    if (value > 0) return value
    issues.push({ path: [name], message: "Expected milliseconds greater than 0" })
    return undefined
  }
  const attemptTimeout = millis("timeout") ?? policy.attemptTimeout
  const deadline = millis("deadline") ?? policy.deadline
  let { retry } = policy
  if (options.retries !== undefined) {
    if (!Number.isSafeInteger(options.retries) || options.retries < 0) {
      issues.push({ path: ["retries"], message: "Expected a whole number of 0 or more" })
    } else retry = options.retries === 0 ? undefined : { ...(retry ?? Policy.defaultRetry), times: options.retries }
  }
  return { ...policy, attemptTimeout, deadline, retry }
}

/** One call under way: its attempts, and what they have shown so far. */
class Loop {
  private readonly prepared: Prepared
  private readonly request: Request
  private readonly clock: Clock.Clock
  private readonly random: Random.Random
  private readonly sink: Sink | undefined
  private readonly subject: Failure.Subject
  private readonly observed: Observed | undefined
  private readonly deadlineAt: number
  /** Whether an attempt may have taken effect; then no later answer can say that nothing happened. */
  private ambiguous = false
  private answered = false
  /** The answer of the attempt under way. */
  private response: WireResponse | undefined

  constructor(
    prepared: Prepared,
    request: Request,
    clock: Clock.Clock,
    random: Random.Random,
    sink: Sink | undefined,
    observed: Observed | undefined
  ) {
    this.observed = observed
    this.prepared = prepared
    this.request = request
    this.clock = clock
    this.random = random
    this.sink = sink
    this.subject = { reads: prepared.reads, errors: prepared.spec.errors, redact: request.redact }
    const { deadline } = request.policy
    this.deadlineAt = deadline === undefined ? Infinity : clock.currentTimeMillisUnsafe() + deadline
  }

  run(attempt: number): Effect.Effect<unknown, RuntimeError> {
    return Effect.flatMap(this.limited(attempt), (result) => {
      if (!(result instanceof FailedAttempt)) return Effect.succeed(result)
      return this.afterFailure(result.failure, attempt)
    })
  }

  fields(failure: Failure.Failure | undefined, outcome: Outcome, attempts: number): CallFields {
    return {
      operation: this.prepared.name,
      method: this.prepared.spec.method,
      path: this.request.path,
      status: failure?.status,
      requestId: failure?.requestId,
      attempts,
      outcome,
      idempotencyKey: this.request.idempotencyKey
    }
  }

  private afterFailure(failure: Failure.Failure, attempt: number): Effect.Effect<unknown, RuntimeError> {
    if (failure.outcome === "maybe-applied") this.ambiguous = true
    else if (failure.outcome === "rejected") this.answered = true
    const outcome = this.ambiguous ? "maybe-applied" : this.answered ? "rejected" : failure.outcome
    // Made here, before any wait: it is what the caller sees if this was the last attempt.
    const error = failure.toError(this.fields(failure, outcome, attempt + 1))
    const delay = this.delay(failure, error, attempt)
    if (delay === undefined) return Effect.fail(error)
    const next = Effect.flatMap(Effect.sleep(delay), () => this.run(attempt + 1))
    const said = this.prepared.runtime.observer?.retrying?.(this.prepared.traced, error, delay)
    return said === undefined ? next : Effect.andThen(said, next)
  }

  /** Milliseconds until the next attempt; `undefined` when there must not be one. */
  private delay(failure: Failure.Failure, error: RuntimeError, attempt: number): number | undefined {
    const { retry } = this.request.policy
    if (retry === undefined || attempt >= retry.times || !failure.transient) return undefined
    const replayable = this.prepared.idempotentMethod || this.request.idempotencyKey !== undefined
    if (failure.outcome === "maybe-applied" && !replayable) return undefined
    if (retry.while !== undefined && !retry.while(error)) return undefined
    const asked = failure.retryAfter
    if (asked !== undefined && asked > retry.maxRetryAfter) return undefined
    const ceiling = Math.min(retry.maxDelay, retry.baseDelay * 2 ** attempt)
    // Full jitter above a floor of a tenth, so that even the luckiest draw is a pause.
    const backoff = Math.round(ceiling * (0.1 + 0.9 * this.random.nextDoubleUnsafe()))
    const delay = asked === undefined ? backoff : Math.max(asked, ceiling * 0.1)
    return this.clock.currentTimeMillisUnsafe() + delay >= this.deadlineAt ? undefined : delay
  }

  /** Waits for the limiter, if there is one, then makes the attempt. */
  private limited(attempt: number): Effect.Effect<unknown> {
    const { limit } = this.request.policy
    if (limit === undefined) return this.attempt(attempt)
    let started = false
    const run = limit.run(
      Effect.suspend(() => {
        started = true
        return this.attempt(attempt)
      })
    )
    if (this.deadlineAt === Infinity) return run
    return Effect.timeoutOrElse(run, {
      duration: Math.max(0, this.deadlineAt - this.clock.currentTimeMillisUnsafe()),
      orElse: () => Effect.succeed(this.timedOut("deadline", started))
    })
  }

  /** One attempt. Never fails: a failure is a value, so that one place decides what follows. */
  private attempt(attempt: number): Effect.Effect<unknown> {
    if (this.observed === undefined) return this.send(attempt, undefined)
    return this.observed.attempt(
      attempt,
      (traceparent) => {
        this.response = undefined
        return this.send(attempt, traceparent)
      },
      (result) => this.told(result, attempt)
    )
  }

  private told(result: unknown, attempt: number): AttemptResult {
    const failed = result instanceof FailedAttempt ? result.failure : undefined
    return {
      status: failed?.status ?? this.response?.status,
      requestId: failed?.requestId ?? (this.response === undefined ? undefined : Failure.requestIdOf(this.response)),
      error: failed?.toError(this.fields(failed, failed.outcome, attempt + 1))._tag
    }
  }

  private send(attempt: number, traceparent: string | undefined): Effect.Effect<unknown> {
    const remaining = this.deadlineAt - this.clock.currentTimeMillisUnsafe()
    if (remaining <= 0) return Effect.succeed(this.timedOut("deadline", false))
    const { config, transport } = this.prepared.runtime
    const key = config.apiKey
    const send = Redacted.isRedacted(key)
      ? transport.execute(this.wire(key, attempt, traceparent))
      : Effect.flatMap(key, (fresh) => transport.execute(this.wire(fresh, attempt, traceparent)))
    const whole = Effect.matchEager(send, {
      onFailure: (failure) => this.onFailure(failure),
      onSuccess: (response) => this.onResponse(response, attempt)
    })
    const timeout = this.request.policy.attemptTimeout ?? Infinity
    if (timeout === Infinity && remaining === Infinity) return whole
    const scope = remaining < timeout ? "deadline" : "attempt"
    return Effect.timeoutOrElse(whole, {
      duration: Math.min(remaining, timeout),
      orElse: () => Effect.succeed(this.timedOut(scope, true))
    })
  }

  private wire(key: Redacted.Redacted<string>, attempt: number, traceparent: string | undefined): WireRequest {
    if (this.sink !== undefined) {
      this.sink.attempts = attempt + 1
      this.sink.outcome = this.prepared.reads ? "rejected" : "maybe-applied"
      this.sink.idempotencyKey = this.request.idempotencyKey
    }
    return {
      method: this.prepared.spec.method,
      origin: this.prepared.runtime.config.origin,
      path: this.request.target,
      headers: [
        ...this.request.headers,
        "authorization",
        `Bearer ${Redacted.value(key)}`,
        "x-aywa-attempt",
        String(attempt),
        ...(traceparent === undefined ? [] : ["traceparent", traceparent])
      ],
      body: this.request.body
    }
  }

  private timedOut(scope: "attempt" | "deadline", sent: boolean): FailedAttempt {
    const { attemptTimeout, deadline } = this.request.policy
    const allowed = (scope === "attempt" ? attemptTimeout : deadline) ?? 0
    return new FailedAttempt(Failure.fromTimeout(this.subject, scope, allowed, sent))
  }

  private onFailure(failure: WireFailure | Errors.ConfigError): FailedAttempt {
    if (failure._tag === "WireFailure") return new FailedAttempt(Failure.fromWire(this.subject, failure))
    return new FailedAttempt({
      outcome: "not-sent",
      transient: false,
      retryAfter: undefined,
      status: undefined,
      requestId: undefined,
      toError: () => failure
    })
  }

  private onResponse(response: WireResponse, attempt: number): unknown {
    const { spec, isSuccess } = this.prepared
    const { status } = response
    this.response = response
    if (status < 200 || status >= 300) {
      // A delete whose first answer was lost finds nothing the second time: it is done.
      if (spec.method === "DELETE" && status === 404 && this.ambiguous) return this.done(response, attempt, undefined)
      return new FailedAttempt(Failure.fromStatus(this.subject, response, this.clock.currentTimeMillisUnsafe()))
    }
    const unexpected = (issue: string): FailedAttempt =>
      new FailedAttempt(Failure.fromUnexpected(this.subject, response, issue))
    if (response.body === "") {
      return spec.mayBeEmpty
        ? this.done(response, attempt, undefined)
        : unexpected(`status ${status} with an empty body`)
    }
    if (spec.text) return this.done(response, attempt, response.body)
    let json: unknown
    try {
      json = JSON.parse(response.body)
    } catch {
      return unexpected(notJson(response))
    }
    if (this.request.page === undefined) {
      return isSuccess(json) ? this.done(response, attempt, json) : unexpected(wrongShape(spec.success, json))
    }
    const rows = rowsOf(json)
    if (rows === undefined) return unexpected("the answer is not a list")
    if (!isSuccess(rows)) return unexpected(wrongRows(spec.success, rows))
    const page = toPage(this.request.page, json, rows)
    return typeof page === "string" ? unexpected(page) : this.done(response, attempt, page)
  }

  private done(response: WireResponse, attempt: number, value: unknown): unknown {
    if (this.sink !== undefined) {
      this.sink.info = {
        status: response.status,
        requestId: Failure.requestIdOf(response),
        attempts: attempt + 1,
        idempotencyKey: this.request.idempotencyKey,
        replayed: response.header("idempotency-replayed") === "true",
        get headers() {
          return response.headers()
        }
      }
    }
    return value
  }
}

/** An attempt that failed, as a value. */
class FailedAttempt {
  readonly failure: Failure.Failure
  constructor(failure: Failure.Failure) {
    this.failure = failure
  }
}

const circuitOpen = (fields: CallFields, retryAfterMillis: number | undefined): Errors.CircuitOpen =>
  new Errors.CircuitOpen({
    ...fields,
    retryAfterMillis,
    message: Failure.text(
      fields,
      `not sent: the circuit breaker is open after repeated failures${
        retryAfterMillis === undefined ? "" : `; it tries again in ${Math.ceil(retryAfterMillis)} ms`
      }.`
    )
  })

const notJson = (response: WireResponse): string => {
  const type = response
    .header("content-type")
    ?.split(";")[0]
    ?.trim()
    .replace(/[^\w/+.-]/g, "?")
    .slice(0, 60)
  return `status ${response.status} with a body that is not JSON${type === undefined ? "" : ` (${type})`}. Does baseUrl point at the runtime, and not at a web page or a gateway?`
}

const shape = (issues: ReadonlyArray<Issue>): string =>
  `the answer has another shape than this SDK knows: ${issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join(".")}: ${issue.message}`)
    .join("; ")}`

const wrongShape = (schema: Schema.Codec<unknown, unknown>, value: unknown): string => shape(explain(schema, value))

const wrongRows = (schema: Schema.Codec<unknown, unknown>, rows: ReadonlyArray<unknown>): string =>
  shape(
    rows.flatMap((row, i) => explain(schema, row).map(({ path, message }) => ({ path: [String(i), ...path], message })))
  )
