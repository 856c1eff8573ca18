/**
 * The outbox: events become jobs in the transaction of the write that caused them, and jobs become deliveries.
 *
 * At least once: an attempt is written down before anything is sent, so a crash in the middle loses nothing, and what
 * may have arrived is marked, in the log and on the next attempt's headers.
 */
import type { Ids } from "../time/ids.ts"
import { type Lifetime, makeLifetime } from "../time/lifetime.ts"
import { pause, type Waiters } from "../time/pause.ts"
import type { WorkSource } from "../time/workLoop.ts"
import { makeAsk, type QuestionResult } from "./ask.ts"
import { type AttemptContext, makeAttempt } from "./attempt.ts"
import { type AttemptLog, makeAttemptLog } from "./attemptLog.ts"
import { makeDeliver } from "./deliver.ts"
import { makeDispatch } from "./dispatch.ts"
import { type EmitResult, makeEmitter, type NewEvent } from "./emit.ts"
import { type EventBook, makeEvents } from "./events.ts"
import { type Jobs, makeJobs } from "./jobs.ts"
import { makeLanes } from "./lanes.ts"
import type { Retention } from "./retention.ts"
import type { WebhookSchedule } from "./schedule.ts"

/** The outbox of a runtime. */
export interface Outbox extends WorkSource {
  /** Writes an event and its jobs; call it inside the transaction of the write that caused it. */
  readonly emit: (event: NewEvent) => EmitResult
  /** Writes an event without jobs, so that `ask` can send it under this id, again after a restart. */
  readonly prepare: (event: NewEvent) => string
  /** Sends an event now and waits for the answer, up to its deadline, in real time. */
  readonly ask: (event: NewEvent) => Promise<QuestionResult>
  /**
   * Resolves when the first attempts of a call's events are over, or after `atMost` milliseconds; with `false` when the
   * runtime stops meanwhile.
   */
  readonly drain: (callId: string, atMost: number) => Promise<boolean>
  /** Says, inside a transaction, that jobs were written. */
  readonly announce: () => void
  readonly jobs: Jobs
  readonly attempts: AttemptLog
  readonly events: EventBook
  /** Picks up what a dead process left, and goes on. */
  readonly start: () => void
  /** Cuts what is being sent; nothing is written afterwards. */
  readonly stop: () => void
}

/** What the outbox works with. */
export interface OutboxContext extends Omit<AttemptContext, "jobs" | "log" | "afterAttempt"> {
  readonly ids: Ids
  readonly now: () => number
  readonly schedule: WebhookSchedule
  readonly retention: Retention
  /** `"shuffled"` starts what is due together in any order, to find receivers that count on one. */
  readonly order: "created" | "shuffled"
  readonly random: () => number
}

/** Makes an outbox; nothing is sent before `start`. */
export const makeOutbox = (context: OutboxContext): Outbox => {
  const { store, now, wake } = context
  const jobs = makeJobs(store, now)
  const log = makeAttemptLog(store, now)
  const events = makeEvents(store, jobs)
  const emitter = makeEmitter({ ...context, jobs })
  const lifetime = makeLifetime()
  const afterAttempt: Waiters = new Set()
  const stranded = new Set<string>()
  const attempt = makeAttempt({ ...context, jobs, log, afterAttempt })
  const lanes = makeLanes({ now, wake, rests: context.schedule !== "instant" })
  const shared = { ...context, jobs, lanes, attempt, lifetime, stranded, announce: events.announce }
  const dispatch = makeDispatch({ ...shared, deliver: makeDeliver(shared) })
  // A turn later: by then the transaction that wrote the jobs is over.
  const announce = () => {
    if (events.isAwaited()) setImmediate(events.announce)
    wake()
  }
  return {
    emit: (event) => {
      const result = emitter.notice(event)
      announce()
      return result
    },
    prepare: emitter.event,
    ask: makeAsk({ ...shared, emitter, announce }),
    drain: (callId, atMost) => drain({ jobs, lifetime, afterAttempt }, callId, atMost),
    announce,
    jobs,
    attempts: log,
    events,
    nextDue: dispatch.nextDue,
    take: () => {
      if (stranded.size > 0) store.transaction(() => stranded.forEach((id) => recover(jobs, log, id)))
      stranded.clear()
      return dispatch.take()
    },
    start: () => {
      lanes.clear()
      store.transaction(() => recover(jobs, log))
    },
    stop: () => {
      stranded.clear()
      lifetime.end()
    }
  }
}

const recover = (jobs: Jobs, log: AttemptLog, jobId?: string): void => {
  log.recover(jobId)
  jobs.recover(jobId)
}

/** What `drain` looks at. */
interface DrainContext {
  readonly jobs: Jobs
  readonly lifetime: Lifetime
  readonly afterAttempt: Waiters
}

const drain = async ({ jobs, lifetime, afterAttempt }: DrainContext, callId: string, atMost: number) => {
  const signal = lifetime.signal()
  const until = performance.now() + atMost
  while (!signal.aborted && jobs.isBusy(callId) && performance.now() < until) {
    // A turn later: the job's own transaction follows its attempt.
    // oxlint-disable-next-line no-await-in-loop
    await pause(Math.max(1, until - performance.now()), signal, afterAttempt).then(turn)
  }
  return !signal.aborted
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
