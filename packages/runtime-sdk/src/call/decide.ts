/**
 * What follows from the end of an attempt: another attempt, the error, or the value. Without Effect, clock or chance:
 * all that a decision is made from comes in as an argument, and a test goes through what can come in.
 *
 * A retry never duplicates: `maySendAgain` is where that is decided, and the driver makes no attempt that is not allowed
 * here. It may still give up: by the program's own schedule, or for want of time.
 */
import type { ConfigError, Outcome, RuntimeError } from "../errors/Errors.ts"
import type * as Policy from "../policy/Policy.ts"
import type { WireFailure, WireHead, WireResponse } from "../transport/port.ts"
import { badCoding } from "../transport/wireFailure.ts"
import { isSuccess, readAnswer, readContent, Unreadable } from "./answer.ts"
import { type Fields, keyless, notSentAgain, requestIdOf, sentOnce } from "./message.ts"
import { fromStatus, fromUnexpected, type Failure, type Subject } from "./outcome.ts"
import { refusedPage } from "./pagination.ts"
import type { Prepared } from "./prepare.ts"
import type { Redact, Secrets } from "./redact.ts"
import type { Request } from "./request.ts"
import { fromTimeout, fromWire, type TimedOut } from "./unanswered.ts"
import { notCoded } from "./unexpected.ts"

/** What a decision has to know of the call. */
export interface Plan {
  readonly prepared: Prepared
  readonly request: Request
  /** When the call must be over, by the monotonic clock of `now`. */
  readonly deadlineAt: number
  /** What the call has sent so far and must not be seen again. Asked for when an attempt failed. */
  secrets(): Secrets
}

/** What the attempts of a call have shown so far. */
export interface History {
  /** Attempts begun, the one that has just ended included. */
  readonly attempts: number
  /** What those before it mean for the call as a whole; `not-sent` when there was none. */
  readonly outcome: Outcome
  /** Whether what was to be sent came from a stream and is gone. */
  readonly isConsumed: boolean
  /** How the attempt before it ended. */
  readonly last?: Failure | undefined
}

/** When an attempt ended, in milliseconds by both clocks. */
export interface Now {
  /** Of a clock that nobody sets back: for the deadline. */
  readonly monotonic: number
  /** Since the epoch: for a date that the runtime names, where its answer does not say what time it is there. */
  readonly wall: number
}

/** How an attempt ended. */
export type Ending = WireResponse | WireFailure | TimedOut | ConfigError

/** What follows. `outcome` is what the attempts mean for the call as a whole: the history's next one. */
export type Decision =
  | { readonly kind: "done"; readonly value: unknown; readonly response: WireHead }
  | { readonly kind: "fail"; readonly error: RuntimeError; readonly outcome: Outcome }
  | {
      readonly kind: "again"
      /** What the caller would have seen if this had been the last attempt. */
      readonly error: RuntimeError
      readonly outcome: Outcome
      /** What the history remembers of this attempt. */
      readonly failure: Failure
      /** Milliseconds to wait before it. */
      readonly delay: number
    }

type Done = Extract<Decision, { readonly kind: "done" }>

/** Decides. `random` is from 0 to 1: what a pause is chosen with. */
export const decide = (plan: Plan, history: History, ending: Ending, now: Now, random: number): Decision => {
  if ("_tag" in ending && ending._tag === "AywaConfigError" && history.last !== undefined) {
    return withoutKey(plan, history, history.last, ending)
  }
  const result = read(plan, history, ending, now.wall)
  if ("kind" in result) return result
  const outcome = worse(history.outcome, result.outcome)
  const fields = fieldsOf(plan, history, result, outcome)
  const error = result.toError(fields)
  const { retry } = plan.request.policy
  if (
    retry === undefined ||
    history.attempts > retry.times ||
    !result.transient ||
    !maySendAgain(plan, outcome) ||
    history.isConsumed ||
    (retry.while !== undefined && !retry.while(result.toError(asAttempt(fields))))
  ) {
    return { kind: "fail", error, outcome }
  }
  const remaining = plan.deadlineAt - now.monotonic
  const delay = delayOf(retry, history.attempts, result.retryAfter, remaining, random)
  return delay === undefined || delay >= remaining
    ? { kind: "fail", error, outcome }
    : { kind: "again", error, outcome, failure: result, delay }
}

/** There is no key to send another attempt with: what the call has come to is what the attempt before it was. */
const withoutKey = (plan: Plan, history: History, last: Failure, { message }: ConfigError): Decision => {
  const { outcome, isConsumed } = history
  const fields = fieldsOf(plan, { attempts: history.attempts - 1, outcome, isConsumed }, last, outcome)
  return { kind: "fail", error: last.toError({ ...fields, ...notSentAgain(message) }), outcome }
}

/**
 * What may have taken effect is sent again only where a second request cannot take effect twice: its method is one that
 * HTTP lets be repeated, or the runtime knows it by its idempotency key, unless it is known that this one does not.
 */
const maySendAgain = ({ prepared, request }: Plan, outcome: Outcome): boolean =>
  outcome !== "maybe-applied" ||
  prepared.idempotentMethod ||
  (request.idempotencyKey !== undefined && !ignoresKeys(prepared))

const ignoresKeys = ({ runtime }: Prepared): boolean => runtime.config.profile?.idempotencyKeys === "ignored"

/** Nothing that a later attempt meets takes back what an earlier one may have done. */
const worse = (before: Outcome, now: Outcome): Outcome =>
  before === "maybe-applied" || now === "not-sent" ? before : now

/** Milliseconds until the next attempt; `undefined` when the runtime asks for more than is waited. */
const delayOf = (
  retry: Policy.Retry,
  attempts: number,
  retryAfter: number | undefined,
  remaining: number,
  random: number
): number | undefined => {
  const ceiling = Math.min(retry.maxDelay, retry.baseDelay * 2 ** (attempts - 1))
  // Above a floor of a tenth, so that even the luckiest number is a pause.
  const floor = ceiling * 0.1
  if (retryAfter === undefined && retry.schedule !== undefined) return 0
  if (retryAfter === undefined) return Math.round(floor + (ceiling - floor) * random)
  if (retryAfter > retry.maxRetryAfter) return undefined
  // Many are told to wait for the same time: they come back spread over a part of it, none before it is over. What that
  // adds leaves half of the time that there is to the attempt.
  const least = Math.max(retryAfter, floor)
  const spread = Math.max(ceiling - floor, Math.min(retryAfter * 0.35, retry.maxDelay))
  return least + Math.max(0, Math.min(spread, (remaining - least) / 2)) * random
}

const read = (plan: Plan, history: History, ending: Ending, wall: number): Done | Failure => {
  const head = headOf(ending)
  if (head !== undefined && !isSuccess(head)) return fromRefusal(plan, history, head, ending, wall)
  return "status" in ending ? fromAnswer(plan, history, ending) : fromNone(plan, ending)
}

/** The head of the answer, whether or not its body came. */
const headOf = (ending: Ending): WireHead | undefined =>
  "status" in ending ? ending : "head" in ending ? ending.head : undefined

/** The status of an answer counts, whatever happened to its body. */
const fromRefusal = (plan: Plan, history: History, head: WireHead, ending: Ending, wall: number): Done | Failure => {
  // A delete whose first answer was lost finds nothing the second time: it is done.
  const isDeletedRow = plan.prepared.spec.method === "DELETE" && (head.status === 404 || head.status === 410)
  if (isDeletedRow && history.outcome === "maybe-applied") return { kind: "done", value: undefined, response: head }
  const { page } = plan.request
  const crowded = page !== undefined && (head.status === 400 || head.status === 422) ? refusedPage(page) : undefined
  if (crowded !== undefined) return fromUnexpected(subjectOf(plan), head, crowded)
  const body = "body" in ending ? ending.body : undefined
  return fromStatus(subjectOf(plan), head, body, wall, "cause" in ending ? ending.cause : undefined)
}

const fromAnswer = (plan: Plan, { attempts }: History, response: WireResponse): Done | Failure => {
  const { prepared, request } = plan
  if (prepared.spec.kind === "bytes") {
    const idle = request.policy.attemptTimeout
    const toError = (failure: WireFailure | "idle"): RuntimeError => {
      const ending: WireFailure | TimedOut =
        failure === "idle" ? { _tag: "TimedOut", scope: "attempt", stage: "sent", head: response } : failure
      const what = fromNone(plan, ending)
      return what.toError(fieldsOf(plan, { attempts, outcome: "not-sent", isConsumed: false }, what, what.outcome))
    }
    return { kind: "done", value: readContent(response, idle, toError), response }
  }
  const value =
    // A mock may answer without having looked at the body.
    request.upload?.isRead() === true && !request.upload.isWhole()
      ? new Unreadable(
          `a success (${response.status}) before the whole file was sent: what is there may be a part of it`
        )
      : readAnswer(prepared, request, response, () => redactorOf(plan))
  return value instanceof Unreadable
    ? fromUnexpected(subjectOf(plan), response, value.issue)
    : { kind: "done", value, response }
}

/** No whole answer came. */
const fromNone = (plan: Plan, ending: WireFailure | TimedOut | ConfigError): Failure => {
  switch (ending._tag) {
    case "WireFailure":
      return ending.code === badCoding && ending.head !== undefined
        ? fromUnexpected(subjectOf(plan), ending.head, notCoded(ending.head, redactorOf(plan)))
        : fromWire(subjectOf(plan), ending)
    case "TimedOut": {
      const { attemptTimeout, deadline } = plan.request.policy
      return fromTimeout(subjectOf(plan), ending, (ending.scope === "attempt" ? attemptTimeout : deadline) ?? 0)
    }
    case "AywaConfigError":
      // There was no key to send it with.
      return { outcome: "not-sent", transient: false, toError: () => ending }
  }
}

const redactorOf = (plan: Plan): Redact => plan.secrets().redactorWith(plan.request.body)

const subjectOf = (plan: Plan): Subject => ({
  reads: plan.prepared.reads,
  errors: plan.prepared.spec.errors,
  origin: plan.prepared.runtime.config.origin,
  redact: redactorOf(plan)
})

/**
 * Whether the caller may make the same call once more: one that may have taken effect only if the runtime would know it
 * again. A generated key is gone with the call. Not asked of content that came from a stream: that is gone, too.
 */
const mayCallAgain = ({ prepared, request }: Plan, outcome: Outcome): boolean =>
  outcome !== "maybe-applied" || prepared.idempotentMethod || (request.keyIsLasting && !ignoresKeys(prepared))

const notRetryable = { isRetryable: false } as const

/** An attempt carries the key of those before it, so it may do what a further call may not. */
const asAttempt = (fields: Fields): Fields => {
  const { isRetryable: _isRetryable, ...rest } = fields
  return rest
}

/** What every error of the call carries. */
export const fieldsOf = (
  plan: Plan,
  { attempts, isConsumed }: History,
  failure: Failure | undefined,
  outcome: Outcome
): Fields => ({
  operation: plan.prepared.name,
  method: plan.prepared.spec.method,
  path: plan.request.path,
  status: failure?.head?.status,
  requestId: failure?.head === undefined ? undefined : requestIdOf(failure.head, redactorOf(plan)),
  attempts,
  outcome,
  idempotencyKey: plan.request.idempotencyKey,
  idempotencyScope: plan.request.position?.scope,
  ...(mayCallAgain(plan, outcome) && !isConsumed ? undefined : notRetryable),
  ...(plan.request.idempotencyKey !== undefined && ignoresKeys(plan.prepared) ? keyless : undefined),
  ...(isConsumed && failure?.transient === true ? sentOnce : undefined)
})
