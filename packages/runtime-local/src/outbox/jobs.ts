/**
 * Jobs in the database: each brings one event to one target.
 */
import { withoutUserInfo } from "../json/mask.ts"
import { objectOf, type JsonObject } from "../json/object.ts"
import type { Store } from "../store/Store.ts"
import type { Level, Target } from "./targets.ts"

/** States of a job. */
export const jobStates = ["pending", "delivering", "succeeded", "retrying", "dead", "cancelled"] as const

/** The state of a job. */
export type JobState = (typeof jobStates)[number]

/** A stored job. */
export interface Job {
  readonly seq: number
  readonly id: string
  readonly organization: string
  /** Host and port of the target: deliveries of an organization to one host share a lane. */
  readonly host: string
  readonly eventId: string
  /** What goes into `webhook-id`: the event's id, or a replay's own. */
  readonly signedId: string
  readonly type: string
  readonly callId: string | null
  readonly endpointId: string | null
  readonly level: Level
  readonly url: string
  /** The URL as it may be shown. */
  readonly target: string
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

/** The jobs of one organization for one host. */
export interface Lane {
  readonly organization: string
  readonly host: string
}

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

const columns = `seq, id, org_id AS organization, host, event_id AS eventId, signed_id AS signedId, type,
  call_id AS callId, endpoint_id AS endpointId, level, url,
  coalesce(target, url) AS target, server, state, reply, attempts, failures, instant,
  next_at AS nextAt, replay_of AS replayOf, created_at AS createdAt, updated_at AS updatedAt`

/** As the index of the lanes has it, word for word: else SQLite would not use it. */
const waiting = "state IN ('pending', 'retrying')"

/** The planner would sort all that waits; a query that cannot use the index fails. */
const byLane = "INDEXED BY webhook_jobs_lane"

/** The first attempt of a job waits for the first attempts of the earlier jobs of its call and target. */
const inOrder = `AND NOT EXISTS (SELECT 1 FROM webhook_jobs AS earlier WHERE earlier.call_id = job.call_id
  AND earlier.url = job.url AND earlier.seq < job.seq AND earlier.ordered = 1
  AND (earlier.state = 'pending' OR (earlier.state = 'delivering' AND earlier.failures = 0)))`

/** The server object of a job. */
export const serverOf = (job: Job): JsonObject => objectOf(JSON.parse(job.server))

/** The jobs of a runtime. */
export type Jobs = ReturnType<typeof makeJobs>

/** Jobs over a store. Every function is one step of a transaction that the caller opens. */
export const makeJobs = (store: Store, now: () => number) => ({
  get: (id: string) => store.get<Job>(`SELECT ${columns} FROM webhook_jobs WHERE id = ?`, id),
  set: (id: string, state: JobState, nextAt: number | null) =>
    store.run("UPDATE webhook_jobs SET state = ?, next_at = ?, updated_at = ? WHERE id = ?", state, nextAt, now(), id),
  insert: (job: NewJob) => insertJob(store, job, now()),
  /** The lane after another one, of those in which a job waits; `undefined` after the last. */
  laneAfter: ({ organization, host }: Lane): Lane | undefined =>
    store.get<Lane>(
      `SELECT org_id AS organization, host FROM webhook_jobs ${byLane}
       WHERE ${waiting} AND (org_id, host) > (?, ?) ORDER BY org_id, host LIMIT 1`,
      organization,
      host
    ),
  /** Jobs of a lane that are due, whatever their order. */
  due: ({ organization, host }: Lane, limit: number): ReadonlyArray<Job> =>
    store.all<Job>(
      `SELECT ${columns} FROM webhook_jobs AS job ${byLane}
       WHERE ${waiting} AND org_id = ? AND host = ? AND next_at <= ? ORDER BY next_at, seq LIMIT ?`,
      organization,
      host,
      now(),
      limit
    ),
  /**
   * Those that may go, in the order of their calls; what is being retried holds nobody up. Looks at the first `window`
   * that are due: those of one call wait for each other, and may be thousands.
   */
  ready: ({ organization, host }: Lane, limit: number, window: number): ReadonlyArray<Job> =>
    store.all<Job>(
      `SELECT ${columns} FROM webhook_jobs AS job WHERE seq IN
         (SELECT seq FROM webhook_jobs ${byLane} WHERE ${waiting} AND org_id = ? AND host = ? AND next_at <= ?
          ORDER BY next_at, seq LIMIT ?) ${inOrder}
       ORDER BY next_at, seq LIMIT ?`,
      organization,
      host,
      now(),
      window,
      limit
    ),
  /** When the next job of a lane is due, of those that are due later than `after`. */
  nextDue: ({ organization, host }: Lane, after = -1): number | undefined =>
    store.get<{ at: number }>(
      `SELECT next_at AS at FROM webhook_jobs ${byLane} WHERE ${waiting} AND org_id = ? AND host = ? AND next_at > ?
       ORDER BY next_at LIMIT 1`,
      organization,
      host,
      after
    )?.at,
  /** Whether a call has first attempts that are not over. */
  isBusy: (callId: string): boolean =>
    store.get(
      `SELECT 1 FROM webhook_jobs WHERE call_id = ? AND reply = 0 AND ordered = 1
       AND state IN ('pending', 'delivering') AND failures = 0 LIMIT 1`,
      callId
    ) !== undefined,
  /** Lets later jobs of the same call pass this one. */
  unorder: (id: string) => store.run("UPDATE webhook_jobs SET ordered = 0 WHERE id = ?", id),
  /** Counts a failure, or marks the instant retry as used. */
  countFailure: (id: string, kind: "instant" | "counted") =>
    store.run(
      `UPDATE webhook_jobs SET ${kind === "instant" ? "instant = 1" : "failures = failures + 1"} WHERE id = ?`,
      id
    ),
  ofEvent: (eventId: string): ReadonlyArray<Job> =>
    store.all<Job>(`SELECT ${columns} FROM webhook_jobs WHERE event_id = ? ORDER BY seq`, eventId),
  /**
   * After a start, or of one job when the store failed under it: what was under way goes on; whoever waited for an
   * answer is gone.
   */
  recover: (id?: string) => {
    if (id === undefined) nameHosts(store)
    const [condition, values] = id === undefined ? ["", []] : [" AND id = ?", [id]]
    store.run(
      `UPDATE webhook_jobs SET state = iif(reply = 1, 'dead', 'retrying'), next_at = iif(reply = 1, NULL, ?),
         updated_at = ? WHERE state = 'delivering'${condition}`,
      now(),
      now(),
      ...values
    )
  }
})

const insertJob = (store: Store, job: NewJob, now: number): void => {
  store.run(
    `INSERT INTO webhook_jobs (id, org_id, event_id, signed_id, type, call_id, endpoint_id, level, url, server,
       host, target, state, reply, ordered, next_at, replay_of, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
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
    hostOf(job.target.url),
    withoutUserInfo(job.target.url),
    // A job that waits for an answer is not for the dispatcher: whoever asks sends it.
    job.reply ? "delivering" : "pending",
    job.reply ? 1 : 0,
    job.reply || job.replayOf !== undefined ? 0 : 1,
    job.reply ? null : now,
    job.replayOf ?? null,
    now,
    now
  )
}

/** Host and port of a URL; what is no URL is a lane of its own, and fails in it. */
const hostOf = (url: string): string => URL.parse(url)?.host ?? ""

/** Jobs of a file that an earlier version wrote have no host yet. */
const nameHosts = (store: Store): void => {
  const urls = store.all<{ url: string }>(`SELECT DISTINCT url FROM webhook_jobs WHERE host IS NULL`)
  for (const { url } of urls)
    store.run("UPDATE webhook_jobs SET host = ? WHERE host IS NULL AND url = ?", hostOf(url), url)
}
