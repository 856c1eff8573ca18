/**
 * How long events are kept, with their jobs and attempts: as many as there is room for, and not for ever. What is still
 * on its way stays.
 */
import type { Store } from "../store/Store.ts"

/**
 * What is kept of what happened.
 *
 * @since 0.2.0
 * @category models
 */
export interface Retention {
  /** Events, with their webhook jobs and attempts. Default 100,000. */
  readonly events?: number | undefined
  /** Requests in the journal. Default 10,000. */
  readonly requests?: number | undefined
  /** Milliseconds of the runtime's clock that events and requests are kept. Default: 30 days. */
  readonly age?: number | undefined
}

/** 30 days. */
export const defaultAge = 2_592_000_000

const defaultEvents = 100_000

/** Events between two looks, and those that one look deletes at most: twice as many, so that it catches up. */
const interval = 256

/** Makes the function that is called, inside a transaction, for every event that is written. */
export const makeSweep = (
  store: Store,
  now: () => number,
  { events = defaultEvents, age = defaultAge }: Retention
): (() => void) => {
  let count = 0
  return () => {
    count += 1
    if (count % interval === 0) sweep(store, events, now() - age)
  }
}

const sweep = (store: Store, events: number, oldest: number): void => {
  const newest = store.get<{ seq: number | null }>("SELECT max(seq) AS seq FROM webhook_events")?.seq ?? 0
  const over = store.all<{ id: string }>(
    `SELECT id FROM webhook_events AS event WHERE (seq <= ? OR created_at < ?) AND NOT EXISTS
       (SELECT 1 FROM webhook_jobs WHERE event_id = event.id AND state IN ('pending', 'delivering', 'retrying'))
     ORDER BY seq LIMIT ?`,
    newest - events,
    oldest,
    interval * 2
  )
  const ids = JSON.stringify(over.map(({ id }) => id))
  const among = "IN (SELECT value FROM json_each(?))"
  store.run(`DELETE FROM webhook_attempts WHERE job_id IN (SELECT id FROM webhook_jobs WHERE event_id ${among})`, ids)
  store.run(`DELETE FROM webhook_jobs WHERE event_id ${among}`, ids)
  store.run(`DELETE FROM webhook_events WHERE id ${among}`, ids)
}
