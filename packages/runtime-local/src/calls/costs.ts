/**
 * What a call would have cost: computed from what happened, at made-up rates.
 */
import { isObject, type JsonObject } from "../json/object.ts"

/** US dollars per minute, token or character. */
const rates = { transport: 0.008, transcriber: 0.006, platform: 0.05, prompt: 4e-7, completion: 1.6e-6, voice: 3e-5 }

const round = (value: number) => Math.round(value * 1e6) / 1e6

/** Letters per token, roughly. */
const lettersPerToken = 4

/** The costs of a call by its length and its conversation. A call that nobody answered costs nothing. */
export const costsOf = (
  assistant: JsonObject | undefined,
  messages: ReadonlyArray<JsonObject>,
  milliseconds: number,
  answered: boolean
): JsonObject => {
  if (!answered) return { cost: 0, costBreakdown: { total: 0 }, costs: [] }
  const minutes = round(milliseconds / 60_000)
  const letters = (...roles: ReadonlyArray<unknown>) =>
    messages
      .filter((entry) => roles.includes(entry["role"]))
      .reduce((sum, entry) => sum + String(entry["message"] ?? entry["result"] ?? "").length, 0)
  const promptTokens = Math.ceil(letters("system", "user", "tool_call_result") / lettersPerToken)
  const completionTokens = Math.ceil(letters("bot") / lettersPerToken)
  const characters = letters("bot")
  const transport = round(minutes * rates.transport)
  const stt = round(minutes * rates.transcriber)
  const llm = round(promptTokens * rates.prompt + completionTokens * rates.completion)
  const tts = round(characters * rates.voice)
  const platform = round(minutes * rates.platform)
  const total = round(transport + stt + llm + tts + platform)
  const part = (name: string) => (isObject(assistant?.[name]) ? { [name]: pick(assistant[name]) } : {})
  return {
    cost: total,
    costBreakdown: {
      transport,
      stt,
      llm,
      tts,
      vapi: platform,
      total,
      llmPromptTokens: promptTokens,
      llmCompletionTokens: completionTokens,
      ttsCharacters: characters
    },
    costs: [
      { type: "transport", minutes, cost: transport },
      { type: "transcriber", ...part("transcriber"), minutes, cost: stt },
      { type: "model", ...part("model"), promptTokens, completionTokens, cost: llm },
      { type: "voice", ...part("voice"), characters, cost: tts },
      { type: "vapi", subType: "normal", minutes, cost: platform }
    ]
  }
}

/** Which one it is; not its prompts, keys and tools. */
export const pick = (part: unknown): JsonObject =>
  isObject(part)
    ? Object.fromEntries(
        ["provider", "model", "voiceId", "language", "version"].flatMap((key) =>
          part[key] === undefined ? [] : [[key, part[key]]]
        )
      )
    : {}
