/**
 * The way of one call: arguments -> request -> policy -> attempt { headers -> transport -> status -> error or
 * decode } -> value. Every operation goes through here; services hold no logic of their own.
 *
 * This is the hot path. What keeps it short: the request of a plain call is prepared beforehand (`prepare.ts`), an
 * attempt is one callback without an Effect of the transport's or of a timeout around it (`attempt.ts`), and what
 * only a failure or a curious caller needs (redaction, the answer's headers) is made when it is asked for.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import type { Operation } from "../contract/Operation.ts"
import type { CallFields, Outcome, RuntimeError } from "../errors/Errors.ts"
import * as Errors from "../errors/Errors.ts"
import * as Policy from "../policy/Policy.ts"
import type { AttemptResult } from "./Trace.ts"
import { isDirectable, sendDirectly } from "./attempt.ts"
import { ByteStream } from "../transport/byteStream.ts"
import * as Failure from "./outcome.ts"
import type { Observed } from "./observe.ts"
import { rowsOf, toPage } from "./pagination.ts"
import {
  prepareOperation,
  prepareRequest,
  redactorOf,
  withAuthorization,
  type Arguments,
  type Prepared,
  type Request,
  type Runtime
} from "./request.ts"
import type { Sink } from "./record.ts"
import { sourceFailure } from "../transport/streaming.ts"
import { isPage, notJson, notText, wrongRows, wrongShape } from "./unexpected.ts"
import { isDirect, WireFailure, type WireRequest, type WireResponse } from "../transport/port.ts"

export type { Arguments, Runtime } from "./request.ts"

export interface Call {
  /** `sink` is where the call reports to, unless the running fiber names one. */
  (args: Arguments, sink?: Sink): Effect.Effect<unknown, RuntimeError>
  /** Such as `assistants.list`. */
  readonly operation: string
  readonly method: string
  /** Path template. */
  readonly path: string
}

/** Where a call reports to; nowhere by default. */
export const ResponseSink = Context.Reference<Sink | undefined>("@aywa-ai/runtime-sdk/ResponseSink", {
  defaultValue: () => undefined
})

/**
 * Prepares an operation of a runtime: whatever does not change between calls is done once, here. `streamed` asks an
 * operation that gives bytes for a stream of them.
 */
export const makeCall = (runtime: Runtime, name: string, operation: Operation, streamed = false): Call => {
  const prepared = prepareOperation(runtime, name, operation, streamed)
  const { traced } = prepared
  const call = (args: Arguments, sink?: Sink) =>
    Effect.withFiber((fiber) => {
      const transform = fiber.getRef(Policy.CurrentTransform)
      const request = prepareRequest(prepared, args, transform(runtime.policy))
      if (request instanceof Errors.InvalidRequest) return Effect.fail(request)
      const observed = runtime.observer?.observe(fiber, traced)
      const loop = new Loop(prepared, request, fiber, sink ?? fiber.getRef(ResponseSink), observed)
      const breaker = request.policy.breaker
      const run =
        breaker === undefined
          ? loop.run(0)
          : breaker.run(loop.run(0), {
              key: runtime.config.origin,
              isFailure: (error) =>
                error._tag === "ServerError" || error._tag === "ConnectionError" || error._tag === "TimeoutError",
              onOpen: (retryAfterMillis) => Failure.circuitOpen(loop.fields(undefined, "not-sent", 0), retryAfterMillis)
            })
      return observed === undefined ? run : observed.call(run)
    })
  return Object.assign(call, { operation: name, method: traced.method, path: traced.path })
}

/** One call under way: its attempts, and what they have shown so far. */
class Loop {
  private readonly prepared: Prepared
  private readonly request: Request
  private readonly fiber: Fiber.Fiber<unknown, unknown>
  private readonly clock: Clock.Clock
  private readonly sink: Sink | undefined
  private readonly observed: Observed | undefined
  private readonly deadlineAt: number
  /** Whether an attempt may have taken effect; then no later answer can say that nothing happened. */
  private ambiguous = false
  private answered = false
  /** Attempts given to the transport. */
  private attempts = 0
  /** Whether the attempt under way is one of them. */
  private sent = false
  /** The answer of the attempt under way. */
  private response: WireResponse | undefined
  /** What the time of the attempt under way is bounded by. */
  private scope: "attempt" | "deadline" = "attempt"

  constructor(
    prepared: Prepared,
    request: Request,
    fiber: Fiber.Fiber<unknown, unknown>,
    sink: Sink | undefined,
    observed: Observed | undefined
  ) {
    this.prepared = prepared
    this.request = request
    this.fiber = fiber
    this.clock = fiber.getRef(Clock.Clock)
    this.sink = sink
    this.observed = observed
    const { deadline } = request.policy
    this.deadlineAt = deadline === undefined ? Infinity : this.clock.currentTimeMillisUnsafe() + deadline
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
      idempotencyKey: this.request.idempotencyKey,
      ...(this.request.upload?.once === true && this.request.upload.spent() && failure?.transient === true
        ? Failure.sentOnce
        : undefined)
    }
  }

  private afterFailure(failure: Failure.Failure, attempt: number): Effect.Effect<unknown, RuntimeError> {
    if (failure.outcome === "maybe-applied") this.ambiguous = true
    else if (failure.outcome === "rejected") this.answered = true
    const outcome = this.ambiguous ? "maybe-applied" : this.answered ? "rejected" : failure.outcome
    this.sink?.failed(outcome)
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
    if (this.request.upload?.once === true && this.request.upload.spent()) return undefined
    if (retry.while !== undefined && !retry.while(error)) return undefined
    const asked = failure.retryAfter
    if (asked !== undefined && asked > retry.maxRetryAfter) return undefined
    const ceiling = Math.min(retry.maxDelay, retry.baseDelay * 2 ** attempt)
    // Full jitter above a floor of a tenth, so that even the luckiest draw is a pause.
    const backoff = Math.round(ceiling * (0.1 + 0.9 * this.fiber.getRef(Random.Random).nextDoubleUnsafe()))
    const delay = asked === undefined ? backoff : Math.max(asked, ceiling * 0.1)
    return this.clock.currentTimeMillisUnsafe() + delay >= this.deadlineAt ? undefined : delay
  }

  /** Waits for the limiter, if there is one, then makes the attempt. */
  private limited(attempt: number): Effect.Effect<unknown> {
    const { limit } = this.request.policy
    if (limit === undefined) return this.attempt(attempt)
    this.sent = false
    const run = limit.run(Effect.suspend(() => this.attempt(attempt)))
    if (this.deadlineAt === Infinity) return run
    return Effect.timeoutOrElse(run, {
      duration: Math.max(0, this.deadlineAt - this.clock.currentTimeMillisUnsafe()),
      orElse: () => Effect.succeed(this.timedOut("deadline"))
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
    this.sent = false
    const remaining = this.deadlineAt - this.clock.currentTimeMillisUnsafe()
    if (remaining <= 0) return Effect.succeed(this.timedOut("deadline"))
    const { runtime, streams } = this.prepared
    const { transport } = runtime
    const timeout = this.request.policy.attemptTimeout ?? Infinity
    this.scope = remaining < timeout ? "deadline" : "attempt"
    const duration = Math.min(remaining, timeout)
    const key = runtime.config.apiKey
    if (
      streams === undefined &&
      isDirect(transport) &&
      Redacted.isRedacted(key) &&
      isDirectable(duration, this.clock)
    ) {
      return sendDirectly(transport, this.wire(key, attempt, traceparent), duration, this)
    }
    // A body that is streamed, a transport or a clock of the program's own, or a key that is asked for: the same in
    // Effects.
    const execute = streams ?? ((request: WireRequest) => transport.execute(request))
    const result = Effect.matchEager(
      Redacted.isRedacted(key)
        ? execute(this.wire(key, attempt, traceparent))
        : Effect.flatMap(key, (fresh) => execute(this.wire(fresh, attempt, traceparent))),
      {
        onFailure: (failure) => this.onFailure(failure),
        onSuccess: (response) => this.onResponse(response)
      }
    )
    const { upload } = this.request
    const whole = upload === undefined ? result : Effect.ensuring(result, Effect.sync(upload.close))
    if (duration === Infinity) return whole
    return Effect.timeoutOrElse(whole, { duration, orElse: () => Effect.succeed(this.timedOut(this.scope)) })
  }

  /** What an attempt that was sent directly came to; `undefined` when its time was up. */
  read(ended: WireResponse | WireFailure | undefined): unknown {
    if (ended === undefined) return this.timedOut(this.scope)
    return ended instanceof WireFailure ? this.onFailure(ended) : this.onResponse(ended)
  }

  private wire(key: Redacted.Redacted<string>, attempt: number, traceparent: string | undefined): WireRequest {
    const { prepared, request, sink } = this
    this.sent = true
    this.attempts = attempt + 1
    sink?.begun(attempt, prepared.reads ? "rejected" : "maybe-applied", request.idempotencyKey)
    const plain = attempt === 0 && request.headers === prepared.headers ? prepared.firstHeaders : undefined
    const headers = plain ?? withAuthorization(request.headers, key, attempt)
    return {
      method: prepared.spec.method,
      origin: prepared.runtime.config.origin,
      path: request.target,
      headers: traceparent === undefined ? headers : [...headers, "traceparent", traceparent],
      body: request.body,
      upload: request.upload
    }
  }

  private subject(): Failure.Subject {
    const { prepared, request } = this
    return { reads: prepared.reads, errors: prepared.spec.errors, redact: redactorOf(prepared, request) }
  }

  private timedOut(scope: "attempt" | "deadline"): FailedAttempt {
    const { attemptTimeout, deadline } = this.request.policy
    const allowed = (scope === "attempt" ? attemptTimeout : deadline) ?? 0
    return new FailedAttempt(Failure.fromTimeout(this.subject(), scope, allowed, this.sent))
  }

  private onFailure(failure: WireFailure | Errors.ConfigError): FailedAttempt {
    if (failure._tag === "WireFailure") {
      // A transport cannot tell the source's failure from the connection's: codes of files look like those of sockets.
      const broken = this.request.upload?.broken()
      const told = broken === undefined ? failure : sourceFailure(broken.cause, "unknown")
      return new FailedAttempt(Failure.fromWire(this.subject(), told))
    }
    return new FailedAttempt({
      outcome: "not-sent",
      transient: false,
      retryAfter: undefined,
      status: undefined,
      requestId: undefined,
      toError: () => failure
    })
  }

  private onResponse(response: WireResponse): unknown {
    const { spec, isSuccess } = this.prepared
    const { status } = response
    this.response = response
    if (status < 200 || status >= 300) {
      // A delete whose first answer was lost finds nothing the second time: it is done.
      if (spec.method === "DELETE" && (status === 404 || status === 410) && this.ambiguous)
        return this.done(response, undefined)
      return new FailedAttempt(Failure.fromStatus(this.subject(), response, this.clock.currentTimeMillisUnsafe()))
    }
    if (spec.kind === "bytes") return this.done(response, this.content(response))
    if (response.body === "") {
      return spec.mayBeEmpty
        ? this.done(response, undefined)
        : this.unexpected(response, `status ${status} with an empty body`)
    }
    if (spec.text) {
      return isPage(response) ? this.unexpected(response, notText(response)) : this.done(response, response.body)
    }
    let json: unknown
    try {
      json = JSON.parse(response.body)
    } catch {
      return this.unexpected(response, notJson(response))
    }
    if (this.request.page === undefined) {
      if (!isSuccess(json)) return this.unexpected(response, wrongShape(spec.success, json))
      return this.done(response, json)
    }
    const rows = rowsOf(json)
    if (rows === undefined) return this.unexpected(response, "the answer is not a list")
    if (!isSuccess(rows)) return this.unexpected(response, wrongRows(spec.success, rows))
    const page = toPage(this.request.page, json, rows)
    return typeof page === "string" ? this.unexpected(response, page) : this.done(response, page)
  }

  /** Content as it is; a stream of it tells its failures as every call does. */
  private content({ content }: WireResponse): unknown {
    if (content === undefined || content instanceof Uint8Array) return content
    const idle = this.request.policy.attemptTimeout
    return new ByteStream(content, idle, (failure) => {
      const what =
        failure === "idle"
          ? Failure.fromTimeout(this.subject(), "attempt", idle ?? 0, true)
          : Failure.fromWire(this.subject(), failure)
      return what.toError(this.fields(what, what.outcome, this.attempts))
    })
  }

  private unexpected(response: WireResponse, issue: string): FailedAttempt {
    return new FailedAttempt(Failure.fromUnexpected(this.subject(), response, issue))
  }

  private done(response: WireResponse, value: unknown): unknown {
    this.sink?.ended(response)
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
