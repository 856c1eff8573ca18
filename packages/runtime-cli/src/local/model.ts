/**
 * A model behind an address that speaks the chat completions of OpenAI: asked for what the assistant says or does next.
 */
import { CliFailure, exitCodes, messageOf } from "../core/failure.ts"

type Row = Readonly<Record<string, unknown>>

/** A conversation, as a chat model takes it. */
export interface ChatState {
  readonly chat: ReadonlyArray<Row>
  readonly tools: ReadonlyArray<Row>
}

/** Where the model is. */
export interface Model {
  /** Such as `http://127.0.0.1:11434/v1`. */
  readonly url: string
  readonly model: string
  readonly key: string | undefined
}

/** Asks for the next steps of the assistant: a text, or tools. */
export const askModel = async (
  { url, model, key }: Model,
  { chat, tools }: ChatState,
  signal: AbortSignal
): Promise<ReadonlyArray<Row>> => {
  let answer: unknown
  try {
    const response = await fetch(`${url.replace(/\/+$/, "")}/chat/completions`, {
      method: "POST",
      redirect: "error",
      signal,
      headers: {
        "content-type": "application/json",
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` })
      },
      body: JSON.stringify({ model, messages: chat, ...(tools.length === 0 ? {} : { tools }) })
    })
    if (!response.ok) throw new Error(`it answered ${response.status}`)
    answer = await response.json()
  } catch (error) {
    if (signal.aborted) throw error
    throw new CliFailure({
      code: "model",
      message: `The model did not answer: ${messageOf(error)}.`,
      hint: "Look at --model-url, --model and AYWA_MODEL_KEY.",
      exitCode: exitCodes.unreachable,
      cause: error
    })
  }
  return stepsOf(answer)
}

const stepsOf = (answer: unknown): ReadonlyArray<Row> => {
  const choices: unknown = Reflect.get(Object(answer), "choices")
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
  const { content, tool_calls: calls }: Row = { ...Object(Reflect.get(Object(choice), "message")) }
  const tools = (Array.isArray(calls) ? calls : []).map((one: unknown): Row => {
    const { name, arguments: values }: Row = { ...Object(Reflect.get(Object(one), "function")) }
    return { tool: String(name), arguments: argumentsOf(values) }
  })
  return [...(typeof content === "string" && content.trim() !== "" ? [{ assistant: content.trim() }] : []), ...tools]
}

const argumentsOf = (text: unknown): Row => {
  try {
    return { ...Object(JSON.parse(String(text))) }
  } catch {
    return {}
  }
}
