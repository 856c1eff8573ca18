/**
 * Jobs and attempts in the database: who writes them, who claims them, what becomes of them.
 */
import type { Store } from "../store/Store.ts"
import type { Level, Target } from "./targets.ts"

/** States of a job. */
export type JobState = "pending" | "delivering" | "succeeded" | "retrying" | "dead" | "cancelled"

/** A stored job. */
export interface Job {
  readonly seq: number
  readonly id: string
  readonly organization: string
  readonly eventId: string
  /** What goes into `webhook-id`: the event's id, or a replay's own. */
  readonly signedId: string
  readonly type: string
  readonly callId: string | null
  readonly endpointId: string | null
  readonly level: Level
  readonly url: string
  /** JSON of the server object. */
  readonly server: string
  readonly state: JobState
  /** 1 when the runtime waits for the answer: such a job is sent at once or never. */
  readonly reply: number
  readonly attempts: number
  readonly failures: number
  /** 1 when the instant retry of a refused connection was used. */
  readonly instant: number
  readonly nextAt: number | null
  readonly replayOf: string | null
  readonly createdAt: number
  readonly updatedAt: number
}

/** A stored attempt. */
export interface Attempt {
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

const jobColumns = `seq, id, org_id AS organization, event_id AS eventId, signed_id AS signedId, type,
  call_id AS callId, endpoint_id AS endpointId, level, url, server, state, reply, attempts, failures, instant,
  next_at AS nextAt, replay_of AS replayOf, created_at AS createdAt, updated_at AS updatedAt`

const attemptColumns = `number, state, started_at AS startedAt, ms, request_headers AS requestHeaders, status,
  response_headers AS responseHeaders, response_body AS responseBody, error, fault,
  may_have_arrived AS mayHaveArrived`

/** A job to write. */
export interface NewJob {
  readonly id: string
  readonly organization: string
  readonly eventId: string
  readonly signedId: string
  readonly type: string
  readonly callId: string | undefined
  readonly target: Target
  readonly reply: boolean
  readonly replayOf?: string | undefined
}

/** The jobs of a runtime. */
export type Jobs = ReturnType<typeof makeJobs>

/** Jobs over a store. Every function is one step of a transaction that the caller opens. */
export const makeJobs = (store: Store, now: () => number) => {
  const get = (id: string) => store.get<Job>(`SELECT ${jobColumns} FROM webhook_jobs WHERE id = ?`, id)
  const set = (id: string, state: JobState, nextAt: number | null) =>
    store.run("UPDATE webhook_jobs SET state = ?, next_at = ?, updated_at = ? WHERE id = ?", state, nextAt, now(), id)
  return {
    get,
    set,
    insert: (job: NewJob) => {
      store.run(
        `INSERT INTO webhook_jobs (id, org_id, event_id, signed_id, type, call_id, endpoint_id, level, url, server,
           state, reply, ordered, next_at, replay_of, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        job.id,
        job.organization,
        job.eventId,
        job.signedId,
        job.type,
        job.callId ?? null,
        job.target.endpointId ?? null,
        job.target.level,
        job.target.url,
        JSON.stringify(job.target.server),
        // A job that is asked for an answer is not for the dispatcher: its asker sends it.
        job.reply ? "delivering" : "pending",
        job.reply ? 1 : 0,
        job.reply || job.replayOf !== undefined ? 0 : 1,
        job.reply ? null : now(),
        job.replayOf ?? null,
        now(),
        now()
      )
    },
    /**
     * Jobs that are due. With `ordered`, the first attempt of a job waits for the first attempts of the earlier jobs
     * of its call and target; what is being retried holds nobody up.
     */
    due: (limit: number, ordered: boolean): ReadonlyArray<Job> =>
      store.all<Job>(
        `SELECT ${jobColumns} FROM webhook_jobs AS job
         WHERE state IN ('pending', 'retrying') AND next_at <= ? ${
           ordered
             ? `AND NOT EXISTS (SELECT 1 FROM webhook_jobs AS earlier WHERE earlier.call_id = job.call_id
                AND earlier.url = job.url AND earlier.seq < job.seq AND earlier.ordered = 1
                AND (earlier.state = 'pending' OR (earlier.state = 'delivering' AND earlier.failures = 0)))`
             : ""
         }
         ORDER BY next_at, seq LIMIT ?`,
        now(),
        limit
      ),
    nextDue: (after = -1): number | undefined =>
      store.get<{ at: number | null }>(
        "SELECT min(next_at) AS at FROM webhook_jobs WHERE state IN ('pending', 'retrying') AND next_at > ?",
        after
      )?.at ?? undefined,
    /** Whether a call has first attempts that are not over. */
    isBusy: (callId: string): boolean =>
      store.get(
        `SELECT 1 FROM webhook_jobs WHERE call_id = ? AND reply = 0 AND ordered = 1
         AND state IN ('pending', 'delivering') AND failures = 0 LIMIT 1`,
        callId
      ) !== undefined,
    /** Lets later jobs of the same call pass this one. */
    unorder: (id: string) => store.run("UPDATE webhook_jobs SET ordered = 0 WHERE id = ?", id),
    /** Writes down that an attempt begins, before anything is sent; gives its number. */
    begin: (id: string, fault: string | undefined): number => {
      store.run(
        "UPDATE webhook_jobs SET state = 'delivering', next_at = NULL, attempts = attempts + 1, updated_at = ? WHERE id = ?",
        now(),
        id
      )
      const number = get(id)?.attempts ?? 1
      store.run(
        "INSERT INTO webhook_attempts (job_id, number, state, started_at, fault) VALUES (?, ?, 'started', ?, ?)",
        id,
        number,
        now(),
        fault ?? null
      )
      return number
    },
    headers: (id: string, number: number, headers: string) =>
      store.run("UPDATE webhook_attempts SET request_headers = ? WHERE job_id = ? AND number = ?", headers, id, number),
    end: (id: string, number: number, result: AttemptResult) =>
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
        id,
        number
      ),
    failed: (id: string, options: { readonly instant: boolean }) =>
      store.run(
        `UPDATE webhook_jobs SET ${options.instant ? "instant = 1" : "failures = failures + 1"} WHERE id = ?`,
        id
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
    attempts: (id: string): ReadonlyArray<Attempt> =>
      store.all<Attempt>(`SELECT ${attemptColumns} FROM webhook_attempts WHERE job_id = ? ORDER BY number`, id),
    lastAttempt: (id: string): Attempt | undefined =>
      store.get<Attempt>(
        `SELECT ${attemptColumns} FROM webhook_attempts WHERE job_id = ? ORDER BY number DESC LIMIT 1`,
        id
      ),
    ofEvent: (eventId: string): ReadonlyArray<Job> =>
      store.all<Job>(`SELECT ${jobColumns} FROM webhook_jobs WHERE event_id = ? ORDER BY seq`, eventId),
    /**
     * After a start, or of one job when the store failed under it: an attempt that was under way may have arrived. It
     * is marked so, and its job goes on; whoever waited for an answer is gone.
     */
    recover: (id?: string) => {
      const [attempt, job, values] = id === undefined ? ["", "", []] : [" AND job_id = ?", " AND id = ?", [id]]
      store.run(
        `UPDATE webhook_attempts SET state = 'interrupted', may_have_arrived = 1,
           error = 'The runtime stopped during this attempt: it may have arrived'
         WHERE state = 'started'${attempt}`,
        ...values
      )
      store.run(
        `UPDATE webhook_jobs SET state = iif(reply = 1, 'dead', 'retrying'), next_at = iif(reply = 1, NULL, ?),
           updated_at = ? WHERE state = 'delivering'${job}`,
        now(),
        now(),
        ...values
      )
    }
  }
}
