/**
 * Events and their jobs, written down inside the transaction of the write that caused them.
 */
import { withoutUserInfo } from "../json/mask.ts"
import type { JsonObject } from "../json/object.ts"
import type { Store } from "../store/Store.ts"
import type { Ids } from "../time/ids.ts"
import { makeEventId } from "./eventId.ts"
import type { Jobs } from "./jobs.ts"
import { makeSweep, type Retention } from "./retention.ts"
import { safeMessage } from "./safeMessage.ts"
import { type Subject, type Target, targetsOf } from "./targets.ts"

/** An event to emit. */
export interface NewEvent extends Subject {
  /** The whole message. */
  readonly message: JsonObject
  readonly callId?: string | undefined
  /** Goes here instead of through the cascade. */
  readonly to?: string | undefined
  /** Repeats an event that was written before a restart. */
  readonly id?: string | undefined
}

/** A job as its event's author sees it. */
export interface JobSummary {
  readonly id: string
  readonly target: string
  readonly level: string
}

/** An event that was written down, and its jobs. */
export interface EmitResult {
  readonly eventId: string
  readonly jobs: ReadonlyArray<JobSummary>
}

/** What the writer of events needs. */
export interface EmitterContext {
  readonly store: Store
  readonly ids: Ids
  readonly now: () => number
  readonly jobs: Jobs
  readonly retention: Retention
}

/** Writes events; every function is one step of a transaction that the caller opens. */
export interface Emitter {
  /** Writes an event with a job for each of its targets. */
  readonly notice: (event: NewEvent) => EmitResult
  /** Writes an event with a job that waits for the answer of its first target; without one where there is no target. */
  readonly question: (event: NewEvent) => { readonly eventId: string; readonly jobId: string | undefined }
  /** Writes an event without jobs. */
  readonly event: (event: NewEvent) => string
}

/** Makes the writer of events. */
export const makeEmitter = ({ store, ids, now, jobs, retention }: EmitterContext): Emitter => {
  const newEventId = makeEventId(ids, now)
  const sweep = makeSweep(store, now, retention)

  const event = (event: NewEvent): string => {
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
    sweep()
    return eventId
  }

  const insertJob = (event: NewEvent, eventId: string, target: Target, reply: boolean): JobSummary => {
    const id = ids.uuid()
    const { organization, type, callId } = event
    jobs.insert({ id, organization, eventId, signedId: eventId, type, callId, target, reply })
    return { id, target: withoutUserInfo(target.url), level: target.level }
  }

  const targets = (event: NewEvent): ReadonlyArray<Target> =>
    event.to === undefined
      ? targetsOf(store, event)
      : [{ level: "explicit", url: event.to, endpointId: undefined, server: { url: event.to } }]

  return {
    event,
    notice: (one) => {
      const eventId = event(one)
      return { eventId, jobs: targets(one).map((target) => insertJob(one, eventId, target, false)) }
    },
    question: (one) => {
      const eventId = event(one)
      const [target] = targets(one)
      return { eventId, jobId: target === undefined ? undefined : insertJob(one, eventId, target, true).id }
    }
  }
}
