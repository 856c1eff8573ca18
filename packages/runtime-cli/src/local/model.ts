/**
 * The model that speaks for an assistant, as the command line asks it.
 */
import { askModel as ask, type ChatState, type ModelOptions } from "@aywa-ai/runtime-local/internal/model"
import { CliFailure, exitCodes, messageOf } from "../core/failure.ts"

export type { ChatState, ModelOptions }

/** Asks for the next steps of the assistant: a text, or tools. */
export const askModel = async (
  model: ModelOptions,
  state: ChatState,
  signal: AbortSignal
): Promise<ReadonlyArray<Readonly<Record<string, unknown>>>> => {
  try {
    return await ask(model, state, signal)
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
}
