/**
 * Messages without the secrets of the rows that they carry: they go to servers, into the log and onto screens.
 */
import { maskObject } from "../json/mask.ts"
import { isObject, type JsonObject } from "../json/object.ts"

/** Rows that a message carries whole. */
const rows = ["assistant", "phoneNumber", "toAssistant", "fromAssistant"]

/** Masks secrets in the rows of a message, in the servers of its tools, and in the assistant of its call. */
export const safeMessage = (message: JsonObject): JsonObject => {
  const done = new Map<unknown, JsonObject>()
  const safe = { ...message, ...masked(message, rows, done) }
  const { call } = safe
  if (isObject(call)) safe["call"] = { ...call, ...masked(call, ["assistant", "phoneNumber"], done) }
  const tools = safe["toolWithToolCallList"]
  if (Array.isArray(tools)) {
    // Only the server: a tool's parameters may well be called password, and are no secret.
    safe["toolWithToolCallList"] = tools.map((tool: unknown) =>
      isObject(tool) ? { ...tool, ...masked(tool, ["server"], done) } : tool
    )
  }
  return safe
}

/** Rows with masks, each once: an assistant that a call brought along stands in the message and in its call. */
const masked = (message: JsonObject, keys: ReadonlyArray<string>, done: Map<unknown, JsonObject>): JsonObject => {
  const safe: JsonObject = {}
  for (const key of keys) {
    const row = message[key]
    if (!isObject(row)) continue
    const view = done.get(row) ?? maskObject(row)
    done.set(row, view)
    safe[key] = view
  }
  return safe
}
