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
  const lists = [toolCallList, toolCalls, unwrapCalls(toolWithToolCallList)]
  const list = lists.find((one) => Array.isArray(one) && one.length > 0)
  return (Array.isArray(list) ? list : []).map((call: unknown) => toolCallOf(isObject(call) ? call : {}))
}

const unwrapCalls = (list: unknown): unknown =>
  Array.isArray(list) ? list.map((item) => (isObject(item) ? item["toolCall"] : undefined)) : undefined

/** An id of a tool call as text; undefined where there is none: models send empty ones, `null` and worse. */
export const toolCallIdOf = (value: unknown): string | undefined => textOf(value) || undefined

const textOf = (value: unknown): string =>
  typeof value === "string" ? value : typeof value === "number" ? String(value) : ""

const toolCallOf = (call: Opaque): ToolCall => {
  const inner = isObject(call["function"]) ? call["function"] : {}
  const id = toolCallIdOf(call["id"]) ?? toolCallIdOf(call["toolCallId"])
  const argument = inner["arguments"] ?? inner["parameters"] ?? call["arguments"] ?? call["parameters"]
  return { ...(id === undefined ? {} : { id }), name: textOf(inner["name"] ?? call["name"]), ...argumentsOf(argument) }
}

const argumentsOf = (argument: unknown): Pick<ToolCall, "arguments" | "invalidArguments"> => {
  // Models write that there are none in many ways: nothing, null, blank text, and the last two inside of text.
  const value = (typeof argument === "string" ? jsonOf(argument) : argument) ?? ""
  if (isObject(value)) return { arguments: value }
  const isNothing = typeof value === "string" && value.trim() === ""
  const json = typeof argument === "string" ? argument : JSON.stringify(argument)
  return { arguments: {}, ...(isNothing ? {} : { invalidArguments: json }) }
}

/** The value of JSON text; text that is no JSON is its own. */
const jsonOf = (text: string): unknown => {
  try {
    return withExactIntegers(text, parseJson(text))
  } catch {
    return text
  }
}
