/**
 * Checks what a handler replied before it goes out: the runtime would drop a wrong reply without a word.
 *
 * @since 0.1.0
 */
import {
  array,
  flag,
  isRecord,
  leaf,
  number,
  optional,
  record,
  struct,
  text,
  type Check,
  type WebhookIssue
} from "../checks.ts"
import type { RequestMessage } from "../events.ts"
import type { KnowledgeBaseDocument, RequestType } from "./replies.ts"
import { completeResults } from "./toolResults.ts"

/** The JSON to send, or what is wrong with it. `notShown`: what had to be left out of it. */
export type CheckedReply =
  | { readonly ok: true; readonly value: unknown; readonly notShown: ReadonlyArray<WebhookIssue> }
  | { readonly ok: false; readonly issues: ReadonlyArray<WebhookIssue> }

type JsonType = Exclude<RequestType, "voice-request">

const destinationFields: Readonly<Record<string, ReadonlyArray<string>>> = {
  number: ["number"],
  sip: ["sipUri"],
  assistant: ["assistantName", "assistantId"]
}

/** A destination names where to: each type has its own field for that. */
const destination: Check<object> = {
  is: (value) => destination.explain(value, []).length === 0,
  explain: (value, path) => {
    if (!isRecord(value) || typeof value["type"] !== "string") {
      return [{ path: [...path, "type"], expected: "number, sip or assistant" }]
    }
    const fields = Object.hasOwn(destinationFields, value["type"]) ? (destinationFields[value["type"]] ?? []) : []
    const [field] = fields
    if (field === undefined || fields.some((name) => text.is(value[name]))) return []
    return [{ path: [...path, field], expected: "text" }]
  }
}

const documents = array(
  struct<KnowledgeBaseDocument>({
    content: text,
    similarity: number,
    uuid: optional(text) as Check<string | undefined>
  })
)

const pause = leaf<number>("seconds from 0 to 15", (value) => typeof value === "number" && value >= 0 && value <= 15)

/** Of each reply: the fields of which exactly one must be there, and those that may be there too. */
const shapes: Readonly<Record<JsonType, { readonly one: Fields; readonly more?: Fields }>> = {
  "assistant-request": {
    one: {
      assistantId: text,
      assistant: record,
      squadId: text,
      squad: record,
      workflowId: text,
      workflow: record,
      destination,
      error: text
    },
    more: { assistantOverrides: record, squadOverrides: record, workflowOverrides: record }
  },
  "tool-calls": { one: { results: array(record), error: text } },
  "transfer-destination-request": { one: { destination, error: text }, more: { message: record } },
  "knowledge-base-request": { one: { documents, message: record } },
  "call.endpointing.request": { one: { timeoutSeconds: pause } },
  "handoff-destination-request": { one: { destination: record, error: text }, more: { result: text } },
  "campaign.predial": { one: { eligible: flag } }
}

type Fields = Readonly<Record<string, Check<unknown>>>

/** Checks a reply other than a voice's, and completes the results of tool calls. */
export const checkReply = (message: RequestMessage & { readonly type: JsonType }, reply: unknown): CheckedReply => {
  const { one, more = {} } = shapes[message.type]
  if (!isRecord(reply)) return { ok: false, issues: [{ path: [], expected: `an object with ${listOf(one)}` }] }
  const given = Object.keys(one).filter((key) => reply[key] !== undefined)
  if (given.length !== 1) return { ok: false, issues: [{ path: [], expected: `exactly one of ${listOf(one)}` }] }
  const fields = { ...one, ...more }
  const issues = Object.keys(fields).flatMap((key) =>
    reply[key] === undefined ? [] : (fields[key]?.explain(reply[key], [key]) ?? [])
  )
  if (issues.length > 0) return { ok: false, issues }
  if (message.type !== "tool-calls" || !Array.isArray(reply["results"])) {
    return { ok: true, value: reply, notShown: [] }
  }
  const completed = completeResults(message.toolCalls, reply["results"])
  return completed.issues.length > 0
    ? { ok: false, issues: completed.issues }
    : { ok: true, value: { results: completed.results }, notShown: completed.notShown }
}

const listOf = (fields: Fields): string => Object.keys(fields).join(", ")
