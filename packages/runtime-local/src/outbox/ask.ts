/**
 * Questions: events that are sent at once, by whoever waits for their answer, in real time.
 */
import type { Store } from "../store/Store.ts"
import type { Lifetime } from "../time/lifetime.ts"
import { pause } from "../time/pause.ts"
import type { makeAttempt } from "./attempt.ts"
import type { AttemptOutcome } from "./attemptOutcome.ts"
import type { Emitter, NewEvent } from "./emit.ts"
import { type Job, type Jobs, serverOf } from "./jobs.ts"
import { deadlineOf } from "./replies.ts"
import type { WebhookSchedule } from "./schedule.ts"
import { askAgainAfter } from "./settle.ts"

/** What came of a question. */
export interface QuestionResult {
  readonly eventId: string
  /** `undefined` when no server is configured. */
  readonly jobId: string | undefined
  readonly outcome: AttemptOutcome | undefined
}

/** What questions need. */
export interface AskContext {
  readonly store: Store
  readonly emitter: Emitter
  readonly jobs: Jobs
  readonly attempt: ReturnType<typeof makeAttempt>
  readonly lifetime: Lifetime
  readonly schedule: WebhookSchedule
  readonly random: () => number
  /** Says that jobs were written, or that one is over. */
  readonly announce: () => void
  /** Jobs under which the store failed. */
  readonly stranded: Set<string>
}

/** Makes the function that asks. */
export const makeAsk =
  (context: AskContext) =>
  async (event: NewEvent): Promise<QuestionResult> => {
    const { store, emitter, jobs, announce, stranded } = context
    const signal = context.lifetime.signal()
    const { eventId, jobId } = store.transaction(() => emitter.question(event))
    announce()
    const job = jobId === undefined ? undefined : jobs.get(jobId)
    if (job === undefined) return { eventId, jobId: undefined, outcome: undefined }
    try {
      return { eventId, jobId: job.id, outcome: await askUntilDeadline(context, job, signal) }
    } catch (error) {
      if (!signal.aborted) stranded.add(job.id)
      throw error
    }
  }

const askUntilDeadline = async (context: AskContext, job: Job, signal: AbortSignal): Promise<AttemptOutcome> => {
  const { store, jobs, attempt, schedule, random, announce } = context
  const deadline = performance.now() + deadlineOf(job.type, serverOf(job))
  for (let failures = 1; ; failures++) {
    // One attempt after the other: a question is never asked twice at a time.
    // oxlint-disable-next-line no-await-in-loop
    const outcome = await attempt(job, { timeout: Math.max(1, deadline - performance.now()), signal })
    if (outcome.type === "stopped") return outcome
    const wait = askAgainAfter(job, outcome, { schedule, failures, draw: random })
    if (wait === undefined || performance.now() + wait >= deadline) {
      store.transaction(() => jobs.set(job.id, outcome.type === "succeeded" ? "succeeded" : "dead", null))
      announce()
      return outcome
    }
    // oxlint-disable-next-line no-await-in-loop
    await pause(wait, signal)
    if (signal.aborted) return { type: "stopped" }
  }
}
