/**
 * Notices: each due job is attempted, and what came of it is settled and written down.
 */
import { isStoreFailure } from "../store/failure.ts"
import type { Store } from "../store/Store.ts"
import type { Fired } from "../time/clock.ts"
import type { Lifetime } from "../time/lifetime.ts"
import type { makeAttempt } from "./attempt.ts"
import type { FailedAttempt, Success } from "./attemptOutcome.ts"
import { isEnabled, switchOffIfHopeless } from "./endpoints.ts"
import type { Job, Jobs } from "./jobs.ts"
import type { Lanes } from "./lanes.ts"
import type { WebhookSchedule } from "./schedule.ts"
import { settle } from "./settle.ts"

/** Milliseconds for an attempt of a notice, all of it. */
const noticeTimeout = 30_000

/** What deliveries need. */
export interface DeliverContext {
  readonly store: Store
  readonly jobs: Jobs
  readonly lanes: Lanes
  readonly attempt: ReturnType<typeof makeAttempt>
  readonly lifetime: Lifetime
  readonly schedule: WebhookSchedule
  readonly random: () => number
  readonly now: () => number
  /** Says that a job is over. */
  readonly announce: () => void
  /** Jobs under which the store failed: they go on when it works. */
  readonly stranded: Set<string>
}

/** Makes the function that delivers one job; by its first turn the job is claimed. */
export const makeDeliver =
  (context: DeliverContext) =>
  async (job: Job): Promise<Fired> => {
    const { store, jobs, now } = context
    const fired: Fired = { kind: "webhook", id: job.id, what: job.type, at: new Date(now()).toISOString() }
    if (job.endpointId !== null && !isEnabled(store, job.endpointId)) {
      store.transaction(() => jobs.set(job.id, "cancelled", null))
      return fired
    }
    const signal = context.lifetime.signal()
    try {
      const outcome = await context.attempt(job, { timeout: noticeTimeout, signal })
      if (outcome.type !== "stopped") {
        store.transaction(() => writeSettlement(context, job, outcome))
        context.lanes.note(job, outcome.type === "succeeded" || outcome.failure.kind !== "timeout")
      }
    } catch (error) {
      if (!signal.aborted) afterFailure(context, job, error)
      throw error
    }
    if (!signal.aborted) context.announce()
    return fired
  }

const writeSettlement = (context: DeliverContext, job: Job, outcome: Success | FailedAttempt): void => {
  const { store, jobs, schedule } = context
  const now = context.now()
  const { state, nextAt, failure } = settle(job, outcome, {
    schedule,
    draw: context.random,
    now,
    realNow: Date.now()
  })
  if (failure !== undefined) jobs.countFailure(job.id, failure)
  jobs.set(job.id, state, nextAt)
  if (failure === "counted" && job.endpointId !== null) switchOffIfHopeless(store, job.endpointId, now)
}

const afterFailure = ({ store, jobs, stranded }: DeliverContext, job: Job, error: unknown): void => {
  if (isStoreFailure(error)) stranded.add(job.id)
  // A defect of this package: without this its job would be under way for ever.
  else store.transaction(() => jobs.set(job.id, "dead", null))
}
