/**
 * The tool calls of a message, read from every shape in which they are sent.
 *
 * @since 0.1.0
 */
import { isObject } from "../schema/isObject.ts"
import type { Opaque, ToolCall } from "./events.ts"
import { parseJson, withExactIntegers } from "./json.ts"

/** One call per entry, in their order, whichever list they stand in: what is no call at all still has its place. */
export const toolCallsOf = (message: unknown): ReadonlyArray<ToolCall> => {
  const { toolCallList, toolCalls, toolWithToolCallList } = isObject(message) ? message : {}
  const lists = [toolCallList, toolCalls, nested(toolWithToolCallList)]
  const list = lists.find((one) => Array.isArray(one) && one.length > 0)
  return (Array.isArray(list) ? list : []).map((call: unknown) => toolCallOf(isObject(call) ? call : {}))
}

const nested = (list: unknown): unknown =>
  Array.isArray(list) ? list.map((item) => (isObject(item) ? item["toolCall"] : undefined)) : undefined

/** An id of a tool call as text; undefined where there is none: models send empty ones, `null` and worse. */
export const toolCallIdOf = (value: unknown): string | undefined => textOf(value) || undefined

const textOf = (value: unknown): string =>
  typeof value === "string" ? value : typeof value === "number" ? String(value) : ""

/** How models write that there are no arguments. */
const isNothing = (given: unknown): boolean =>
  given === undefined || given === null || (typeof given === "string" && given.trim() === "")

const toolCallOf = (call: Opaque): ToolCall => {
  const inner = isObject(call["function"]) ? call["function"] : {}
  const id = toolCallIdOf(call["id"]) ?? toolCallIdOf(call["toolCallId"])
  const named = { ...(id === undefined ? {} : { id }), name: textOf(inner["name"] ?? call["name"]) }
  const given = inner["arguments"] ?? inner["parameters"] ?? call["arguments"] ?? call["parameters"]
  if (isNothing(given)) return { ...named, arguments: {} }
  if (isObject(given)) return { ...named, arguments: given }
  try {
    const parsed: unknown = typeof given === "string" ? withExactIntegers(given, parseJson(given)) : given
    if (isNothing(parsed)) return { ...named, arguments: {} }
    if (isObject(parsed)) return { ...named, arguments: parsed }
  } catch {
    // Falls through: what the model wrote is no JSON.
  }
  return { ...named, arguments: {}, invalidArguments: typeof given === "string" ? given : JSON.stringify(given) }
}
