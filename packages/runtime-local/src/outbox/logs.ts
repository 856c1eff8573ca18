/**
 * `/logs/webhooks`: jobs as rows, with their attempts, and the two ways to send one again.
 */
import { json } from "../http/answer.ts"
import type { ResourceContext } from "../rows/crud.ts"
import type { Handler } from "../http/handler.ts"
import { HttpError, notFound } from "../http/errors.ts"
import { listFrom } from "../rows/listing.ts"
import type { Store } from "../store/Store.ts"
import { type Job, type Jobs, jobStates } from "./jobs.ts"
import type { Outbox } from "./outbox.ts"

/** Attempts that fail this often in a row deserve a look. */
const warnFrom = 4

const iso = (column: string) => `strftime('%Y-%m-%dT%H:%M:%fZ', ${column} / 1000.0, 'unixepoch')`

/** The columns of a job as it is listed. */
const listed = `json_object(
  'id', id, 'orgId', org_id, 'status', state, 'createdAt', ${iso("created_at")}, 'updatedAt', ${iso("updated_at")},
  'eventId', signed_id, 'type', type, 'target', coalesce(target, url), 'level', level, 'endpointId', endpoint_id, 'callId', call_id,
  'attemptCount', attempts,
  'statusCode', (SELECT status FROM webhook_attempts WHERE job_id = webhook_jobs.id ORDER BY number DESC LIMIT 1),
  'latencyMs', (SELECT ms FROM webhook_attempts WHERE job_id = webhook_jobs.id ORDER BY number DESC LIMIT 1),
  'nextAttemptAt', CASE WHEN next_at IS NULL THEN NULL ELSE ${iso("next_at")} END,
  'replayOf', replay_of, 'expectsReply', json(CASE reply WHEN 1 THEN 'true' ELSE 'false' END))`

const columns: Readonly<Record<string, string>> = {
  type: "type",
  status: "state",
  callId: "call_id",
  endpointId: "endpoint_id"
}

/** What the handlers of the log work with. */
export interface LogContext extends ResourceContext {
  readonly outbox: Pick<Outbox, "jobs" | "attempts" | "announce">
}

/** `GET /logs/webhooks`. */
export const list =
  ({ store, shape, strict }: ResourceContext): Handler =>
  ({ organization, query }) =>
    listFrom(
      store,
      {
        table: "webhook_jobs",
        // The jobs of a call are few: its index is the one to go by.
        where: query.has("callId") ? "+org_id = ?" : "org_id = ?",
        values: [organization],
        body: listed,
        column: (filter) => columns[filter] ?? "NULL"
      },
      query,
      { shape, strict, filters: Object.keys(columns), words: { status: jobStates } }
    )

/** `GET /logs/webhooks/:id`: with the attempts and what was sent. */
export const get =
  ({ store, outbox }: LogContext): Handler =>
  ({ organization, id }) =>
    json(200, JSON.stringify(viewOf(store, outbox, find(outbox.jobs, organization, id))))

/** `POST /logs/webhooks/:id/replay`: a new job with a signed id of its own. */
export const replay =
  ({ store, ids, outbox }: LogContext): Handler =>
  ({ organization, id }) => {
    const { jobs, announce } = outbox
    const original = find(jobs, organization, id)
    // Counted over the event, so that a replay of a replay does not take an id that was there.
    const before = store.get<{ n: number }>(
      "SELECT count(*) AS n FROM webhook_jobs WHERE event_id = ? AND replay_of IS NOT NULL",
      original.eventId
    )
    const newId = ids.uuid()
    jobs.insert({
      id: newId,
      organization,
      eventId: original.eventId,
      signedId: `${original.eventId}_r${(before?.n ?? 0) + 1}`,
      type: original.type,
      callId: original.callId ?? undefined,
      target: {
        level: original.level,
        url: original.url,
        endpointId: original.endpointId ?? undefined,
        server: JSON.parse(original.server)
      },
      reply: false,
      replayOf: original.id
    })
    announce()
    return json(202, JSON.stringify(viewOf(store, outbox, find(jobs, organization, newId))))
  }

/** `POST /logs/webhooks/jobs/:id/retry`: the next attempt now, under the same signed id. */
export const retry =
  ({ store, now, outbox }: LogContext): Handler =>
  ({ organization, id }) => {
    const { jobs, announce } = outbox
    const job = find(jobs, organization, id)
    if (job.state === "succeeded") throw refused("job_succeeded", "This job has succeeded: replay it to send it again")
    if (job.state === "delivering") throw refused("job_running", "An attempt of this job is under way")
    jobs.set(id, "retrying", now())
    announce()
    return json(202, JSON.stringify(viewOf(store, outbox, find(jobs, organization, id))))
  }

const refused = (code: string, message: string) => new HttpError(409, message, { code, outcome: true })

const find = (jobs: Jobs, organization: string, id: string): Job => {
  const job = jobs.get(id)
  if (job === undefined || job.organization !== organization) throw notFound("Webhook job", id)
  return job
}

const viewOf = (store: Store, { attempts: log }: LogContext["outbox"], job: Job) => {
  const row = store.get<{ body: string }>(`SELECT ${listed} AS body FROM webhook_jobs WHERE id = ?`, job.id)
  const event = store.get<{ body: string }>("SELECT body FROM webhook_events WHERE id = ?", job.eventId)
  const attempts = log.ofJob(job.id)
  return {
    ...JSON.parse(row?.body ?? "{}"),
    ...(job.failures >= warnFrom ? { warning: `Failed ${job.failures} times: look at its target` } : {}),
    attempts: attempts.map((attempt) => ({
      attempt: attempt.number,
      state: attempt.state,
      sentAt: new Date(attempt.startedAt).toISOString(),
      statusCode: attempt.status,
      latencyMs: attempt.ms,
      requestHeaders: JSON.parse(attempt.requestHeaders),
      responseHeaders: attempt.responseHeaders === null ? null : JSON.parse(attempt.responseHeaders),
      responseBody: attempt.responseBody,
      error: attempt.error,
      mayHaveArrived: attempt.mayHaveArrived === 1,
      ...(attempt.fault === null ? {} : { fault: attempt.fault })
    })),
    payload: JSON.parse(event?.body ?? "{}")
  }
}
