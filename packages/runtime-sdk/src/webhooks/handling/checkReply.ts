/**
 * Checks what a handler replied before it goes out: the runtime would drop a wrong reply without a word.
 *
 * @since 0.1.0
 */
import {
  array,
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
import type { RequestMessage, ToolCall, ToolCalls } from "../events.ts"
import { withoutBreaks } from "../lines.ts"
import type { KnowledgeBaseDocument, RequestType } from "./replies.ts"

/** The JSON to send, or what is wrong with it. */
export type CheckedReply =
  | { readonly ok: true; readonly value: unknown }
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
  "call.endpointing.request": { one: { timeoutSeconds: pause } }
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
  return message.type === "tool-calls" && Array.isArray(reply["results"])
    ? completeResults(message, reply["results"])
    : { ok: true, value: reply }
}

const listOf = (fields: Fields): string => Object.keys(fields).join(", ")

/** One result per call, in the order of the calls, each with its name, each on one line. */
const completeResults = (message: ToolCalls, given: ReadonlyArray<Record<string, unknown>>): CheckedReply => {
  const issues: Array<WebhookIssue> = []
  const left = new Map<unknown, { readonly result: Record<string, unknown>; readonly index: number }>()
  for (const [index, result] of given.entries()) {
    if (left.has(result["toolCallId"])) {
      issues.push({ path: ["results", index, "toolCallId"], expected: "one result per tool call" })
    }
    left.set(result["toolCallId"], { result, index })
  }
  const results = message.toolCalls.map((call) => {
    const found = left.get(call.id)
    left.delete(call.id)
    if (found === undefined) {
      issues.push({ path: ["results"], expected: "a result for every tool call of the event" })
      return {}
    }
    return completeResult(call, found.result, ["results", found.index], issues)
  })
  for (const { index } of left.values()) {
    issues.push({ path: ["results", index, "toolCallId"], expected: "the id of a tool call of the event" })
  }
  return issues.length > 0 ? { ok: false, issues } : { ok: true, value: { results } }
}

const completeResult = (
  call: ToolCall,
  { result, error, name, ...rest }: Record<string, unknown>,
  path: WebhookIssue["path"],
  issues: Array<WebhookIssue>
): object => {
  if ((result === undefined) === (error === undefined)) issues.push({ path, expected: "either result or error" })
  if (name !== undefined) issues.push(...text.explain(name, [...path, "name"]))
  if (error !== undefined) issues.push(...text.explain(error, [...path, "error"]))
  const line = result === undefined ? undefined : oneLine(result)
  if (result !== undefined && line === undefined) issues.push({ path: [...path, "result"], expected: "text or JSON" })
  return {
    ...rest,
    name: name ?? call.name,
    ...(error === undefined ? { result: line } : { error: oneLine(error) })
  }
}

/** A value as one line of text, undefined when it is no JSON. */
const oneLine = (value: unknown): string | undefined => {
  try {
    const line = typeof value === "string" ? value : JSON.stringify(value)
    return line === undefined ? undefined : withoutBreaks(line)
  } catch {
    return undefined
  }
}
