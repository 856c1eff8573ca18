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

const toolCallOf = (call: Opaque): ToolCall => {
  const inner = isObject(call["function"]) ? call["function"] : {}
  const id = toolCallIdOf(call["id"]) ?? toolCallIdOf(call["toolCallId"])
  const given = inner["arguments"] ?? inner["parameters"] ?? call["arguments"] ?? call["parameters"]
  return { ...(id === undefined ? {} : { id }), name: textOf(inner["name"] ?? call["name"]), ...argumentsOf(given) }
}

const argumentsOf = (given: unknown): Pick<ToolCall, "arguments" | "invalidArguments"> => {
  // Models write that there are none in many ways: nothing, null, blank text, and the last two inside of text.
  const value = (typeof given === "string" ? jsonOf(given) : given) ?? ""
  if (isObject(value)) return { arguments: value }
  const isNothing = typeof value === "string" && value.trim() === ""
  const written = typeof given === "string" ? given : JSON.stringify(given)
  return { arguments: {}, ...(isNothing ? {} : { invalidArguments: written }) }
}

/** The value of JSON text; text that is no JSON is its own. */
const jsonOf = (text: string): unknown => {
  try {
    return withExactIntegers(text, parseJson(text))
  } catch {
    return text
  }
}
