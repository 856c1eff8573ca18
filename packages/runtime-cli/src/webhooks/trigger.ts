/**
 * `webhooks trigger`: makes a local runtime send an event, signed, logged and retried like any other.
 */
import { setTimeout as sleep } from "node:timers/promises"
import type { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { exitCodes } from "../core/failure.ts"
import type { Session } from "../core/session.ts"
import { fields } from "../core/table.ts"
import { setsOf } from "./sets.ts"
import { control } from "../core/control.ts"
import { unseen } from "../core/observer.ts"
import { reasonOf } from "./attempt.ts"

/** What `webhooks trigger` takes. */
export interface TriggerInput {
  readonly type: string
  readonly set: ReadonlyArray<string>
  readonly call: string | undefined
  readonly assistant: string | undefined
  readonly to: string | undefined
  readonly dryRun: boolean
}

/** Milliseconds that the first attempts of a notice are waited for: one takes 30 seconds at most. */
const patience = 35_000

/** What became of the first attempt of a job. */
interface Attempted {
  readonly id: string
  readonly target: string
  /** Of the job, now. */
  readonly state: string
  /** Of the answer; `null` when there was none. */
  readonly statusCode: number | null
  readonly ms: number | null
  readonly reason: string | null
}

/** Sends it. Exit code 1 when a delivery failed, or when a reply was expected and the one that came is not usable. */
export const trigger = async (input: TriggerInput, session: Session): Promise<number> => {
  const { type, call, assistant, to, dryRun } = input
  const set = setsOf(input.set)
  const answer = rowOf(
    await control(session, "POST", "trigger", {
      type,
      ...(call === undefined ? {} : { call }),
      ...(assistant === undefined ? {} : { assistant }),
      ...(to === undefined ? {} : { to }),
      ...(Object.keys(set).length === 0 ? {} : { set }),
      ...(dryRun ? { dryRun } : {}),
      ...(session.settings.orgId === undefined ? {} : { organization: session.settings.orgId.value })
    })
  )
  const jobs = listOf(answer["jobs"])
  const attempted = await firstAttempts(jobs, session)
  const result = {
    ...answer,
    ...(jobs.length === 0 ? {} : { jobs: attempted.map((job, index) => ({ ...jobs[index], ...job })) }),
    ...(await refusalOf(answer, session))
  }
  session.out.result(result, () => textOf(result, session))
  if (dryRun) return exitCodes.ok
  if (answer["valid"] === false) return exitCodes.differences
  if (Array.isArray(answer["jobs"]) && jobs.length === 0) {
    session.out.warn(
      "Nobody is configured to receive this event: give --to URL, register an endpoint, or run aywa-runtime webhooks listen."
    )
  }
  return attempted.every(isDelivered) ? exitCodes.ok : exitCodes.differences
}

type Row = Readonly<Record<string, unknown>>

const rowOf = (value: unknown): Row => ({ ...Object(value) })

const listOf = (value: unknown): ReadonlyArray<Row> => (Array.isArray(value) ? value.map(rowOf) : [])

const isDelivered = ({ statusCode, reason }: Attempted): boolean => statusCode !== null && reason === null

/** A question that was refused: in the receiver's words, which its job has. */
const refusalOf = async (answer: Row, session: Session): Promise<Row> => {
  const { jobId, status, valid } = answer
  if (valid !== false || typeof jobId !== "string" || typeof status !== "number" || status < 300) return {}
  const [attempt] = await firstAttempts([{ id: jobId, target: "" }], session)
  return attempt?.reason == null ? {} : { reason: attempt.reason }
}

/** Waits until each job was attempted once, or is over without that. */
const firstAttempts = async (jobs: ReadonlyArray<Row>, session: Session): Promise<ReadonlyArray<Attempted>> => {
  if (jobs.length === 0) return []
  const organization =
    session.settings.orgId?.value ?? rowOf(await control(session, "GET", "runtime"))["organizationId"]
  const client = await unseen(session, String(organization))
  const end = performance.now() + patience
  return Promise.all(
    jobs.map(({ id, target }) => firstAttempt(client, { id: String(id), target: String(target), end }, session))
  )
}

const firstAttempt = async (
  client: AywaRuntimeClient,
  { id, target, end }: { readonly id: string; readonly target: string; readonly end: number },
  { signal }: Session
): Promise<Attempted> => {
  for (let wait = 20; ; wait = Math.min(500, wait * 1.5)) {
    // One look after the other.
    // oxlint-disable-next-line no-await-in-loop
    const job = await client.webhookLogs.get(id, { signal })
    const attempt = job.attempts?.find(({ state }) => state !== "started")
    const isOver = attempt !== undefined || job.status === "dead" || job.status === "cancelled"
    if (isOver || performance.now() >= end) {
      const reason =
        attempt === undefined ? (isOver ? `It is ${job.status}.` : "No attempt has ended yet.") : reasonOf(attempt)
      const { statusCode = null, latencyMs = null } = attempt ?? {}
      return { id, target, state: job.status, statusCode, ms: latencyMs, reason: reason ?? null }
    }
    // oxlint-disable-next-line no-await-in-loop
    await sleep(wait, undefined, { signal })
  }
}

const textOf = (answer: Row, { out }: Session): string => {
  const { jobs, events, ...rest } = answer
  const lines = listOf(jobs).map(({ id, target, statusCode, ms, reason }) => {
    const status = statusCode === null ? "no answer" : String(statusCode)
    const outcome = out.paint(
      reason === null ? "green" : "red",
      reason === null ? status : `${status}: ${String(reason)}`
    )
    return `  ${String(id)}  ${String(target)}  ${outcome}${ms === null ? "" : `  ${String(ms)} ms`}`
  })
  const sequence = listOf(events).map(({ id, type }) => `  ${String(id)}  ${String(type)}`)
  return [
    fields(rest, out.paint),
    ...(lines.length > 0 ? ["jobs", ...lines] : []),
    ...(sequence.length > 0 ? ["events", ...sequence] : [])
  ].join("\n")
}
