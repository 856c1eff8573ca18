/**
 * One attempt of a job: written down, checked, signed, sent, written down.
 */
import type { Fault } from "../faults/rule.ts"
import type { FaultRules } from "../faults/rules.ts"
import { maskHeaders, maskText } from "../json/mask.ts"
import { notify, pause, type Waiters } from "../time/pause.ts"
import { type AttemptOutcome, outcomeOf, type Success, type FailedAttempt } from "./attemptOutcome.ts"
import type { Job, Jobs } from "./jobs.ts"
import type { RequestResult } from "./request.ts"
import { bodyOf, loggedBytes, sendSigned, type SignedRequestContext } from "./signedRequest.ts"

/** What attempts work with. */
export interface AttemptContext extends SignedRequestContext {
  readonly jobs: Jobs
  readonly faults: FaultRules
  /** Whoever waits for the end of an attempt. */
  readonly afterAttempt: Waiters
  readonly wake: () => void
}

/** How to make an attempt. */
export interface AttemptOptions {
  /** Milliseconds for all of it. */
  readonly timeout: number
  /** Aborts when the runtime stops. */
  readonly signal: AbortSignal
}

/** Makes an attempt of a job; two of them where a fault doubles it. */
export const makeAttempt =
  (context: AttemptContext) =>
  async (job: Job, options: AttemptOptions): Promise<AttemptOutcome> => {
    const fault = faultOf(context, job)
    const first = await attemptOnce(context, job, options, fault)
    if (fault?.action.type !== "duplicate" || first.type === "stopped") return first
    const second = await attemptOnce(context, job, options, fault)
    return first.type === "succeeded" || second.type === "stopped" ? first : second
  }

const faultOf = ({ store, faults }: AttemptContext, job: Job): Fault | undefined =>
  faults.take({
    method: "POST",
    path: URL.parse(job.url)?.pathname ?? job.url,
    key: job.signedId,
    attempt: job.attempts + 1,
    body: faults.needBody() ? JSON.parse(bodyOf(store, job.eventId)) : undefined,
    event: job.type
  })

const attemptOnce = async (
  context: AttemptContext,
  job: Job,
  { timeout, signal }: AttemptOptions,
  fault: Fault | undefined
): Promise<AttemptOutcome> => {
  const { store, log } = context
  const begin = performance.now()
  const redelivered = log.mayHaveArrived(job)
  const number = store.transaction(() => log.begin(job.id, fault?.action.type))
  if (fault !== undefined) await holdBack(context, job, fault, signal)
  if (signal.aborted) return { type: "stopped" }
  // What a fault holds back is a part of the way: the receiver has only what is left of the time.
  const left = fault === undefined ? timeout : Math.max(1, timeout - (performance.now() - begin))
  const result = await sendSigned(context, job, {
    number,
    redelivered,
    timeout: left,
    signal,
    fault: fault?.action
  })
  if (result === undefined || signal.aborted) return { type: "stopped" }
  const ms = Math.round((performance.now() - begin) * 10) / 10
  const outcome = outcomeOf(result, job, ms)
  store.transaction(() => log.end(job.id, number, recordOf(result, outcome)))
  notify(context.afterAttempt)
  return outcome
}

/** Waits that a fault asks for, in real time. */
const holdBack = async (
  { store, jobs, wake, afterAttempt }: AttemptContext,
  job: Job,
  { action }: Fault,
  signal: AbortSignal
): Promise<void> => {
  if (action.type === "delay") await pause(action.ms, signal)
  if (action.type !== "reorder") return
  store.transaction(() => jobs.unorder(job.id))
  wake()
  await pause(action.ms ?? 500, signal, afterAttempt)
}

/** As the log keeps it. */
const recordOf = (result: RequestResult | { readonly type: "refused" }, outcome: Success | FailedAttempt) => ({
  state: result.type === "answer" ? ("answered" as const) : ("failed" as const),
  ms: outcome.ms,
  error: outcome.type === "failed" ? outcome.error : undefined,
  mayHaveArrived: result.type === "answer" || (result.type === "failure" && result.sent),
  ...(result.type === "answer"
    ? {
        status: result.status,
        responseHeaders: JSON.stringify(maskHeaders(result.headers)),
        responseBody: maskText(result.body.subarray(0, loggedBytes).toString())
      }
    : {})
})
