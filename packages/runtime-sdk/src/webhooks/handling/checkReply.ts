/**
 * Checks what a handler replied before it goes out: the runtime would drop a wrong reply without a word.
 *
 * @since 0.1.0
 */
import { caughtInside } from "../../config/callbacks.ts"
import type { Issue } from "../../errors/Errors.ts"
import { explain } from "../../schema/codec.ts"
import type { RequestMessage, WebhookIssue } from "../events.ts"
import { isAudio, noAudio } from "./audio.ts"
import { definedOf, type JsonType, replySchema } from "./replySchemas.ts"
import { jsonIssues } from "./jsonIssues.ts"
import type { RequestType } from "./replies.ts"
import { completeResults } from "./toolResults.ts"

/** The JSON to send, or what is wrong with it. `notShown`: what had to be left out of it. */
export type CheckedReply =
  | { readonly ok: true; readonly value: unknown; readonly notShown: ReadonlyArray<WebhookIssue> }
  | { readonly ok: false; readonly issues: ReadonlyArray<WebhookIssue> }

/** Checks a reply other than a voice's, and completes the results of tool calls. */
export const checkReply = (message: RequestMessage & { readonly type: JsonType }, reply: unknown): CheckedReply => {
  const verdict = verdictOn(message, reply)
  // Somebody forgot to wait for a promise in it, perhaps; that was found, and is told.
  if (!verdict.ok || verdict.notShown.length > 0) caughtInside(reply)
  return verdict
}

const verdictOn = (message: RequestMessage & { readonly type: JsonType }, reply: unknown): CheckedReply => {
  const body = definedOf(reply)
  const issues = shapeIssues(message.type, body)
  if (issues.length > 0) return { ok: false, issues }
  const results = body?.["results"]
  if (message.type !== "tool-calls" || !Array.isArray(results)) return { ok: true, value: body, notShown: [] }
  const completion = completeResults(message.toolCalls, results)
  return completion.issues.length > 0
    ? { ok: false, issues: completion.issues }
    : { ok: true, value: { results: completion.results }, notShown: completion.notShown }
}

/** What is wrong with a fallback, as far as that can be said before there is a message. */
export const fallbackIssues = (type: RequestType, fallback: unknown): ReadonlyArray<WebhookIssue> => {
  if (type !== "voice-request") return shapeIssues(type, definedOf(fallback))
  return isAudio(fallback) ? [] : [noAudio]
}

const shapeIssues = (
  type: JsonType,
  body: Readonly<Record<string, unknown>> | undefined
): ReadonlyArray<WebhookIssue> => {
  const { schema, one } = replySchema(type)
  if (body === undefined) return [{ path: [], expected: `an object with ${one.join(", ")}` }]
  const fields = one.filter((key) => body[key] !== undefined)
  if (fields.length !== 1) return [{ path: [], expected: `exactly one of ${one.join(", ")}` }]
  const issues = explain(schema, body)
  // Results are looked at one by one: what is wrong with one must not take the others along.
  return issues.length > 0 ? issues.map(issueOf) : type === "tool-calls" ? [] : jsonIssues(body, [])
}

const issueOf = ({ path, message }: Issue): WebhookIssue => ({
  path,
  expected: message === "Missing key" ? "a value" : message.replace(/^Expected /, "")
})
