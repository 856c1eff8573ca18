/**
 * Messages without the secrets of the rows that they carry: they go to servers, into the log and onto screens.
 */
import { maskSecrets } from "../rows/secrets.ts"
import { isJson, type Json } from "../rows/validation.ts"

/** Rows that a message carries whole. */
const rows = ["assistant", "phoneNumber", "toAssistant", "fromAssistant"]

/** Masks secrets in the rows of a message, in the servers of its tools, and in the assistant of its call. */
export const safeMessage = (message: Json): Json => {
  const safe = { ...message, ...masked(message, rows) }
  if (isJson(safe["call"])) safe["call"] = { ...safe["call"], ...masked(safe["call"], ["assistant", "phoneNumber"]) }
  const tools = safe["toolWithToolCallList"]
  if (Array.isArray(tools)) {
    // Only the server: a tool's parameters may well be called password, and are no secret.
    safe["toolWithToolCallList"] = tools.map((tool: unknown) =>
      isJson(tool) ? { ...tool, ...masked(tool, ["server"]) } : tool
    )
  }
  return safe
}

const masked = (message: Json, keys: ReadonlyArray<string>): Json =>
  Object.fromEntries(
    keys.flatMap((key) => {
      const row = message[key]
      return isJson(row) ? [[key, maskSecrets(row, {}).visible]] : []
    })
  )
