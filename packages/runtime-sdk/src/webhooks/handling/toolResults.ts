/**
 * The results of tool calls: which call each one answers, and the form in which the runtime reads it.
 *
 * @since 0.1.0
 */
import type { ToolCall, WebhookIssue } from "../events.ts"
import { errorNotShown, resultNotShown, withoutBreaks } from "../lines.ts"
import { toolCallIdOf } from "../toolCalls.ts"
import { jsonIssues } from "./jsonIssues.ts"

type Result = Readonly<Record<string, unknown>>

interface Given {
  readonly result: Result
  readonly path: WebhookIssue["path"]
}

interface Completed {
  readonly results: ReadonlyArray<object>
  readonly issues: ReadonlyArray<WebhookIssue>
  /** Results that are no JSON, and errors without words. Their tools ran, so that the model is told how it ended. */
  readonly notShown: ReadonlyArray<WebhookIssue>
}

/**
 * One result per call, in the order of the calls, each with its name, each on one line.
 *
 * A result answers the call with its id. Of calls that share an id, or have none, the first is answered by the first
 * result of that id, and so on: the runtime pairs them in the same way.
 */
export const completeResults = (calls: ReadonlyArray<ToolCall>, results: ReadonlyArray<Result>): Completed => {
  const issues: Array<WebhookIssue> = []
  const notShown: Array<WebhookIssue> = []
  const pending = results.findIndex((result) => "then" in result)
  if (pending !== -1) {
    issues.push({ path: ["results", pending], expected: "a result, and this is a promise: await Promise.all(results)" })
    return { results: [], issues, notShown }
  }
  const resultsById = Map.groupBy(
    results.map((result, index): Given => ({ result, path: ["results", index] })),
    ({ result }) => toolCallIdOf(result["toolCallId"])
  )
  const callsById = Map.groupBy(calls, ({ id }) => id)
  const answers = calls.map((call) => {
    const next = resultsById.get(call.id)?.shift()
    if (next === undefined) {
      issues.push({ path: ["results"], expected: "a result for every tool call of the event" })
      return {}
    }
    const alone = call.id !== undefined && callsById.get(call.id)?.length === 1
    if (!alone) issues.push(...checkOrder(call, next))
    return complete(call, next, issues, notShown)
  })
  for (const [id, rest] of resultsById) {
    const expected = callsById.has(id) ? "one result per tool call" : "the id of a tool call of the event"
    issues.push(...rest.map(({ path }) => ({ path: [...path, "toolCallId"], expected })))
  }
  return { results: answers, issues, notShown }
}

/** A result that is paired by its place and names another tool would tell the model something untrue. */
const checkOrder = (call: ToolCall, { result, path }: Given): ReadonlyArray<WebhookIssue> =>
  result["name"] === undefined || result["name"] === call.name
    ? []
    : [
        {
          path: [...path, "name"],
          expected: "the name of its tool call: calls that share an id, or have none, are answered in their order"
        }
      ]

const complete = (
  call: ToolCall,
  { result: source, path }: Given,
  issues: Array<WebhookIssue>,
  notShown: Array<WebhookIssue>
): object => {
  const { result, error, name, ...rest } = source
  if ((result === undefined) === (error === undefined)) issues.push({ path, expected: "either result or error" })
  for (const [key, value] of Object.entries({ name, error })) {
    if (value !== undefined && typeof value !== "string") issues.push({ path: [...path, key], expected: "string" })
  }
  issues.push(...jsonIssues(rest, path))
  const unread = jsonIssues(result, [...path, "result"])
  if (error === "") notShown.push({ path: [...path, "error"], expected: "words that the model can act on" })
  notShown.push(...unread.slice(0, 1))
  return {
    ...rest,
    // The runtime reads text here, also where the call had no id.
    toolCallId: call.id ?? "",
    name: name ?? call.name,
    ...outcomeOf(result, error, unread.length === 0)
  }
}

/** How a tool ended, on one line. An Error is a failure, whichever field it is in; its words may be for nobody else. */
const outcomeOf = (result: unknown, error: unknown, isReadable: boolean): object => {
  if (error !== undefined)
    return { error: typeof error === "string" && error !== "" ? withoutBreaks(error) : errorNotShown }
  if (result instanceof Error) return { error: errorNotShown }
  if (!isReadable || result === undefined) return { result: resultNotShown }
  return { result: withoutBreaks(typeof result === "string" ? result : JSON.stringify(result)) }
}
