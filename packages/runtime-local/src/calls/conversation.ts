/**
 * The conversation of a call in the forms in which it is told: entries, chat messages, transcript.
 */
import { isJson, type Json } from "../rows/validation.ts"

/** What a call leaves of its conversation. */
export const artifactOf = (messages: ReadonlyArray<Json>): Json => ({
  messages,
  messagesOpenAIFormatted: chatOf(messages),
  transcript: transcriptOf(messages)
})

/** As a chat model takes it. */
export const chatOf = (messages: ReadonlyArray<Json>): ReadonlyArray<Json> =>
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
export const transcriptOf = (messages: ReadonlyArray<Json>): string =>
  messages
    .flatMap((entry) => {
      if (entry["role"] === "bot") return [`AI: ${String(entry["message"])}\n`]
      return entry["role"] === "user" ? [`User: ${String(entry["message"])}\n`] : []
    })
    .join("")

/** The system prompts of an assistant, which begin every conversation. */
export const promptsOf = (assistant: Json | undefined, now: number): ReadonlyArray<Json> => {
  const model = assistant?.["model"]
  const messages = isJson(model) ? model["messages"] : undefined
  return (Array.isArray(messages) ? messages : []).flatMap((message: unknown) =>
    isJson(message) && message["role"] === "system" && typeof message["content"] === "string"
      ? [{ role: "system", message: message["content"], time: now, secondsFromStart: 0 }]
      : []
  )
}
