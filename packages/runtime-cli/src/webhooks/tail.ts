/**
 * `webhooks tail`: follows the runtime's webhook log, on any runtime. Payloads are not shown: transcripts are personal.
 */
import { setTimeout as sleep } from "node:timers/promises"
import type { WebhookLog } from "@aywa-ai/runtime-sdk"
import { observer } from "../core/observer.ts"
import type { Session } from "../core/session.ts"
import type { Paint } from "../core/table.ts"
import { lastAttempt, reasonOf } from "./attempt.ts"

/** What `webhooks tail` takes. */
export interface TailInput {
  readonly type: string | undefined
  readonly status: string | undefined
  readonly call: string | undefined
  readonly endpoint: string | undefined
  readonly last: number | undefined
  readonly interval: number | undefined
  readonly follow: boolean
}

/** Prints the newest jobs, oldest first, and then each change until Ctrl-C. */
export const tail = async (input: TailInput, session: Session): Promise<void> => {
  const { out, signal } = session
  const client = await observer(session)
  const wait = Math.max(0.05, input.interval ?? 1) * 1000
  const states = new Map<string, string>()
  let since = ""
  const query = {
    limit: Math.min(1000, Math.max(1, input.last ?? 10)),
    type: input.type,
    status: input.status,
    callId: input.call,
    endpointId: input.endpoint
  }
  const isNew = (job: WebhookLog) => !states.has(job.id) && job.createdAt >= since
  /** A hundred jobs, and more for as long as they are new: a burst between two looks is shown whole. */
  const recent = async (): Promise<ReadonlyArray<WebhookLog>> => {
    const jobs: Array<WebhookLog> = []
    for await (const job of client.webhookLogs.list({ ...query, limit: 100 }, { signal })) {
      jobs.push(job)
      if (jobs.length >= 100 && !isNew(job)) break
    }
    return jobs
  }
  /** The list has no words: they are in the job itself, read where an attempt failed. */
  const reason = async (job: WebhookLog): Promise<string | undefined> => {
    if (job.status !== "retrying" && job.status !== "dead") return undefined
    const whole = await client.webhookLogs.get(job.id, { signal }).catch(() => undefined)
    const attempt = whole === undefined ? undefined : lastAttempt(whole)
    return attempt === undefined ? undefined : reasonOf(attempt)
  }
  for (let round = 0; ; round++) {
    const items = round === 0 ? (await client.webhookLogs.list(query, { signal })).items : await recent()
    for (const job of items.toReversed()) {
      const state = `${job.status} ${job.attemptCount ?? 0}`
      if (states.get(job.id) === state) continue
      // What was there before the first round and did not fit into it is not news.
      const isNews = round === 0 || states.has(job.id) || isNew(job)
      remember(states, job.id, state)
      if (!isNews) continue
      // One after the other: they are shown in order.
      // oxlint-disable-next-line no-await-in-loop
      const why = await reason(job)
      out.event({ ...eventOf(job), reason: why ?? null }, () => line(job, why, out.paint))
    }
    if (round === 0) since = items[0]?.createdAt ?? ""
    if (!input.follow) return
    await sleep(wait, undefined, { signal })
  }
}

const remember = (states: Map<string, string>, id: string, state: string) => {
  states.set(id, state)
  if (states.size > 10_000) states.delete(states.keys().next().value ?? "")
}

const eventOf = (job: WebhookLog) => ({
  id: job.id,
  eventId: job.eventId ?? null,
  type: job.type ?? null,
  status: job.status,
  attemptCount: job.attemptCount ?? 0,
  statusCode: job.statusCode ?? null,
  latencyMs: job.latencyMs ?? null,
  target: job.target ?? null,
  createdAt: job.createdAt
})

const colors: Readonly<Record<string, "green" | "red" | "yellow">> = {
  succeeded: "green",
  dead: "red",
  cancelled: "red",
  retrying: "yellow"
}

const line = (job: WebhookLog, why: string | undefined, paint: Paint): string => {
  const color = colors[job.status]
  const status = color === undefined ? job.status : paint(color, job.status)
  const answer = job.statusCode == null ? "" : ` ${job.statusCode}`
  const ms = job.latencyMs == null ? "" : ` ${job.latencyMs} ms`
  return `${job.createdAt}  ${job.type ?? "?"}  ${status}${answer}${ms}  ${paint("dim", job.id)}  ${job.target ?? ""}${why === undefined ? "" : `  ${paint("red", why)}`}`
}
