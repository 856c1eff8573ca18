/**
 * What becomes of a job after an attempt: success, another attempt later, or the end. Decides, and writes nothing.
 */
import type { FailedAttempt, Success } from "./attemptOutcome.ts"
import { type Job, serverOf } from "./jobs.ts"
import { nextDelay, type WebhookSchedule } from "./schedule.ts"

/** A connection that is refused within this time is tried once more at once. */
const instantMillis = 1000

/** What decides, beside the job and its outcome. */
export interface SettleInput {
  readonly schedule: WebhookSchedule
  /** Draws a number in [0, 1); only where chance decides. */
  readonly draw: () => number
  /** Epoch milliseconds on the runtime's clock. */
  readonly now: number
  /** Real time, against which an HTTP-date is read. */
  readonly realNow: number
}

/** What is to be written of a job. */
export interface Settlement {
  readonly state: "succeeded" | "retrying" | "dead"
  /** When the next attempt is due. */
  readonly nextAt: number | null
  /** How the failure counts; `undefined` where there was none. */
  readonly failure: "instant" | "counted" | undefined
}

/** Settles a notice after an attempt. */
export const settle = (job: Job, outcome: Success | FailedAttempt, input: SettleInput): Settlement => {
  if (outcome.type === "succeeded") return { state: "succeeded", nextAt: null, failure: undefined }
  if (isInstantRetry(job, outcome)) return { state: "retrying", nextAt: input.now, failure: "instant" }
  const delay = outcome.permanent || job.reply === 1 ? undefined : delayOf(job, outcome, input)
  return delay === undefined
    ? { state: "dead", nextAt: null, failure: "counted" }
    : { state: "retrying", nextAt: input.now + delay, failure: "counted" }
}

/** A receiver that is just being restarted refuses for a moment: one more try at once costs nobody anything. */
const isInstantRetry = (job: Job, { failure, refused, ms }: FailedAttempt): boolean =>
  failure.kind === "connection" && job.instant === 0 && refused && ms < instantMillis && job.reply === 0

const delayOf = (job: Job, { failure }: FailedAttempt, { schedule, draw, realNow }: SettleInput) =>
  nextDelay({
    schedule,
    backoffPlan: serverOf(job)["backoffPlan"],
    failures: job.failures + 1,
    failure,
    random: draw(),
    now: realNow
  })

/**
 * Milliseconds until a question is repeated, where its server has a plan for that; `undefined` when the outcome is
 * final.
 */
export const askAgainAfter = (
  job: Job,
  outcome: Success | FailedAttempt,
  { failures, schedule, draw }: Pick<SettleInput, "schedule" | "draw"> & { readonly failures: number }
): number | undefined => {
  if (outcome.type === "succeeded" || outcome.permanent) return undefined
  const { backoffPlan } = serverOf(job)
  if (backoffPlan === undefined) return undefined
  return nextDelay({
    // Only the plan says how often; "instant" takes the waits out of it.
    schedule: schedule === "instant" ? "instant" : [],
    backoffPlan,
    failures,
    failure: outcome.failure,
    random: draw(),
    now: 0
  })
}
