/**
 * The calls of one event, whoever drives them: which tool, until when, and what became of each in the words of a model.
 */
import { caughtInside } from "../config/callbacks.ts"
import { type Names, unknownName } from "../config/unknownNames.ts"
import type { ToolCall, ToolCalls } from "../webhooks/events.ts"
import { resultNotShown } from "../webhooks/lines.ts"
import { oneLine } from "./oneLine.ts"
import type { AnyTool, ToolContext } from "./shape.ts"
import { ToolDefinitionError } from "./ToolDefinitionError.ts"
import { ToolFailure } from "./ToolFailure.ts"

/**
 * The outcome of one tool call, as the runtime reads it. `toolCallId` is empty where the call had no id.
 *
 * @since 0.1.0
 * @category models
 */
export type ToolResult =
  | { readonly toolCallId: string; readonly name: string; readonly result: string; readonly error?: undefined }
  | { readonly toolCallId: string; readonly name: string; readonly error: string; readonly result?: undefined }

/**
 * The reply to a `tool-calls` event: one outcome per call, in their order.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolResults {
  readonly results: ReadonlyArray<ToolResult>
  readonly error?: undefined
}

/**
 * A failed call, for your log.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolCallReport {
  readonly tool: string
  /** Absent when the model gave none. */
  readonly toolCallId: string | undefined
  /** What the model reads. */
  readonly answer: string
  /** What was thrown; in Effect programs the failure, or the defect. */
  readonly cause: unknown
}

/**
 * Options of the handlers.
 *
 * @since 0.1.0
 * @category models
 */
export interface HandleOptions {
  /**
   * Told about each call that failed through no fault of the model; what it throws, or rejects with, is dropped. By default a warning of the process, and in an Effect
   * program one in its log.
   */
  readonly onFailure?: ((report: ToolCallReport) => void) | undefined
}

/** Throws `ToolDefinitionError` for an option that nobody reads. `where`: the function that takes them. */
export const checkHandleOptions = (where: string, options: HandleOptions): void => {
  const unknown = unknownName(options, { onFailure: true } satisfies Names<HandleOptions>)
  if (unknown === undefined) return
  throw new ToolDefinitionError(where, [{ path: [unknown.name], message: unknown.message }])
}

/**
 * What handlers are told about the delivery; the context of the webhook adapters has it all.
 *
 * @since 0.1.0
 * @category models
 */
export interface Delivery {
  readonly deadline?: Date | undefined
  readonly signal?: AbortSignal | undefined
}

/** How a call ended. */
export type Ending =
  | { readonly _tag: "Shown"; readonly text: string }
  /** It was not run, or it said so itself. */
  | { readonly _tag: "Refused"; readonly text: string }
  | { readonly _tag: "Failed"; readonly error: unknown }
  /** It ran, and its result cannot be told. */
  | { readonly _tag: "Unshown"; readonly error: unknown }
  | { readonly _tag: "Late" }

/** What is said about a call. */
export interface Answer {
  readonly result: ToolResult
  /** For the operator. */
  readonly report?: ToolCallReport | undefined
}

/** The answer to a call that ended. */
export const answerOf = (call: ToolCall, tool: AnyTool | undefined, ending: Ending): Answer => {
  const about = { toolCallId: call.id ?? "", name: call.name }
  const reportOf = (answer: string, cause: unknown) => ({ tool: call.name, toolCallId: call.id, answer, cause })
  switch (ending._tag) {
    case "Shown":
      return { result: { ...about, result: ending.text } }
    case "Refused":
      return { result: { ...about, error: oneLine(ending.text) } }
    case "Unshown":
      return { result: { ...about, result: resultNotShown }, report: reportOf(resultNotShown, ending.error) }
    case "Late":
      return {
        result: { ...about, error: `${call.name} gave no answer in time. It is not known whether it was done.` }
      }
    case "Failed": {
      if (ending.error instanceof ToolFailure) return { result: { ...about, error: oneLine(ending.error.message) } }
      const error = oneLine(explanationOf(tool, ending.error) ?? `${call.name} failed.`)
      return { result: { ...about, error }, report: reportOf(error, ending.error) }
    }
  }
}

/** Of a result that cannot be shown. An Error is a failure, returned or thrown. */
export const unshown = (result: unknown, error: unknown): Ending => {
  // Somebody forgot to wait for a promise in it, perhaps; that was found, and is told.
  caughtInside(result)
  return result instanceof Error ? { _tag: "Failed", error: result } : { _tag: "Unshown", error }
}

/** The text of `failure`; one that throws says nothing. */
const explanationOf = (tool: AnyTool | undefined, error: unknown): string | undefined => {
  try {
    return tool?.explain(error)
  } catch {
    return undefined
  }
}

// What the whole reply needs after its last call.
const reserveMillis = 250

/** Without a word about the deadline: less than the 20 seconds that a server waits by default. */
const defaultMillis = 18_000

/** How long the calls of an event may take. */
export const millisOf = ({ deadline }: Delivery, now: number): number => {
  const left = deadline === undefined ? defaultMillis : deadline.getTime() - now
  return Math.max(left - Math.min(reserveMillis, left / 4), 0)
}

/** Finds the tool of a call, or why it cannot be run. */
export const finderOf = <T extends AnyTool>(tools: ReadonlyArray<T>): ((call: ToolCall) => T | Ending) => {
  const byName = new Map(tools.map((tool) => [tool.name, tool] as const))
  const known = tools.map(({ name }) => name).join(", ")
  return ({ name, invalidArguments }) => {
    const tool = byName.get(name)
    if (tool === undefined) {
      return { _tag: "Refused", text: `There is no tool ${name || "without a name"}. There are: ${known}.` }
    }
    return invalidArguments === undefined
      ? tool
      : { _tag: "Refused", text: `The arguments of ${name} are no JSON object. Send one.` }
  }
}

/** The contexts of the calls of one event. */
export const contextsOf = (
  message: Pick<ToolCalls, "toolCalls">
): ((call: ToolCall, signal: AbortSignal) => ToolContext) => {
  const unique = uniqueIds(message.toolCalls)
  const about: ToolContext["message"] = { ...message }
  const from = about["call"]
  const id = typeof from === "object" && from !== null && "id" in from ? from.id : undefined
  const callId = typeof id === "string" ? id : undefined
  return (call, signal) => ({
    toolCallId: unique.has(call.id) ? call.id : undefined,
    callId,
    message: about,
    signal
  })
}

/** The ids that name one call of an event, and no other. */
const uniqueIds = (calls: ReadonlyArray<ToolCall>): ReadonlySet<string | undefined> => {
  const byId = Map.groupBy(calls, ({ id }) => id)
  return new Set([...byId].filter(([id, { length }]) => id !== undefined && length === 1).map(([id]) => id))
}
