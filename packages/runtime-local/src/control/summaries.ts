/**
 * Short forms of what is in the store, over all organizations: what lists and news show. Details are read by id.
 */
import type { SQLInputValue } from "node:sqlite"
import type { OpenEntry } from "../http/journal.ts"
import { withoutUserInfo } from "../json/mask.ts"
import { isObject, type JsonObject } from "../json/object.ts"
import type { Store } from "../store/Store.ts"

/** A request, without its bodies. */
export const requestSummary = (entry: OpenEntry) => {
  const { seq, requestId, time, method, path, query, status, ms, attempt, idempotencyKey } = entry
  const { organization, route, committed, replayed, fault, body, answer } = entry
  return {
    id: String(seq),
    requestId,
    time,
    method,
    path,
    query: withoutUserInfo(query),
    route,
    status,
    ms,
    attempt,
    idempotencyKey,
    organization,
    committed,
    replayed,
    fault,
    warning: answer?.headers["aywa-warning"],
    requestBytes: Buffer.isBuffer(body) ? body.length : undefined,
    answerBytes: answer === undefined ? undefined : Number(answer.headers["content-length"] ?? answer.body.length)
  }
}

const iso = (column: string) => `strftime('%Y-%m-%dT%H:%M:%fZ', ${column} / 1000.0, 'unixepoch')`

/** SQL of a row's short form; `name` is what a person knows it by. */
export const rowColumns = `json_object('resource', resource, 'id', id, 'organizationId', org_id,
  'name', coalesce(json_extract(body, '$.name'), json_extract(body, '$.function.name'), json_extract(body, '$.number'),
    json_extract(body, '$.url')),
  'version', version, 'createdAt', ${iso("created_at")}, 'updatedAt', ${iso("updated_at")})`

/** SQL of a call's short form. */
export const callColumns = `json_object('id', id, 'organizationId', org_id,
  'type', json_extract(body, '$.type'), 'status', json_extract(body, '$.status'),
  'endedReason', json_extract(body, '$.endedReason'), 'assistantId', json_extract(body, '$.assistantId'),
  'customer', json_extract(body, '$.customer.number'), 'cost', json_extract(body, '$.cost'),
  'messages', json_array_length(body, '$.artifact.messages'),
  'startedAt', json_extract(body, '$.startedAt'), 'endedAt', json_extract(body, '$.endedAt'),
  'createdAt', ${iso("created_at")}, 'updatedAt', ${iso("updated_at")})`

/** SQL of a webhook job's short form. */
export const jobColumns = `json_object('id', id, 'organizationId', org_id, 'eventId', signed_id, 'type', type,
  'callId', call_id, 'target', coalesce(target, url), 'level', level, 'status', state, 'attempts', attempts, 'failures', failures,
  'statusCode', (SELECT status FROM webhook_attempts WHERE job_id = webhook_jobs.id ORDER BY number DESC LIMIT 1),
  'nextAttemptAt', iif(next_at IS NULL, NULL, ${iso("next_at")}), 'replayOf', replay_of,
  'createdAt', ${iso("created_at")}, 'updatedAt', ${iso("updated_at")})`

/** SQL of an event's short form. */
const eventColumns = `json_object('id', id, 'organizationId', org_id, 'type', type, 'callId', call_id,
  'bytes', octet_length(body), 'createdAt', ${iso("created_at")})`

const attemptColumns = `json_object('jobId', job_id, 'number', number, 'state', state, 'statusCode', status, 'ms', ms,
  'error', error, 'fault', fault, 'sentAt', ${iso("started_at")})`

const read = (store: Store, sql: string, ...values: ReadonlyArray<SQLInputValue>): JsonObject | undefined => {
  const row = store.get<{ body: string }>(sql, ...values)
  return row === undefined ? undefined : summaryOf(row.body)
}

/** Reads a short form that the database wrote. */
export const summaryOf = (json: string): JsonObject => {
  const value: unknown = JSON.parse(json)
  if (!isObject(value)) return {}
  const { target, name } = value
  return {
    ...value,
    ...(typeof target === "string" ? { target: withoutUserInfo(target) } : {}),
    ...(typeof name === "string" ? { name: withoutUserInfo(name) } : {})
  }
}

/** Short forms by id; `undefined` where there is nothing any more. */
export const rowSummary = (store: Store, resource: string, id: string) =>
  read(store, `SELECT ${rowColumns} AS body FROM resource_rows WHERE resource = ? AND id = ?`, resource, id)
export const callSummary = (store: Store, id: string) =>
  read(store, `SELECT ${callColumns} AS body FROM resource_rows WHERE resource = 'calls' AND id = ?`, id)
export const jobSummary = (store: Store, id: string) =>
  read(store, `SELECT ${jobColumns} AS body FROM webhook_jobs WHERE id = ?`, id)
export const eventSummary = (store: Store, id: string) =>
  read(store, `SELECT ${eventColumns} AS body FROM webhook_events WHERE id = ?`, id)
export const attemptSummary = (store: Store, jobId: string, number: number) =>
  read(store, `SELECT ${attemptColumns} AS body FROM webhook_attempts WHERE job_id = ? AND number = ?`, jobId, number)
