/**
 * The conversation of a call in its three forms: entries, chat messages, transcript.
 */
import { isObject, type JsonObject } from "../json/object.ts"

/** What a call leaves of its conversation. */
export const artifactOf = (messages: ReadonlyArray<JsonObject>): JsonObject => ({
  messages,
  messagesOpenAIFormatted: chatOf(messages),
  transcript: transcriptOf(messages)
})

/** As a chat model takes it. */
export const chatOf = (messages: ReadonlyArray<JsonObject>): ReadonlyArray<JsonObject> =>
  messages.map((entry) => {
    switch (entry["role"]) {
      case "bot":
        return { role: "assistant", content: entry["message"] }
      case "tool_calls":
        return { role: "assistant", content: null, tool_calls: entry["toolCalls"] }
      case "tool_call_result":
        return { role: "tool", content: entry["result"], tool_call_id: entry["toolCallId"] }
      default:
        return { role: entry["role"], content: entry["message"] }
    }
  })

/** As a person reads it. */
export const transcriptOf = (messages: ReadonlyArray<JsonObject>): string =>
  messages
    .flatMap((entry) => {
      if (entry["role"] === "bot") return [`AI: ${String(entry["message"])}\n`]
      return entry["role"] === "user" ? [`User: ${String(entry["message"])}\n`] : []
    })
    .join("")

/** The system prompts of an assistant, which begin every conversation. */
export const promptsOf = (assistant: JsonObject | undefined, now: number): ReadonlyArray<JsonObject> => {
  const model = assistant?.["model"]
  const messages = isObject(model) ? model["messages"] : undefined
  return (Array.isArray(messages) ? messages : []).flatMap((message: unknown) =>
    isObject(message) && message["role"] === "system" && typeof message["content"] === "string"
      ? [{ role: "system", message: message["content"], time: now, secondsFromStart: 0 }]
      : []
  )
}
