/**
 * One turn of a chat: what the assistant says and does after an input. A script decides, or a model whose address was given;
 * tools are really asked, as in calls.
 */
import { apiRequest } from "../calls/apiRequest.ts"
import type { Calls } from "../calls/calls.ts"
import { chatTool } from "../calls/live.ts"
import { findSpeaker } from "../calls/handOff.ts"
import type { ScriptStep } from "../calls/script.ts"
import { decodeSteps } from "../calls/script.ts"
import {
  callEntry,
  findTool,
  resultOf,
  type ToolCall,
  toolCallsMessage,
  toolMessage,
  type ToolResult,
  toolsOf
} from "../calls/tools.ts"
import { fillIn } from "../calls/variables.ts"
import { HttpError } from "../http/errors.ts"
import { isObject, objectAt, type JsonObject } from "../json/object.ts"
import { replyOf } from "../outbox/attemptOutcome.ts"
import type { Outbox } from "../outbox/outbox.ts"
import type { Store } from "../store/Store.ts"
import { Stopped } from "../time/clock.ts"
import type { Ids } from "../time/ids.ts"
import { askModel, type ModelOptions } from "./model.ts"

/** What turns work with. */
export interface TurnContext {
  readonly store: Store
  readonly ids: Ids
  readonly now: () => number
  readonly calls: Calls
  readonly outbox: Outbox
  /** Who speaks where no script does. */
  readonly model: ModelOptions | undefined
}

/** A turn to take. */
export interface Turn {
  readonly chatId: string
  readonly organization: string
  readonly assistant: JsonObject
  /** The values of `{{…}}`. */
  readonly variables: JsonObject
  /** The conversation so far, the input included. */
  readonly messages: ReadonlyArray<JsonObject>
  /** What is left of the script that the conversation follows. */
  readonly script: ReadonlyArray<ScriptStep> | undefined
}

/** What came of a turn. */
export interface TurnResult {
  readonly output: ReadonlyArray<JsonObject>
  readonly script: ReadonlyArray<ScriptStep> | undefined
}

/** More answers of a model in a row than any conversation has use for: one that calls tools for ever is stopped. */
const mostReplies = 8

/** Takes a turn. */
export const takeTurn = async (context: TurnContext, turn: Turn, signal: AbortSignal): Promise<TurnResult> => {
  const { model } = context
  const [mine, rest] = turn.script === undefined ? [[], []] : cut(turn.script)
  if (mine.length > 0) return { output: (await perform(context, turn, mine, signal)).output, script: rest }
  if (model === undefined) {
    throw new HttpError(
      409,
      turn.script === undefined
        ? "Nobody speaks for the assistant: no script matches it (POST /__aywa/calls/script), and no model was given (--model-url)"
        : "The script of this conversation has no reply left, and no model was given (--model-url)",
      { code: "no_reply", outcome: true }
    )
  }
  let at = turn
  const output: Array<JsonObject> = []
  for (let replies = 0; replies < mostReplies; replies++) {
    // oxlint-disable-next-line no-await-in-loop -- each answer follows from the one before
    const steps = await stepsOf(context, model, at, signal)
    // oxlint-disable-next-line no-await-in-loop
    const done = await perform(context, at, steps, signal)
    output.push(...done.output)
    if (!steps.some((step) => "tool" in step)) break
    at = { ...at, assistant: done.assistant, messages: [...turn.messages, ...output] }
  }
  return { output, script: turn.script }
}

/** The steps up to what the user says next: the first of those words is what was just said. */
const cut = (script: ReadonlyArray<ScriptStep>): readonly [ReadonlyArray<ScriptStep>, ReadonlyArray<ScriptStep>] => {
  const [head] = script
  const steps = head !== undefined && "user" in head ? script.slice(1) : script
  const end = steps.findIndex((step) => "user" in step)
  return end === -1 ? [steps, []] : [steps.slice(0, end), steps.slice(end)]
}

const stepsOf = async ({ store }: TurnContext, model: ModelOptions, turn: Turn, signal: AbortSignal) => {
  const { organization, assistant, variables, messages } = turn
  const tools = toolsOf(store, organization, assistant).flatMap(chatTool)
  try {
    return decodeSteps(
      await askModel(model, { chat: [...promptsOf(assistant, variables), ...messages], tools }, signal)
    )
  } catch (error) {
    if (signal.aborted) throw new Stopped()
    const reason = error instanceof Error ? error.message : String(error)
    throw new HttpError(502, `The model did not answer: ${reason}`, { code: "model_failed" })
  }
}

const promptsOf = (assistant: JsonObject, variables: JsonObject): ReadonlyArray<JsonObject> => {
  const messages = objectAt(assistant, "model")?.["messages"]
  return (Array.isArray(messages) ? messages : []).flatMap((message: unknown) =>
    isObject(message) && message["role"] === "system" && typeof message["content"] === "string"
      ? [{ role: "system", content: fillIn(message["content"], variables) }]
      : []
  )
}

const perform = async (context: TurnContext, turn: Turn, steps: ReadonlyArray<ScriptStep>, signal: AbortSignal) => {
  const output: Array<JsonObject> = []
  let { assistant } = turn
  for (const step of steps) {
    if ("assistant" in step) output.push({ role: "assistant", content: step.assistant })
    if ("handoff" in step) assistant = findSpeaker(context.store, turn.organization, step.handoff) ?? assistant
    if ("tool" in step) {
      const call = { toolCallId: `call_${context.ids.token(16)}`, name: step.tool, arguments: { ...step.arguments } }
      // oxlint-disable-next-line no-await-in-loop -- one tool after the other, as in a call
      output.push(...(await callTool(context, { ...turn, assistant }, call, signal)))
    }
  }
  return { output, assistant }
}

/** The call of a tool, its result, and what the tool says then. */
const callTool = async (context: TurnContext, turn: Turn, call: ToolCall, signal: AbortSignal) => {
  const tool = findTool(context.store, turn.organization, turn.assistant, call.name)
  const result: ToolResult =
    tool === undefined
      ? { ok: false, text: `There is no tool ${call.name}` }
      : await resultFor(context, turn, tool, call)
  if (signal.aborted) throw new Stopped()
  const text = result.say ?? toolMessage(tool, result.ok ? "request-complete" : "request-failed")
  return [
    { role: "assistant", tool_calls: [callEntry(call)] },
    { role: "tool", content: result.text, tool_call_id: call.toolCallId },
    ...(text === undefined ? [] : [{ role: "assistant", content: text }])
  ]
}

const resultFor = async (context: TurnContext, turn: Turn, tool: JsonObject, call: ToolCall): Promise<ToolResult> => {
  const { store, calls, outbox, now } = context
  const { organization, assistant, variables, chatId } = turn
  if (tool["type"] === "apiRequest") {
    return apiRequest({ ...calls.api(), store }, organization, tool, call.arguments, variables)
  }
  if (tool["type"] !== "function" && objectAt(tool, "server") === undefined) {
    return { ok: true, text: "Simulated by the local runtime" }
  }
  const event = {
    organization,
    type: "tool-calls",
    tool,
    assistant,
    message: { type: "tool-calls", timestamp: now(), ...toolCallsMessage(tool, call), chat: { id: chatId }, assistant }
  }
  if (tool["async"] === true) {
    store.transaction(() => outbox.emit(event))
    return { ok: true, text: "Started; its result is not awaited" }
  }
  const { outcome } = await outbox.ask(event)
  if (outcome === undefined) return { ok: false, text: "No server is configured" }
  if (outcome.type === "stopped") throw new Stopped()
  return outcome.type === "failed" ? { ok: false, text: outcome.error } : resultOf(replyOf(outcome), call)
}
