/**
 * The tools of an assistant, and what calling one means for the runtime.
 */
import type { Store } from "../store/Store.ts"
import { findWhole } from "../rows/find.ts"
import { isObject, objectAt, type JsonObject } from "../json/object.ts"

/** The tool of an assistant by the name that its model knows it by. */
export const findTool = (
  store: Store,
  organization: string,
  assistant: JsonObject | undefined,
  name: string
): JsonObject | undefined => toolsOf(store, organization, assistant).find((tool) => nameOf(tool) === name)

/** The name that a model calls a tool by. */
export const nameOf = (tool: JsonObject): string => {
  const name = objectAt(tool, "function")?.["name"] ?? tool["name"] ?? tool["type"]
  return String(name)
}

/** All tools of an assistant, inline ones and rows. */
export const toolsOf = (
  store: Store,
  organization: string,
  assistant: JsonObject | undefined
): ReadonlyArray<JsonObject> => {
  const model = objectAt(assistant, "model")
  const { tools, toolIds, toolRefs } = model ?? {}
  const refs = list(toolRefs).flatMap((ref) => (isObject(ref) ? [ref["toolId"]] : []))
  const stored = [...list(toolIds), ...refs].flatMap((id) => {
    const tool = findWhole(store, organization, "tools", id)
    return tool === undefined ? [] : [tool]
  })
  return [...list(tools).filter(isObject), ...stored]
}

const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

/** What a tool says while, after, or when it fails; `undefined` when it says nothing. */
export const toolMessage = (tool: JsonObject | undefined, type: string): string | undefined => {
  const messages = list(tool?.["messages"]).filter(isObject)
  const content = messages.find((message) => message["type"] === type)?.["content"]
  return typeof content === "string" && content !== "" ? content : undefined
}

/** The two lists of a `tool-calls` message. */
export const toolCallsMessage = (tool: JsonObject, call: ToolCall): JsonObject => {
  const toolCall = callEntry(call)
  return { toolCallList: [toolCall], toolWithToolCallList: [{ ...tool, toolCall }] }
}

/** A call of a tool. */
export interface ToolCall {
  readonly toolCallId: string
  readonly name: string
  readonly arguments: JsonObject
}

/** As chat models write it. */
export const callEntry = ({ toolCallId, name, arguments: values }: ToolCall): JsonObject => ({
  id: toolCallId,
  type: "function",
  function: { name, arguments: JSON.stringify(values) }
})

/** What a tool gave back. */
export interface ToolResult {
  readonly ok: boolean
  readonly text: string
  /** Said by the assistant, where the server has something to say. */
  readonly say?: string | undefined
}

/** The result of one call in the answer of a server. */
export const resultOf = (reply: JsonObject | undefined, call: ToolCall): ToolResult => {
  if (reply === undefined) return { ok: false, text: "The server's answer is not JSON" }
  if (typeof reply["error"] === "string") return { ok: false, text: reply["error"] }
  const results = list(reply["results"]).filter(isObject)
  const result = results.find((one) => one["toolCallId"] === call.toolCallId)
  if (result === undefined) return { ok: false, text: "The server gave no result for this call of the tool" }
  const content = objectAt(result, "message")?.["content"]
  const say = typeof content === "string" && content !== "" ? { say: content } : {}
  if (typeof result["error"] === "string") return { ok: false, text: result["error"], ...say }
  const value = result["result"]
  return { ok: true, text: typeof value === "string" ? value : JSON.stringify(value ?? null), ...say }
}
