/**
 * Attempts in the database: written down before anything is sent, and again when their answer is there.
 */
import type { Store } from "../store/Store.ts"
import type { Job } from "./jobs.ts"

/** A stored attempt. */
export interface AttemptRow {
  readonly number: number
  readonly state: "started" | "answered" | "failed" | "interrupted"
  readonly startedAt: number
  readonly ms: number | null
  readonly requestHeaders: string
  readonly status: number | null
  readonly responseHeaders: string | null
  readonly responseBody: string | null
  readonly error: string | null
  readonly fault: string | null
  readonly mayHaveArrived: number
}

/** What an attempt came to. */
export interface AttemptResult {
  readonly state: "answered" | "failed"
  readonly ms: number
  readonly status?: number | undefined
  readonly responseHeaders?: string | undefined
  readonly responseBody?: string | undefined
  readonly error?: string | undefined
  readonly mayHaveArrived: boolean
}

/** The attempts of a runtime. */
export type AttemptLog = ReturnType<typeof makeAttemptLog>

/** Attempts over a store. Every function is one step of a transaction that the caller opens. */
export const makeAttemptLog = (store: Store, now: () => number) => ({
  /** Writes down that an attempt begins; gives its number. */
  begin: (jobId: string, fault: string | undefined): number => {
    store.run(
      "UPDATE webhook_jobs SET state = 'delivering', next_at = NULL, attempts = attempts + 1, updated_at = ? WHERE id = ?",
      now(),
      jobId
    )
    const number = store.get<{ n: number }>("SELECT attempts AS n FROM webhook_jobs WHERE id = ?", jobId)?.n ?? 1
    store.run(
      "INSERT INTO webhook_attempts (job_id, number, state, started_at, fault) VALUES (?, ?, 'started', ?, ?)",
      jobId,
      number,
      now(),
      fault ?? null
    )
    return number
  },
  headers: (jobId: string, number: number, headers: string) =>
    store.run(
      "UPDATE webhook_attempts SET request_headers = ? WHERE job_id = ? AND number = ?",
      headers,
      jobId,
      number
    ),
  end: (jobId: string, number: number, result: AttemptResult) =>
    store.run(
      `UPDATE webhook_attempts SET state = ?, ms = ?, status = ?, response_headers = ?, response_body = ?, error = ?,
         may_have_arrived = ? WHERE job_id = ? AND number = ?`,
      result.state,
      result.ms,
      result.status ?? null,
      result.responseHeaders ?? null,
      result.responseBody ?? null,
      result.error ?? null,
      result.mayHaveArrived ? 1 : 0,
      jobId,
      number
    ),
  /** Whether an earlier attempt under the same signed id may have reached the same receiver. */
  mayHaveArrived: (job: Job): boolean =>
    store.get(
      `SELECT 1 FROM webhook_attempts WHERE may_have_arrived = 1 AND job_id IN
         (SELECT id FROM webhook_jobs WHERE event_id = ? AND signed_id = ? AND url = ?) LIMIT 1`,
      job.eventId,
      job.signedId,
      job.url
    ) !== undefined,
  ofJob: (jobId: string): ReadonlyArray<AttemptRow> =>
    store.all<AttemptRow>(
      `SELECT number, state, started_at AS startedAt, ms, request_headers AS requestHeaders, status,
         response_headers AS responseHeaders, response_body AS responseBody, error, fault,
         may_have_arrived AS mayHaveArrived FROM webhook_attempts WHERE job_id = ? ORDER BY number`,
      jobId
    ),
  /** After a start, or of one job when the store failed under it: an attempt that was under way may have arrived. */
  recover: (jobId?: string) => {
    const [condition, values] = jobId === undefined ? ["", []] : [" AND job_id = ?", [jobId]]
    store.run(
      `UPDATE webhook_attempts SET state = 'interrupted', may_have_arrived = 1,
         error = 'The runtime stopped during this attempt: it may have arrived'
       WHERE state = 'started'${condition}`,
      ...values
    )
  }
})
