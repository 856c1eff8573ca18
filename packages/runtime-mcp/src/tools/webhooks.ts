/**
 * `webhook_attempts` and `webhook_resend`.
 */
import * as Schema from "effect/Schema"
import { McpFailure } from "../errors/McpFailure.ts"
import { entryOf } from "../operations/table.ts"
import { boundRows, boundValue } from "../show/bound.ts"
import { send } from "./send.ts"
import { type Desk, reads, text, type Tool, tool, writes } from "./tool.ts"
import { writeEntry } from "./write.ts"

type Row = Readonly<Record<string, unknown>>

const rowOf = (value: unknown): Row => ({ ...Object(value) })
const listOf = (value: unknown): ReadonlyArray<Row> => (Array.isArray(value) ? value.map(rowOf) : [])

/** Jobs of a list whose last attempt is looked at: each costs a request. */
const mostLookedAt = 3

/** What a list shows of a job; `job` shows the rest. */
const listed = [
  "id",
  "status",
  "type",
  "target",
  "callId",
  "attemptCount",
  "statusCode",
  "createdAt",
  "nextAttemptAt",
  "replayOf"
]

const wellStates: ReadonlySet<unknown> = new Set(["succeeded", "pending", "delivering", "cancelled"])

/** Why deliveries fail. */
export const webhookAttempts = (desk: Desk): Tool =>
  tool({
    name: "webhook_attempts",
    title: "Deliveries of webhooks",
    description: "Webhook jobs, newest first, and why the failed ones failed. With job: all of its attempts.",
    input: {
      job: Schema.optionalKey(Schema.String),
      status: Schema.optionalKey(text("dead, retrying, succeeded")),
      type: Schema.optionalKey(text("Such as end-of-call-report")),
      callId: Schema.optionalKey(Schema.String)
    },
    hints: reads,
    run: async ({ job, ...filter }, { signal }) => {
      desk.guard.admit("webhookLogs.get")
      if (job !== undefined) {
        const { value } = await send(desk, entryOf("webhookLogs.get"), { id: job }, signal)
        return { data: { job: boundValue(value) }, hasRows: true }
      }
      const query = { ...filter, limit: 20 }
      const { value } = await send(desk, entryOf("webhookLogs.list"), { query }, signal)
      const jobs = listOf(rowOf(value)["items"])
      const failed = jobs.filter(({ status }) => !wellStates.has(status)).slice(0, mostLookedAt)
      const last = new Map(
        await Promise.all(
          failed.map(async ({ id }) => {
            const { value } = await send(desk, entryOf("webhookLogs.get"), { id: String(id) }, signal)
            return [id, listOf(rowOf(value)["attempts"]).at(-1)] as const
          })
        )
      )
      const { rows, left } = boundRows(
        jobs.map((row) => {
          const attempt = last.get(row["id"])
          const shown = listed.flatMap((name) =>
            row[name] === undefined || row[name] === null ? [] : [[name, row[name]]]
          )
          return { ...Object.fromEntries(shown), ...(attempt === undefined ? {} : { lastAttempt: attempt }) }
        })
      )
      return { data: { jobs: rows, ...(left === 0 ? {} : { left }) }, hasRows: true }
    }
  })

/** Sends one again. */
export const webhookResend = (desk: Desk): Tool =>
  tool({
    name: "webhook_resend",
    title: "Send a webhook again",
    description: "retry: the next attempt now, same webhook-id. replay: a new job with a new id, for a done one.",
    input: {
      job: Schema.String,
      as: Schema.Literals(["retry", "replay"]),
      idempotencyKey: text("Yours; repeat with the same")
    },
    hints: writes,
    run: async ({ job, as, idempotencyKey }, invocation) => {
      desk.guard.admitWrites()
      const entry = desk.guard.admit(`webhookLogs.${as}`)
      if (job.trim() === "") throw new McpFailure("invalid_arguments", "job is the id of a webhook job.")
      return writeEntry(desk, entry, { id: job, idempotencyKey }, invocation)
    }
  })
