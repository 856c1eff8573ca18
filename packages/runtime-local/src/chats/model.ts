/**
 * A model behind an address that speaks the chat completions of OpenAI: asked for what the assistant says or does next.
 */
import { isObject, type JsonObject, objectAt } from "../json/object.ts"

/** What a model is asked with. */
export interface ChatState {
  /** The conversation, as a chat model takes it. */
  readonly chat: ReadonlyArray<JsonObject>
  /** The tools of the assistant, as a chat model takes them. */
  readonly tools: ReadonlyArray<JsonObject>
}

/**
 * Where a model is: an address that speaks the chat completions of OpenAI.
 *
 * @since 0.2.0
 * @category models
 */
export interface ModelOptions {
  /** Such as `http://127.0.0.1:11434/v1`. */
  readonly url: string
  /** Its name there. */
  readonly name: string
  /** Sent as a bearer token. Default: none. */
  readonly apiKey?: string | undefined
}

/** Steps of a script: `{ assistant }` and `{ tool, arguments }`. */
export type ModelSteps = ReadonlyArray<JsonObject>

/** Real milliseconds that a model has for one answer. */
const patience = 120_000

/** Asks a model; throws an Error that says what went wrong. */
export const askModel = async (
  { url, name, apiKey }: ModelOptions,
  { chat, tools }: ChatState,
  signal: AbortSignal
): Promise<ModelSteps> => {
  const response = await fetch(`${url.replace(/\/+$/, "")}/chat/completions`, {
    method: "POST",
    redirect: "error",
    signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]),
    headers: {
      "content-type": "application/json",
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` })
    },
    body: JSON.stringify({ model: name, messages: chat, ...(tools.length === 0 ? {} : { tools }) })
  })
  if (!response.ok) throw new Error(`it answered ${response.status}`)
  return stepsOf(await response.json())
}

const stepsOf = (answer: unknown): ModelSteps => {
  const choices = isObject(answer) ? answer["choices"] : undefined
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
  const { content, tool_calls: calls } = objectAt(choice, "message") ?? {}
  const tools = (Array.isArray(calls) ? calls : []).map((one: unknown): JsonObject => {
    const { name, arguments: values } = objectAt(one, "function") ?? {}
    return { tool: String(name), arguments: argumentsOf(values) }
  })
  return [...(typeof content === "string" && content.trim() !== "" ? [{ assistant: content.trim() }] : []), ...tools]
}

const argumentsOf = (text: unknown): JsonObject => {
  try {
    const value: unknown = JSON.parse(String(text))
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}
