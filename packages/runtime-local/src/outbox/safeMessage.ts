/**
 * Messages without the secrets of the rows that they carry: they go to servers, into the log and onto screens.
 */
import { maskObject } from "../json/mask.ts"
import { isObject, type JsonObject } from "../json/object.ts"

/** Rows that a message carries whole. */
const rows = ["assistant", "phoneNumber", "toAssistant", "fromAssistant"]

/** Masks secrets in the rows of a message, in the servers of its tools, and in the assistant of its call. */
export const safeMessage = (message: JsonObject): JsonObject => {
  const safe = { ...message, ...masked(message, rows) }
  if (isObject(safe["call"])) safe["call"] = { ...safe["call"], ...masked(safe["call"], ["assistant", "phoneNumber"]) }
  const tools = safe["toolWithToolCallList"]
  if (Array.isArray(tools)) {
    // Only the server: a tool's parameters may well be called password, and are no secret.
    safe["toolWithToolCallList"] = tools.map((tool: unknown) =>
      isObject(tool) ? { ...tool, ...masked(tool, ["server"]) } : tool
    )
  }
  return safe
}

const masked = (message: JsonObject, keys: ReadonlyArray<string>): JsonObject =>
  Object.fromEntries(
    keys.flatMap((key) => {
      const row = message[key]
      return isObject(row) ? [[key, maskObject(row)]] : []
    })
  )
