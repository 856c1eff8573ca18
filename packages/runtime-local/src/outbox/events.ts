/**
 * The events that a runtime emitted, for tests to look at and to wait for.
 */
import type { SQLInputValue } from "node:sqlite"
import { objectAt, type JsonObject } from "../json/object.ts"
import type { Store } from "../store/Store.ts"
import { Stopped } from "../time/clock.ts"
import { pause } from "../time/pause.ts"
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
   * with the types that did come and how often, or when the runtime is closed.
   */
  readonly expect: (
    type: string,
    options?: Omit<EventFilter, "type"> & { readonly timeout?: number | undefined }
  ) => Promise<EmittedEvent>
}

/** An event without its message. */
export interface EventHead extends Omit<EmittedEvent, "message" | "jobs" | "createdAt"> {
  readonly seq: number
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Bytes of its message as JSON. */
  readonly bytes: number
}

/** A part of the events, oldest first. */
export interface EventWindow extends Omit<EventFilter, "where"> {
  readonly after?: number | undefined
  readonly limit: number
}

/** Events a page at a time. */
export interface EventPages {
  readonly page: (window: EventWindow) => ReadonlyArray<EventHead>
  readonly read: (head: EventHead) => EmittedEvent
  readonly find: (id: string) => EmittedEvent | undefined
  /** Resolves when there is one behind `after`, when the time is over, or when the signal aborts. */
  readonly wait: (window: Omit<EventWindow, "limit">, milliseconds: number, signal: AbortSignal) => Promise<void>
}

/** Events with the side that tells the waiting about news. */
export interface EventBook extends Events, EventPages {
  readonly announce: () => void
  /** Whether anybody waits for one. */
  readonly isAwaited: () => boolean
  /** Nothing more will come: whoever waits hears that at once. */
  readonly close: () => void
}

/** Somebody who waits for an event. */
interface Waiter {
  readonly offer: (heads: ReadonlyArray<EventHead>) => void
  readonly end: (reason: Error) => void
}

/** Events that are read in one turn of the event loop. */
const perTurn = 500

/** Events over a store. */
export const makeEvents = (store: Store, jobs: Jobs): EventBook => {
  const waiting = new Set<Waiter>()
  const pages = makePages(store, jobs)
  let last = 0

  /** Reads once what is new, for all that wait. */
  const announce = () => {
    while (waiting.size > 0) {
      const heads = pages.page({ after: last, limit: perTurn })
      last = heads.at(-1)?.seq ?? last
      if (heads.length > 0) for (const waiter of waiting) waiter.offer(heads)
      if (heads.length < perTurn) return
    }
  }
  const join = (waiter: Waiter): (() => void) => {
    announce()
    last = store.get<{ seq: number | null }>("SELECT max(seq) AS seq FROM webhook_events")?.seq ?? 0
    waiting.add(waiter)
    return () => waiting.delete(waiter)
  }
  return {
    ...pages,
    list: ({ where, ...filter } = {}) => {
      const events = pages.page({ ...filter, limit: -1 }).map(pages.read)
      return where === undefined ? events : events.filter((event) => where(event.message, event))
    },
    announce,
    isAwaited: () => waiting.size > 0,
    close: () => {
      for (const { end } of waiting) end(new Stopped("The runtime was closed"))
    },
    expect: (type, options = {}) => expectEvent(store, pages, join, { ...options, type }),
    wait: async (window, milliseconds, signal) => {
      const arrivals = new Set<() => void>()
      const notify = () => {
        for (const arrival of arrivals) arrival()
      }
      const fits = (head: EventHead) => matches(window, head)
      const leave = join({ offer: (heads) => (heads.some(fits) ? notify() : undefined), end: notify })
      try {
        // What came before it joined is there to be seen.
        if (pages.page({ ...window, limit: 1 }).length === 0) await pause(milliseconds, signal, arrivals)
      } finally {
        leave()
      }
    }
  }
}

const matches = ({ type, callId, organizationId }: Omit<EventFilter, "where">, head: EventHead): boolean =>
  (type === undefined || type === head.type) &&
  (callId === undefined || callId === head.callId) &&
  (organizationId === undefined || organizationId === head.organizationId)

interface Expected extends EventFilter {
  readonly type: string
  readonly timeout?: number | undefined
}

const expectEvent = (
  store: Store,
  pages: Omit<EventPages, "wait">,
  join: (waiter: Waiter) => () => void,
  { timeout = 5000, where, ...filter }: Expected
): Promise<EmittedEvent> =>
  new Promise((resolve, reject) => {
    let isOver = false
    let early: Array<EventHead> | undefined = []
    const over = () => {
      isOver = true
      clearTimeout(timer)
      leave()
    }
    const end = (reason: unknown) => {
      over()
      reject(reason)
    }
    // Called from the event loop's own turns, where a throw would end the process.
    const attempt = (f: () => void) => {
      try {
        if (!isOver) f()
      } catch (error) {
        end(error)
      }
    }
    const look = (heads: ReadonlyArray<EventHead>) => {
      for (const head of heads) {
        if (!matches(filter, head)) continue
        const event = pages.read(head)
        if (where !== undefined && !where(event.message, event)) continue
        over()
        return resolve(event)
      }
    }
    /** From the first event on, in turns; what comes meanwhile waits. */
    const search = (after: number) =>
      attempt(() => {
        const heads = pages.page({ ...filter, after, limit: perTurn })
        look(heads)
        if (isOver) return
        if (heads.length === perTurn) return void setImmediate(() => search(heads.at(-1)?.seq ?? after))
        look(early ?? [])
        early = undefined
      })
    const timer = setTimeout(() => attempt(() => end(missing(store, filter, timeout))), timeout)
    const leave = join({
      offer: (heads) => attempt(() => (early === undefined ? look(heads) : void early.push(...heads))),
      end
    })
    search(0)
  })

/** Says what came instead. */
const missing = (store: Store, { type, ...filter }: Expected, timeout: number): Error => {
  const { where, values } = conditionOf(filter)
  const types = store.all<{ type: string; n: number }>(
    `SELECT type, count(*) AS n FROM webhook_events WHERE ${where} GROUP BY type ORDER BY min(seq)`,
    ...values
  )
  const counts = types.map((one) => (one.n === 1 ? one.type : `${one.type} (${one.n})`)).join(", ")
  return new Error(`No matching ${type} event within ${timeout} ms; there were: ${counts || "none"}`)
}

const conditionOf = ({ type, callId, organizationId, after }: Omit<EventWindow, "limit">) => {
  const conditions: ReadonlyArray<readonly [sql: string, value: SQLInputValue | undefined]> = [
    ["type = ?", type],
    ["call_id = ?", callId],
    ["org_id = ?", organizationId],
    ["seq > ?", after]
  ]
  const terms = conditions.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, value }]))
  return { where: ["1", ...terms.map(({ sql }) => sql)].join(" AND "), values: terms.map(({ value }) => value) }
}

type StoredHead = Omit<EventHead, "callId"> & { readonly callId: string | null }

const columns = `seq, id, org_id AS organizationId, type, call_id AS callId, created_at AS createdAt,
  octet_length(body) AS bytes`

const makePages = (store: Store, jobs: Jobs): Omit<EventPages, "wait"> => {
  const headOf = (row: StoredHead): EventHead => ({ ...row, callId: row.callId ?? undefined })
  const read = ({ seq, id, organizationId, type, callId, createdAt }: EventHead): EmittedEvent => {
    const body = store.get<{ body: string }>("SELECT body FROM webhook_events WHERE seq = ?", seq)?.body ?? "{}"
    return {
      id,
      organizationId,
      type,
      callId,
      createdAt: new Date(createdAt).toISOString(),
      message: objectAt(JSON.parse(body), "message") ?? {},
      jobs: jobs.ofEvent(id).map((job) => ({ id: job.id, target: job.target, state: job.state }))
    }
  }
  return {
    read,
    page: ({ limit, ...window }) => {
      const { where, values } = conditionOf(window)
      return store
        .all<StoredHead>(`SELECT ${columns} FROM webhook_events WHERE ${where} ORDER BY seq LIMIT ?`, ...values, limit)
        .map(headOf)
    },
    find: (id) => {
      const row = store.get<StoredHead>(`SELECT ${columns} FROM webhook_events WHERE id = ?`, id)
      return row === undefined ? undefined : read(headOf(row))
    }
  }
}
