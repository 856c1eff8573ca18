/**
 * What the rows of an organization say, for metrics, setup and analytics.
 */
import type { Store } from "../store/Store.ts"

/** How many rows there are, by resource. */
export const rowCounts = (store: Store, organization: string): Readonly<Record<string, number>> =>
  toRecord(
    store.all<Counted>(
      "SELECT resource AS name, n FROM row_counts WHERE org_id = ? AND n > 0 ORDER BY resource",
      organization
    )
  )

/** How many calls there are, by a field of theirs. */
export const callsBy = (
  store: Store,
  organization: string,
  field: "status" | "type" | "endedReason"
): Readonly<Record<string, number>> =>
  toRecord(
    store.all<Counted>(
      // Written out: a column is no value. It is one of three names.
      `SELECT ${field} AS name, sum(n) AS n FROM call_groups WHERE org_id = ? AND ${field} <> ''
       GROUP BY ${field} HAVING sum(n) > 0 ORDER BY ${field}`,
      organization
    )
  )

/** Sums over all calls of an organization. */
export interface CallTotals {
  readonly total: number
  /** Calls that began and ended. */
  readonly completed: number
  /** Seconds from the start to the end of those. */
  readonly seconds: number
  /** US dollars. */
  readonly cost: number
}

/** Adds up the calls of an organization. */
export const callTotals = (store: Store, organization: string): CallTotals =>
  store.get<CallTotals>(
    `SELECT count(*) AS total, count(seconds) AS completed, coalesce(sum(seconds), 0) AS seconds,
            coalesce(sum(cost), 0) AS cost
     FROM call_figures WHERE org_id = ?`,
    organization
  ) ?? { total: 0, completed: 0, seconds: 0, cost: 0 }

/** Names (or ids) of imported credentials that wait for their secrets. */
export const disabledCredentials = (store: Store, organization: string): ReadonlyArray<string> =>
  store
    .all<{ name: string }>(
      `SELECT coalesce(body ->> '$.name', id) AS name FROM resource_rows
       WHERE resource = 'credentials' AND org_id = ? AND body ->> '$.enabled' IS 0 ORDER BY seq`,
      organization
    )
    .map(({ name }) => name)

/** How many phone numbers lead to an assistant (or a squad). */
export const boundNumbers = (store: Store, organization: string): number =>
  store.get<{ n: number }>(
    `SELECT count(*) AS n FROM resource_rows WHERE resource = 'phoneNumbers' AND org_id = ?
     AND coalesce(body ->> '$.assistantId', body ->> '$.squadId') IS NOT NULL`,
    organization
  )?.n ?? 0

/** How many assistants, tools and phone numbers name a server, and endpoints are enabled: targets of webhooks. */
export const webhookTargets = (store: Store, organization: string): number =>
  store.get<{ n: number }>(
    `SELECT count(*) AS n FROM resource_rows WHERE org_id = ? AND (
       (resource IN ('assistants', 'tools', 'phoneNumbers')
         AND coalesce(body ->> '$.server.url', body ->> '$.serverUrl') IS NOT NULL)
       OR (resource = 'webhookEndpoints' AND body ->> '$.enabled' IS NOT 0))`,
    organization
  )?.n ?? 0

/** Webhook jobs of an organization by their state. */
export const outboxStats = (store: Store, organization: string): Readonly<Record<string, number>> =>
  toRecord(
    store.all<Counted>(
      "SELECT state AS name, n FROM job_counts WHERE org_id = ? AND n > 0 ORDER BY state",
      organization
    )
  )

/** A number with what is counted: `1 request was`, `2 requests were`. */
export const counted = (n: number, one: string, more: string): string => `${n} ${n === 1 ? one : more}`

interface Counted {
  readonly name: string
  readonly n: number
}

const toRecord = (rows: ReadonlyArray<Counted>) => Object.fromEntries(rows.map(({ name, n }) => [name, n]))
