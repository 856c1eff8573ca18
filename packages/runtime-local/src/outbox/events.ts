/**
 * The events that a runtime emitted, for tests to look at and to wait for.
 */
import { Stopped } from "../time/clock.ts"
import type { Store } from "../store/Store.ts"
import { objectAt, type JsonObject } from "../json/object.ts"
import type { Jobs, JobState } from "./jobs.ts"

/**
 * An event that the runtime emitted, whether or not a target was configured for it.
 *
 * @since 0.1.0
 * @category models
 */
export interface EmittedEvent {
  /** `evt_` and a ULID. */
  readonly id: string
  readonly organizationId: string
  readonly type: string
  readonly callId: string | undefined
  /** ISO 8601, on the runtime's clock. */
  readonly createdAt: string
  readonly message: JsonObject
  /** Where it goes, and how far that is, at the time of the look. */
  readonly jobs: ReadonlyArray<{ readonly id: string; readonly target: string; readonly state: JobState }>
}

/**
 * Which events to look at.
 *
 * @since 0.1.0
 * @category models
 */
export interface EventFilter {
  readonly type?: string | undefined
  readonly callId?: string | undefined
  readonly organizationId?: string | undefined
  readonly where?: ((message: JsonObject, event: EmittedEvent) => boolean) | undefined
}

/**
 * The events of a runtime.
 *
 * @since 0.1.0
 * @category models
 */
export interface Events {
  /** Events in the order in which they were emitted. */
  readonly list: (filter?: EventFilter) => ReadonlyArray<EmittedEvent>
  /**
   * The first event of a type, emitted already or within `timeout` milliseconds of real time (default 5,000). Rejects
   * with the types that did come, or when the runtime is closed.
   */
  readonly expect: (
    type: string,
    options?: Omit<EventFilter, "type"> & { readonly timeout?: number | undefined }
  ) => Promise<EmittedEvent>
}

/** Events with the side that tells the waiting about news. */
export interface EventBook extends Events {
  readonly announce: () => void
  /** Nothing more will come: whoever waits hears that at once. */
  readonly close: () => void
}

interface Stored {
  readonly id: string
  readonly organizationId: string
  readonly type: string
  readonly callId: string | null
  readonly createdAt: number
  readonly body: string
}

/** Events over a store. */
export const makeEvents = (store: Store, jobs: Jobs): EventBook => {
  const waiting = new Map<() => void, (reason: Error) => void>()
  const list: Events["list"] = ({ type, callId, organizationId, where } = {}) =>
    store
      .all<Stored>(
        `SELECT id, org_id AS organizationId, type, call_id AS callId, created_at AS createdAt, body
         FROM webhook_events WHERE (? IS NULL OR type = ?) AND (? IS NULL OR call_id = ?) AND (? IS NULL OR org_id = ?)
         ORDER BY seq`,
        type ?? null,
        type ?? null,
        callId ?? null,
        callId ?? null,
        organizationId ?? null,
        organizationId ?? null
      )
      .map((row) => read(row, jobs))
      .filter((event) => where === undefined || where(event.message, event))
  return {
    list,
    announce: () => {
      for (const look of waiting.keys()) look()
    },
    close: () => {
      for (const end of waiting.values()) end(new Stopped("The runtime was closed"))
    },
    expect: (type, { timeout = 5000, ...filter } = {}) =>
      new Promise((resolve, reject) => {
        const over = () => {
          clearTimeout(timer)
          waiting.delete(look)
        }
        const end = (reason: unknown) => {
          over()
          reject(reason)
        }
        // Called from the event loop's own turns, where a throw would end the process.
        const attempt = (f: () => void) => {
          try {
            f()
          } catch (error) {
            end(error)
          }
        }
        const look = () =>
          attempt(() => {
            const [event] = list({ ...filter, type })
            if (event === undefined) return
            over()
            resolve(event)
          })
        const timer = setTimeout(
          () =>
            attempt(() => {
              const types = list().map((event) => event.type)
              throw new Error(
                `No matching ${type} event within ${timeout} ms; there were: ${types.join(", ") || "none"}`
              )
            }),
          timeout
        )
        waiting.set(look, end)
        look()
      })
  }
}

const read = (row: Stored, jobs: Jobs): EmittedEvent => {
  return {
    id: row.id,
    organizationId: row.organizationId,
    type: row.type,
    callId: row.callId ?? undefined,
    createdAt: new Date(row.createdAt).toISOString(),
    message: objectAt(JSON.parse(row.body), "message") ?? {},
    jobs: jobs.ofEvent(row.id).map((job) => ({ id: job.id, target: job.url, state: job.state }))
  }
}
