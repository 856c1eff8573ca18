/**
 * The outbox: events become jobs in the transaction of the write that caused them, and jobs become deliveries.
 *
 * At least once: a job is taken down as begun before anything is sent, so a crash in the middle loses nothing, and what
 * may have arrived is marked, in the log and on the next attempt's headers.
 */
import type { Fired } from "../time/clock.ts"
import type { Ids } from "../time/ids.ts"
import type { WorkSource } from "../time/scheduler.ts"
import type { Store } from "../store/Store.ts"
import { isStoreFailure } from "../store/failure.ts"
import { objectOf, type JsonObject } from "../json/object.ts"
import { type AttemptContext, type AttemptOutcome, makeAttempt, pause } from "./attempt.ts"
import { makeEventId } from "./eventId.ts"
import { type EventBook, makeEvents } from "./events.ts"
import { type Job, type Jobs, makeJobs } from "./jobs.ts"
import { deadlineOf } from "./replies.ts"
import { safeMessage } from "./safeMessage.ts"
import { nextDelay, type WebhookSchedule } from "./schedule.ts"
import { isEnabled, type Subject, type Target, targetsOf } from "./targets.ts"

/** An event to emit. */
export interface NewEvent extends Subject {
  /** The whole message. */
  readonly message: JsonObject
  readonly callId?: string | undefined
  /** Goes here instead of through the cascade. */
  readonly to?: string | undefined
  /** Repeats an event that was asked before a restart. */
  readonly id?: string | undefined
}

/** An event that was written down. */
export interface Emitted {
  readonly eventId: string
  readonly jobs: ReadonlyArray<{ readonly id: string; readonly target: string; readonly level: string }>
}

/** What came of a question. */
export interface Asked {
  readonly eventId: string
  /** `undefined` when no server is configured. */
  readonly jobId: string | undefined
  readonly outcome: AttemptOutcome | undefined
}

/** The outbox of a runtime. */
export interface Outbox extends WorkSource {
  /** Writes an event and its jobs; call it inside the transaction of the write that caused it. */
  readonly emit: (event: NewEvent) => Emitted
  /** Writes an event without jobs, so that `ask` can send it under this id, again after a restart. */
  readonly prepare: (event: NewEvent) => string
  /** Sends an event now and waits for the answer, up to its deadline, in real time. */
  readonly ask: (event: NewEvent) => Promise<Asked>
  /**
   * Resolves when the first attempts of a call's events are over, or after `most` milliseconds; with `false` when the
   * runtime stops meanwhile.
   */
  readonly settled: (callId: string, most: number) => Promise<boolean>
  /** Says, inside a transaction, that jobs were written. */
  readonly announce: () => void
  readonly jobs: Jobs
  readonly events: EventBook
  /** Picks up what a dead process left, and goes on. */
  readonly start: () => void
  /** Cuts what is being sent; nothing is written afterwards. */
  readonly stop: () => void
}

/** What the outbox works with. */
export interface OutboxContext extends Omit<AttemptContext, "jobs" | "isStopped" | "delivered"> {
  readonly store: Store
  readonly ids: Ids
  readonly now: () => number
  readonly schedule: WebhookSchedule
  /** `"shuffled"` starts what is due together in any order, to find receivers that count on one. */
  readonly order: "created" | "shuffled"
  readonly random: () => number
  readonly wake: () => void
}

/** Deliveries at a time. */
const concurrency = 16

/** Milliseconds for a notice, all of it. */
const noticeTimeout = 30_000

/** A connection that is refused within this time is tried once more at once. */
const instantMillis = 1000

/** An endpoint that has failed for so long is switched off. */
const hopelessMillis = 120 * 3_600_000

/** Makes an outbox; nothing is sent before `start`. */
export const makeOutbox = (context: OutboxContext): Outbox => {
  const { store, ids, now, random, wake } = context
  const jobs = makeJobs(store, now)
  const events = makeEvents(store, jobs)
  const newEventId = makeEventId(ids, now)
  let generation = 0
  let inFlight = 0
  let cut = new AbortController()
  const delivered = new Set<() => void>()
  /** Jobs under which the store failed: they go on when it works. */
  const stranded = new Set<string>()
  const attempt = makeAttempt({ ...context, jobs, delivered, isStopped: (begun) => begun !== generation })

  const announce = () => {
    setImmediate(events.announce)
    wake()
  }

  const insertEvent = (event: NewEvent): string => {
    if (event.id !== undefined) return event.id
    const eventId = newEventId()
    store.run(
      "INSERT INTO webhook_events (id, org_id, type, call_id, body, created_at) VALUES (?, ?, ?, ?, ?, ?)",
      eventId,
      event.organization,
      event.type,
      event.callId ?? null,
      JSON.stringify({ message: safeMessage(event.message) }),
      now()
    )
    return eventId
  }

  const insertJob = (event: NewEvent, eventId: string, target: Target, reply: boolean) => {
    const id = ids.uuid()
    const { organization, type, callId } = event
    jobs.insert({ id, organization, eventId, signedId: eventId, type, callId, target, reply })
    return { id, target: target.url, level: target.level }
  }

  const resolveTargets = (event: NewEvent): ReadonlyArray<Target> =>
    event.to === undefined
      ? targetsOf(store, event)
      : [{ level: "explicit", url: event.to, endpointId: undefined, server: { url: event.to } }]

  const emit = (event: NewEvent): Emitted => {
    const eventId = insertEvent(event)
    const written = resolveTargets(event).map((target) => insertJob(event, eventId, target, false))
    announce()
    return { eventId, jobs: written }
  }

  const ask = async (event: NewEvent): Promise<Asked> => {
    const begun = generation
    const { signal } = cut
    const { eventId, job } = store.transaction(() => {
      const eventId = insertEvent(event)
      const [target] = resolveTargets(event)
      return { eventId, job: target === undefined ? undefined : insertJob(event, eventId, target, true) }
    })
    announce()
    const stored = job === undefined ? undefined : jobs.get(job.id)
    if (stored === undefined) return { eventId, jobId: undefined, outcome: undefined }
    try {
      return { eventId, jobId: stored.id, outcome: await askUntil(stored, begun, signal) }
    } catch (error) {
      if (begun === generation) stranded.add(stored.id)
      throw error
    }
  }

  const askUntil = async (stored: Job, begun: number, signal: AbortSignal): Promise<AttemptOutcome> => {
    const until = performance.now() + deadlineOf(stored.type, serverOf(stored))
    for (let failures = 1; ; failures++) {
      const timeout = Math.max(1, until - performance.now())
      // One attempt after the other: a question is never asked twice at a time.
      // oxlint-disable-next-line no-await-in-loop
      const outcome = await attempt(stored, { timeout, begun, signal })
      if (outcome.type === "stopped") return outcome
      const wait = outcome.type === "failed" ? askAgainAfter(stored, outcome, failures) : undefined
      if (wait === undefined || performance.now() + wait >= until) {
        store.transaction(() => jobs.set(stored.id, outcome.type === "succeeded" ? "succeeded" : "dead", null))
        events.announce()
        return outcome
      }
      // oxlint-disable-next-line no-await-in-loop
      await pause(wait, signal)
      if (begun !== generation) return { type: "stopped" }
    }
  }

  /** A question is repeated only where its server has a plan for that. */
  const askAgainAfter = (job: Job, outcome: AttemptOutcome & { readonly type: "failed" }, failures: number) => {
    const { backoffPlan } = serverOf(job)
    if (backoffPlan === undefined || outcome.permanent) return undefined
    const schedule = context.schedule === "instant" ? "instant" : []
    const delay = nextDelay({ schedule, backoffPlan, failures, failure: outcome.failure, random: random(), now: 0 })
    return delay
  }

  const deliver = async (job: Job): Promise<Fired> => {
    const fired: Fired = { kind: "webhook", id: job.id, what: job.type, at: new Date(now()).toISOString() }
    const begun = generation
    if (job.endpointId !== null && !isEnabled(store, job.endpointId)) {
      store.transaction(() => jobs.set(job.id, "cancelled", null))
      return fired
    }
    inFlight += 1
    try {
      const outcome = await attempt(job, { timeout: noticeTimeout, begun, signal: cut.signal })
      if (outcome.type !== "stopped") store.transaction(() => settle(job, outcome))
    } catch (error) {
      if (begun === generation && isStoreFailure(error)) stranded.add(job.id)
      // A defect of this package: without this its job would be under way for ever.
      else if (begun === generation) store.transaction(() => jobs.set(job.id, "dead", null))
      throw error
    } finally {
      inFlight -= 1
    }
    if (begun === generation) events.announce()
    return fired
  }

  const settle = (job: Job, outcome: Exclude<AttemptOutcome, { readonly type: "stopped" }>) => {
    if (outcome.type === "succeeded") {
      jobs.set(job.id, "succeeded", null)
      return
    }
    const { failure, permanent, ms } = outcome
    if (
      failure.kind === "connection" &&
      job.instant === 0 &&
      outcome.refused &&
      ms < instantMillis &&
      job.reply === 0
    ) {
      jobs.failed(job.id, { instant: true })
      jobs.set(job.id, "retrying", now())
      return
    }
    jobs.failed(job.id, { instant: false })
    const failures = job.failures + 1
    const { backoffPlan } = serverOf(job)
    const delay =
      permanent || job.reply === 1
        ? undefined
        : nextDelay({
            schedule: context.schedule,
            backoffPlan,
            failures,
            failure,
            random: random(),
            now: Date.now()
          })
    if (delay === undefined) jobs.set(job.id, "dead", null)
    else jobs.set(job.id, "retrying", now() + delay)
    if (job.endpointId !== null) switchOffIfHopeless(job.endpointId)
  }

  const switchOffIfHopeless = (endpointId: string) => {
    const failing = store.get<{ since: number | null }>(
      `SELECT min(created_at) AS since FROM webhook_jobs WHERE endpoint_id = ? AND failures > 0 AND created_at > coalesce(
         (SELECT max(updated_at) FROM webhook_jobs WHERE endpoint_id = ? AND state = 'succeeded'), 0)`,
      endpointId,
      endpointId
    )
    if (typeof failing?.since !== "number" || now() - failing.since < hopelessMillis) return
    store.run(
      `UPDATE resource_rows SET body = json_set(body, '$.enabled', json('false'), '$.updatedAt', ?), updated_at = ?,
         version = version + 1 WHERE resource = 'webhookEndpoints' AND id = ?`,
      new Date(now()).toISOString(),
      now(),
      endpointId
    )
  }

  const take = () => {
    if (stranded.size > 0) store.transaction(() => stranded.forEach((id) => jobs.recover(id)))
    stranded.clear()
    const room = concurrency - inFlight
    if (room <= 0) return []
    if (context.order === "created") return jobs.due(room, true).map(deliver)
    return shuffle([...jobs.due(1000, false)], random)
      .slice(0, room)
      .map(deliver)
  }

  return {
    emit,
    prepare: insertEvent,
    ask,
    announce,
    jobs,
    events,
    take,
    nextDue: jobs.nextDue,
    settled: async (callId, most) => {
      const { signal } = cut
      const until = performance.now() + most
      while (!signal.aborted && jobs.isBusy(callId) && performance.now() < until) {
        // A turn later: the job's own transaction follows its attempt.
        // oxlint-disable-next-line no-await-in-loop
        await pause(Math.max(1, until - performance.now()), signal, delivered).then(turn)
      }
      return !signal.aborted
    },
    start: () => store.transaction(() => jobs.recover()),
    stop: () => {
      generation += 1
      stranded.clear()
      cut.abort()
      cut = new AbortController()
    }
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** The server object of a job. */
export const serverOf = (job: Job): JsonObject => objectOf(JSON.parse(job.server))

const shuffle = <A>(items: Array<A>, random: () => number): Array<A> => {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const [a, b] = [items[last], items[other]]
    if (a !== undefined && b !== undefined) [items[last], items[other]] = [b, a]
  }
  return items
}
