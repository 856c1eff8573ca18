/**
 * The results of tool calls: which call each one answers, and the form in which the runtime reads it.
 *
 * @since 0.1.0
 */
import { text, type WebhookIssue } from "../checks.ts"
import type { ToolCall } from "../events.ts"
import { resultNotShown, withoutBreaks } from "../lines.ts"
import { toolCallIdOf } from "../toolCalls.ts"

type Result = Readonly<Record<string, unknown>>

interface Given {
  readonly result: Result
  readonly path: WebhookIssue["path"]
}

interface Completed {
  readonly results: ReadonlyArray<object>
  readonly issues: ReadonlyArray<WebhookIssue>
  /** Results that are no JSON. Their tools ran, so that the model is told that they are done. */
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
  const given = Map.groupBy(
    results.map((result, index): Given => ({ result, path: ["results", index] })),
    ({ result }) => toolCallIdOf(result["toolCallId"])
  )
  const callsById = Map.groupBy(calls, ({ id }) => id)
  const completed = calls.map((call) => {
    const next = given.get(call.id)?.shift()
    if (next === undefined) {
      issues.push({ path: ["results"], expected: "a result for every tool call of the event" })
      return {}
    }
    const alone = call.id !== undefined && callsById.get(call.id)?.length === 1
    if (!alone) issues.push(...checkOrder(call, next))
    return complete(call, next, issues, notShown)
  })
  for (const [id, rest] of given) {
    const expected = callsById.has(id) ? "one result per tool call" : "the id of a tool call of the event"
    issues.push(...rest.map(({ path }) => ({ path: [...path, "toolCallId"], expected })))
  }
  return { results: completed, issues, notShown }
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
  { result: given, path }: Given,
  issues: Array<WebhookIssue>,
  notShown: Array<WebhookIssue>
): object => {
  const { result, error, name, ...rest } = given
  if ((result === undefined) === (error === undefined)) issues.push({ path, expected: "either result or error" })
  if (name !== undefined) issues.push(...text.explain(name, [...path, "name"]))
  if (error !== undefined) issues.push(...text.explain(error, [...path, "error"]))
  const line = result === undefined ? undefined : oneLine(result)
  if (result !== undefined && line === undefined) notShown.push({ path: [...path, "result"], expected: "text or JSON" })
  return {
    ...rest,
    // The runtime reads text here, also where the call had no id.
    toolCallId: call.id ?? "",
    name: name ?? call.name,
    ...(error === undefined ? { result: line ?? resultNotShown } : { error: oneLine(error) })
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
