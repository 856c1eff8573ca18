/**
 * What is written down of a call: its log, its timeline, the events that others hear, its status.
 */
import { objectAt, type JsonObject } from "../json/object.ts"
import type { NewEvent } from "../outbox/emit.ts"
import { envelope } from "../outbox/envelope.ts"
import type { Run } from "./run.ts"
import type { Stage } from "./stage.ts"

/** Too long for a timeline; the events themselves are in the webhook log. */
const bulky: ReadonlySet<string> = new Set(["messages", "messagesOpenAIFormatted", "artifact", "transcript"])

/** Adds a line to the log of a call. */
export const log = (
  { runs }: Stage,
  run: Run,
  level: "info" | "warn" | "error",
  message: string,
  fields: JsonObject = {}
): void => {
  runs.write(run, "log", { level, message, ...fields })
}

/** An event of a call, as the outbox takes it; `row` is the call's row, for who has read it already. */
export const eventOf = (
  { runs, now }: Stage,
  run: Run,
  type: string,
  own: JsonObject,
  row: JsonObject | undefined = runs.call(run)
): NewEvent => {
  const call = row ?? { id: run.callId }
  const { assistant, phoneNumber } = run.state
  const context = { call, assistant, phoneNumber, customer: objectAt(call, "customer"), now: now() }
  const message = envelope(type, context, own)
  return { organization: run.organization, type, message, callId: run.callId, assistant, phoneNumber }
}

/** Puts an event on the timeline of a call. */
export const writeTimeline = (
  { runs }: Stage,
  run: Run,
  {
    id,
    type,
    row = runs.call(run)
  }: { readonly id: string; readonly type: string; readonly row?: JsonObject | undefined },
  own: JsonObject
): void => {
  const data = Object.fromEntries(Object.entries(own).filter(([key]) => !bulky.has(key) || type === "transcript"))
  runs.write(run, "event", { id, type, status: row?.["status"], data })
}

/** Emits an event of a call. */
export const emit = (
  stage: Stage,
  run: Run,
  type: string,
  own: JsonObject,
  row: JsonObject | undefined = stage.runs.call(run)
): void => {
  const { eventId } = stage.outbox.emit(eventOf(stage, run, type, own, row))
  writeTimeline(stage, run, { id: eventId, type, row }, own)
}

/** Changes the status of a call: `fields` are for its row, `own` for the event. */
export const setStatus = (
  stage: Stage,
  run: Run,
  status: string,
  fields: JsonObject = {},
  own: JsonObject = {}
): void => {
  const row = stage.runs.patch(run, { status, ...fields })
  emit(stage, run, "status-update", { status, ...own }, row)
}
