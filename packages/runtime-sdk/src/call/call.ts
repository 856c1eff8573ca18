/**
 * The way of one call: arguments -> request -> policy -> attempt -> decision -> value, another attempt, or error. Every
 * operation goes through here; services hold no logic of their own.
 *
 * This is the hot path. What keeps it short: the request of a plain call is prepared beforehand (`prepare.ts`), an
 * attempt is one callback without an Effect of the transport's or of a timeout around it (`attempt.ts`), and what
 * only a failure or a curious caller needs (redaction, the answer's headers) is made when it is asked for.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import type * as Redacted from "effect/Redacted"
import type { Operation } from "../contract/Operation.ts"
import type { Outcome, RuntimeError } from "../errors/Errors.ts"
import * as Errors from "../errors/Errors.ts"
import * as Policy from "../policy/Policy.ts"
import { monotonic } from "../policy/time.ts"
import type { WireProgress, WireRequest } from "../transport/port.ts"
import { sourceFailure } from "../transport/streaming.ts"
import { isSuccess } from "./answer.ts"
import { send, wireOf, type Sender } from "./attempt.ts"
import { decide, fieldsOf, type Decision, type Ending, type Now, type Plan } from "./decide.ts"
import { requestIdOf } from "./message.ts"
import type { Observed } from "./observe.ts"
import type { Failure } from "./outcome.ts"
import { prepareOperation, type Prepared, type Runtime } from "./prepare.ts"
import type { CallRecord } from "./record.ts"
import type { Redact, Secrets } from "./redact.ts"
import { prepareRequest, type Arguments, type Request } from "./request.ts"
import type { AttemptResult } from "./Trace.ts"
import { circuitOpen, type TimedOut } from "./unanswered.ts"

export type { Runtime } from "./prepare.ts"
export type { Arguments } from "./request.ts"

export interface Call {
  /** `record` is where the call reports to, unless the running fiber names one. */
  (args: Arguments, record?: CallRecord): Effect.Effect<unknown, RuntimeError>
  /** Such as `assistants.list`. */
  readonly operation: string
  readonly method: string
  /** Path template. */
  readonly path: string
  /** Takes the place, in its idempotency scope, of a call that is given up before it begins: those behind it keep theirs. */
  readonly skip: (args: Arguments) => void
}

/** Where a call reports to; nowhere by default. */
export const CurrentRecord = Context.Reference<CallRecord | undefined>("@aywa-ai/runtime-sdk/CurrentRecord", {
  defaultValue: () => undefined
})

/**
 * Prepares an operation of a runtime: whatever does not change between calls is done once, here. `streamed` asks an
 * operation that gives bytes for a stream of them.
 */
export const makeCall = (runtime: Runtime, name: string, operation: Operation, streamed = false): Call => {
  const prepared = prepareOperation(runtime, name, operation, streamed)
  const { traced } = prepared
  const requestOf = (args: Arguments, fiber: Fiber.Fiber<unknown, unknown>) => {
    const policy = fiber.getRef(Policy.CurrentTransform)(runtime.policy)
    return prepareRequest(prepared, args, policy, fiber.getRef(Policy.IdempotencyKeys))
  }
  const call = (args: Arguments, record?: CallRecord) =>
    Effect.withFiber((fiber) => {
      const request = requestOf(args, fiber)
      if (request instanceof Errors.InvalidRequest) return Effect.fail(request)
      const observation = runtime.observer?.observe(fiber, traced)
      const driver = new Driver(prepared, request, fiber, record ?? fiber.getRef(CurrentRecord), observation)
      const run = atPosition(request, runWithBreaker(driver))
      return observation === undefined ? run : observation.call(run)
    })
  const skip = (args: Arguments): void => {
    const skipping = Effect.withFiber((fiber) => {
      const request = requestOf(args, fiber)
      if (!(request instanceof Errors.InvalidRequest)) request.position?.leave("failed")
      return Effect.void
    })
    Effect.runSync(skipping)
  }
  return Object.assign(call, { operation: name, method: traced.method, path: traced.path, skip })
}

/** Runs a call at its position in an idempotency scope. */
const atPosition = <A>({ position }: Request, run: Effect.Effect<A, RuntimeError>): Effect.Effect<A, RuntimeError> =>
  position === undefined ? run : Effect.onExit(run, (exit) => Effect.sync(() => position.leave(endOf(exit))))

const endOf = (exit: Exit.Exit<unknown, RuntimeError>): Policy.ScopeEnd => {
  if (Exit.isSuccess(exit)) return "done"
  const error: unknown = Cause.squash(exit.cause)
  return error instanceof Errors.InvalidRequest && error.code === "idempotency_key_reused" ? "reused" : "failed"
}

/** Runs a call unless its circuit is open. */
const runWithBreaker = (driver: Driver): Effect.Effect<unknown, RuntimeError> => {
  const { breaker } = driver.request.policy
  if (breaker === undefined) return driver.run()
  return breaker.run(
    Effect.suspend(() => driver.run()),
    {
      key: driver.prepared.runtime.config.origin,
      isFailure: (error) =>
        error._tag === "ServerError" || error._tag === "ConnectionError" || error._tag === "AywaTimeoutError",
      onOpen: (retryAfterMillis) =>
        circuitOpen(
          fieldsOf(driver, { attempts: 0, outcome: "not-sent", isConsumed: false }, undefined, "not-sent"),
          retryAfterMillis
        )
    }
  )
}

/** One call under way: makes its attempts, and does what is decided after each. */
class Driver implements Plan, Sender<Decision> {
  readonly prepared: Prepared
  readonly request: Request
  readonly clock: Clock.Clock
  readonly deadlineAt: number
  private readonly fiber: Fiber.Fiber<unknown, unknown>
  private readonly record: CallRecord | undefined
  private readonly observation: Observed | undefined
  private readonly history: { attempts: number; outcome: Outcome; isConsumed: boolean; last?: Failure } = {
    attempts: 0,
    outcome: "not-sent",
    isConsumed: false
  }
  /** Whether the attempt under way was given to the transport. */
  private sent = false
  progress: WireProgress | undefined
  /** The keys of the attempts, where they are asked for: each may have had another. */
  private keys: Array<Redacted.Redacted<string>> | undefined
  /** The policy's schedule for this call, once it has begun. */
  private step: Policy.RetryStep | undefined
  /** What the time of the attempt under way is bounded by. */
  private scope: "attempt" | "deadline" = "attempt"

  constructor(
    prepared: Prepared,
    request: Request,
    fiber: Fiber.Fiber<unknown, unknown>,
    record: CallRecord | undefined,
    observation: Observed | undefined
  ) {
    this.prepared = prepared
    this.request = request
    this.fiber = fiber
    this.clock = fiber.getRef(Clock.Clock)
    this.record = record
    this.observation = observation
    const { deadline } = request.policy
    this.deadlineAt = deadline === undefined ? Infinity : this.now() + deadline
  }

  run(): Effect.Effect<unknown, RuntimeError> {
    this.history.attempts++
    this.sent = false
    return Effect.flatMap(this.limited(), (decision) => this.follow(decision))
  }

  private follow(decision: Decision): Effect.Effect<unknown, RuntimeError> {
    if (decision.kind === "done") {
      this.record?.ended(decision.response, this.secrets())
      return Effect.succeed(decision.value)
    }
    this.history.outcome = decision.outcome
    this.record?.failed(decision.outcome)
    if (decision.kind === "fail") return Effect.fail(decision.error)
    this.history.last = decision.failure
    const schedule = this.request.policy.retry?.schedule
    return schedule === undefined ? this.again(decision.error, decision.delay) : this.scheduled(schedule, decision)
  }

  /** Another attempt when the policy's schedule says, but not before the runtime allows it. */
  private scheduled(
    schedule: Effect.Effect<Policy.RetryStep>,
    { error, delay }: Extract<Decision, { readonly kind: "again" }>
  ): Effect.Effect<unknown, RuntimeError> {
    const begun = this.step === undefined ? schedule : Effect.succeed(this.step)
    return Effect.flatMap(begun, (step) => {
      this.step = step
      return Effect.flatMap(step(this.clock.currentTimeMillisUnsafe(), error), (pause) => {
        const wait = Math.max(pause ?? Infinity, delay)
        return wait >= this.deadlineAt - this.now() ? Effect.fail(error) : this.again(error, wait)
      })
    })
  }

  private again(error: RuntimeError, delay: number): Effect.Effect<unknown, RuntimeError> {
    const { runtime, traced } = this.prepared
    const next = Effect.flatMap(Effect.sleep(delay), () => this.run())
    const note = runtime.observer?.retrying?.(traced, error, delay)
    return note === undefined ? next : Effect.flatMap(note, () => next)
  }

  /** Waits for the limiter, if there is one, then makes the attempt. */
  private limited(): Effect.Effect<Decision> {
    const { limit } = this.request.policy
    if (limit === undefined) return this.attempt()
    const run = limit.run(Effect.suspend(() => this.attempt()))
    if (this.deadlineAt === Infinity) return run
    return Effect.timeoutOrElse(run, {
      duration: Math.max(0, this.deadlineAt - this.now()),
      orElse: () => Effect.sync(() => this.decide(this.timedOut("deadline", "waiting")))
    })
  }

  private attempt(): Effect.Effect<Decision> {
    if (this.observation === undefined) return this.send(undefined)
    return this.observation.attempt(
      this.history.attempts - 1,
      (traceparent) => this.send(traceparent),
      (decision) => resultOf(decision, this.secrets().redactorWith(this.request.body))
    )
  }

  private send(traceparent: string | undefined): Effect.Effect<Decision> {
    const remaining = this.deadlineAt - this.now()
    if (remaining <= 0) return Effect.succeed(this.decide(this.timedOut("deadline", "waiting")))
    const timeout = this.request.policy.attemptTimeout ?? Infinity
    this.scope = remaining < timeout ? "deadline" : "attempt"
    return send(this, Math.min(remaining, timeout), traceparent)
  }

  wire(key: Redacted.Redacted<string>, traceparent: string | undefined): WireRequest {
    const { prepared, request, record } = this
    const attempt = this.history.attempts - 1
    if (key !== prepared.runtime.config.apiKey) (this.keys ??= []).push(key)
    this.sent = true
    record?.begun(attempt, prepared.reads ? "rejected" : "maybe-applied", request, this)
    return wireOf(prepared, request, key, attempt, traceparent)
  }

  ended(ending: Exclude<Ending, TimedOut> | undefined): Decision {
    if (ending === undefined) return this.decide(this.timedOut(this.scope))
    if ("status" in ending || ending._tag !== "WireFailure") return this.decide(ending)
    // A transport cannot tell the source's failure from the connection's: codes of files look like those of sockets.
    const sourceError = this.request.upload?.sourceError()
    return this.decide(sourceError === undefined ? ending : sourceFailure(sourceError.cause, "unknown", ending.head))
  }

  private timedOut(scope: TimedOut["scope"], unsent: "held" | "waiting" = "held"): TimedOut {
    const { sent, progress } = this
    const stage = !sent ? unsent : progress?.sent === "no" ? "queued" : "sent"
    return { _tag: "TimedOut", scope, stage, head: progress?.head }
  }

  private decide(ending: Ending): Decision {
    const { upload } = this.request
    const resent = this.progress?.resent ?? 0
    if (resent > 0) {
      this.history.attempts += resent
      this.record?.counted(this.history.attempts)
    }
    // It holds what has come of the answer, and is not needed while the call waits.
    this.progress = undefined
    if (upload !== undefined) this.history.isConsumed = upload.once && upload.isRead()
    // What is read to the end needs neither time nor chance, and a program's seeded Random is left alone.
    const needless = "status" in ending && isSuccess(ending)
    return needless
      ? decide(this, this.history, ending, never, 0)
      : decide(
          this,
          this.history,
          ending,
          { monotonic: this.now(), wall: this.clock.currentTimeMillisUnsafe() },
          this.fiber.getRef(Random.Random).nextDoubleUnsafe()
        )
  }

  secrets(): Secrets {
    const { recentKeys } = this.prepared.runtime.config
    const keys = this.keys === undefined ? undefined : [...recentKeys, ...this.keys]
    return this.prepared.secrets.and(keys, this.request.extraHeaders)
  }

  private now(): number {
    return monotonic(this.clock)
  }
}

const never: Now = { monotonic: 0, wall: 0 }

/** A decision as those who watch the attempt see it. */
const resultOf = (decision: Decision, redact: Redact): AttemptResult => {
  if (decision.kind === "done") {
    const { response } = decision
    return { status: response.status, requestId: requestIdOf(response, redact), error: undefined }
  }
  const { error } = decision
  return {
    status: "status" in error ? error.status : undefined,
    requestId: "requestId" in error ? error.requestId : undefined,
    error: error._tag
  }
}
