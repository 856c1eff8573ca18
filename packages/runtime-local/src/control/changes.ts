/**
 * News of rows, calls, events, jobs and attempts: noted by triggers of the database, inside the transaction of the
 * change, for as long as somebody watches.
 */
import type { Store } from "../store/Store.ts"
import type { Feed, NewsType } from "./feed.ts"
import { attemptSummary, callSummary, eventSummary, jobSummary, rowSummary } from "./summaries.ts"

const note = (kind: string, columns: string) =>
  `INSERT INTO changes (kind, action, resource, id, org_id) SELECT ${kind}, ${columns};`

const rowTrigger = (action: string, row: "NEW" | "OLD") => `
CREATE TEMP TRIGGER row_${action} AFTER ${action} ON main.resource_rows BEGIN
  ${note(`iif(${row}.resource = 'calls', 'call', 'row')`, `'${action}', ${row}.resource, ${row}.id, ${row}.org_id`)}
END;`

const begin = `
CREATE TEMP TABLE changes (
  seq INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  action TEXT NOT NULL,
  resource TEXT NOT NULL,
  id TEXT NOT NULL,
  org_id TEXT NOT NULL
);
${rowTrigger("INSERT", "NEW")}
${rowTrigger("UPDATE", "NEW")}
${rowTrigger("DELETE", "OLD")}
CREATE TEMP TRIGGER event_insert AFTER INSERT ON main.webhook_events BEGIN
  ${note("'event'", "'INSERT', NEW.type, NEW.id, NEW.org_id")}
END;
CREATE TEMP TRIGGER job_insert AFTER INSERT ON main.webhook_jobs BEGIN
  ${note("'job'", "'INSERT', NEW.type, NEW.id, NEW.org_id")}
END;
CREATE TEMP TRIGGER job_update AFTER UPDATE OF state ON main.webhook_jobs BEGIN
  ${note("'job'", "'UPDATE', NEW.type, NEW.id, NEW.org_id")}
END;
CREATE TEMP TRIGGER attempt_insert AFTER INSERT ON main.webhook_attempts BEGIN
  ${note("'attempt'", "'INSERT', NEW.number, NEW.job_id, ''")}
END;
CREATE TEMP TRIGGER attempt_update AFTER UPDATE OF state ON main.webhook_attempts BEGIN
  ${note("'attempt'", "'UPDATE', NEW.number, NEW.job_id, ''")}
END;`

const triggers = ["row_insert", "row_update", "row_delete", "event_insert", "job_insert", "job_update"]

const end = `
${[...triggers, "attempt_insert", "attempt_update"].map((name) => `DROP TRIGGER IF EXISTS temp.${name};`).join("\n")}
DROP TABLE IF EXISTS temp.changes;`

interface Change {
  readonly kind: "row" | "call" | "event" | "job" | "attempt"
  readonly action: string
  readonly resource: string
  readonly id: string
  readonly organizationId: string
}

/** Changes that are told of in one turn of the event loop; what a bulk load wrote comes in several. */
const perTurn = 500

/** Publishes what changes in a store while a feed is watched; `forget` leaves out what has not been told yet. */
export const publishChanges = (store: Store, feed: Feed): { readonly forget: () => void } => {
  let pending: NodeJS.Immediate | undefined
  const request = () => {
    pending ??= setImmediate(() => {
      pending = undefined
      flush()
    })
  }
  const flush = () => {
    if (stop === undefined) return
    const changes = store.all<Change & { readonly last: number }>(
      `SELECT kind, action, resource, id, org_id AS organizationId, max(seq) AS last FROM
         (SELECT * FROM temp.changes ORDER BY seq LIMIT ${perTurn})
       GROUP BY kind, resource, id ORDER BY last`
    )
    const last = changes.at(-1)?.last
    if (last === undefined) return
    store.run("DELETE FROM temp.changes WHERE seq <= ?", last)
    for (const change of changes) feed.publish(change.kind, () => summaryOf(store, change))
  }
  let stop: (() => void) | undefined
  feed.onWatched((watched) => {
    if (watched) stop = store.watch({ begin, end }, request)
    else stop?.()
    if (!watched) stop = undefined
  })
  return { forget: () => (stop === undefined ? undefined : void store.run("DELETE FROM temp.changes")) }
}

/** As it is now: of several changes in a row the last one counts. */
const summaryOf = (store: Store, change: Change): unknown => {
  const { kind, action, resource, id, organizationId } = change
  const known: Record<Exclude<NewsType, "request" | "fault" | "clock">, () => unknown> = {
    row: () => rowSummary(store, resource, id),
    call: () => callSummary(store, id),
    event: () => eventSummary(store, id),
    job: () => jobSummary(store, id),
    attempt: () => attemptSummary(store, id, Number(resource))
  }
  const names = { INSERT: "created", UPDATE: "updated", DELETE: "deleted" }
  const what = Object.entries(names).find(([name]) => name === action)?.[1]
  const summary = known[kind]()
  return summary === undefined
    ? { id, ...(kind === "row" ? { resource } : {}), organizationId, action: "deleted" }
    : Object.assign({ action: what }, summary)
}
