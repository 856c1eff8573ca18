/**
 * Checks what a handler replied before it goes out: the runtime would drop a wrong reply without a word.
 *
 * @since 0.1.0
 */
import type { Issue } from "../../errors/Errors.ts"
import { explain } from "../../schema/codec.ts"
import type { RequestMessage, WebhookIssue } from "../events.ts"
import { definedOf, type JsonType, replySchema } from "./replySchemas.ts"
import { completeResults } from "./toolResults.ts"

/** The JSON to send, or what is wrong with it. `notShown`: what had to be left out of it. */
export type CheckedReply =
  | { readonly ok: true; readonly value: unknown; readonly notShown: ReadonlyArray<WebhookIssue> }
  | { readonly ok: false; readonly issues: ReadonlyArray<WebhookIssue> }

/** Checks a reply other than a voice's, and completes the results of tool calls. */
export const checkReply = (message: RequestMessage & { readonly type: JsonType }, reply: unknown): CheckedReply => {
  const { schema, one } = replySchema(message.type)
  const body = definedOf(reply)
  if (body === undefined) return refused({ path: [], expected: `an object with ${one.join(", ")}` })
  const chosen = one.filter((key) => body[key] !== undefined)
  if (chosen.length !== 1) return refused({ path: [], expected: `exactly one of ${one.join(", ")}` })
  const issues = explain(schema, body)
  if (issues.length > 0) return refused(...issues.map(issueOf))
  const results = body["results"]
  if (message.type !== "tool-calls" || !Array.isArray(results)) return { ok: true, value: reply, notShown: [] }
  const completed = completeResults(message.toolCalls, results)
  return completed.issues.length > 0
    ? refused(...completed.issues)
    : { ok: true, value: { results: completed.results }, notShown: completed.notShown }
}

const issueOf = ({ path, message }: Issue): WebhookIssue => ({
  path,
  expected: message === "Missing key" ? "a value" : message.replace(/^Expected /, "")
})

const refused = (...issues: ReadonlyArray<WebhookIssue>): CheckedReply => ({ ok: false, issues })
