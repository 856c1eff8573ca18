/**
 * The model calls a tool: some end or move the call, `apiRequest` makes a request, the others are their server's.
 */
import { objectAt, objectOf, type JsonObject } from "../../json/object.ts"
import { apiRequest } from "../apiRequest.ts"
import { emit, log } from "../record.ts"
import { first, type Run, type StepOf } from "../run.ts"
import { remember, sayIfAny } from "../speech.ts"
import type { Stage } from "../stage.ts"
import { callEntry, findTool, resultOf, toolCallsMessage, toolMessage, type ToolResult } from "../tools.ts"
import { variablesOf } from "../variables.ts"
import { askServer } from "./question.ts"
import type { Question, StepContext, StepKind } from "./step.ts"

type ToolStep = StepOf<"tool">

export const tool: StepKind<"tool"> = {
  perform: (context, run, step) => {
    const tool = findTool(context.store, run.organization, run.state.assistant, step.name)
    const opening = begin(context, run, step, tool)
    if (tool === undefined) {
      log(context, opening, "error", `The assistant has no tool ${step.name}`)
      return end(context, opening, step, tool, { ok: false, text: `There is no tool ${step.name}` })
    }
    const type = String(tool["type"])
    const perform = Object.hasOwn(byType, type) ? byType[type] : undefined
    return (perform ?? callServer)(context, opening, step, tool)
  }
}

/** The call of the tool becomes part of the conversation, and the tool says what it says meanwhile. */
const begin = (stage: Stage, run: Run, step: ToolStep, tool: JsonObject | undefined): Run => {
  if (step.called === true) {
    log(stage, run, "warn", `Tool ${step.name} is called again: the runtime was restarted`)
    return run
  }
  const next = remember(stage, run, { role: "tool_calls", message: "", toolCalls: [callEntry(step)] })
  return sayIfAny(stage, next, toolMessage(tool, "request-start"))
}

/** The result becomes part of the conversation, and the tool says what it has to say. */
const end = (stage: Stage, run: Run, step: ToolStep, tool: JsonObject | undefined, result: ToolResult): Run => {
  if (!result.ok) log(stage, run, "warn", `Tool ${step.name} failed: ${result.text}`)
  const { name, toolCallId } = step
  const next = remember(stage, run, { role: "tool_call_result", name, toolCallId, result: result.text })
  const text = result.say ?? toolMessage(tool, result.ok ? "request-complete" : "request-failed")
  return text === undefined ? next : first(next, { do: "speak", role: "assistant", text })
}

type PerformTool = (context: StepContext, run: Run, step: ToolStep, tool: JsonObject) => Run | Question

/** By the type of a tool; all others are for their server. */
const byType: Readonly<Record<string, PerformTool>> = {
  endCall: (_, run) => ({ ...run, steps: [{ do: "end", reason: "assistant-ended-call", by: "assistant" }] }),

  transferCall: (_, run, __, tool) => first(run, { do: "transfer", destination: objectAt(destinationOf(tool)) }),

  handoff: (_, run, __, tool) => {
    const { assistantId, assistantName } = objectOf(destinationOf(tool))
    return first(run, {
      do: "handoff",
      ...(typeof assistantId === "string" ? { assistantId } : {}),
      ...(typeof assistantName === "string" ? { assistantName } : {})
    })
  },

  apiRequest: (context, run, step, tool) => ({
    run: first(run, { ...step, called: true }),
    ask: async () => {
      const api = { ...context.api(), store: context.store }
      const variables = variablesOf(context, run)
      const result = await apiRequest(api, run.organization, tool, step.arguments, variables)
      return (run) => {
        log(context, run, result.ok ? "info" : "warn", `apiRequest ${step.name}`, result.log)
        return end(context, run, step, tool, result)
      }
    }
  })
}

/** Where a tool leads to: the first destination that it has. */
const destinationOf = (tool: JsonObject): unknown => {
  const { destinations } = tool
  return Array.isArray(destinations) ? destinations[0] : undefined
}

const callServer: PerformTool = (context, run, step, tool) => {
  const own = toolCallsMessage(tool, step)
  if (tool["type"] !== "function" && objectAt(tool, "server") === undefined) {
    log(context, run, "warn", `Tools of type ${String(tool["type"])} do nothing in the local runtime`)
    return end(context, run, step, tool, { ok: true, text: "Simulated by the local runtime" })
  }
  if (tool["async"] === true) {
    emit(context, run, "tool-calls", own)
    return end(context, run, step, tool, { ok: true, text: "Started; its result is not awaited" })
  }
  const question = { type: "tool-calls", own, event: { tool } }
  return askServer(context, run, { ...step, called: true }, question, (run, { reply, error }) =>
    end(context, run, step, tool, error === undefined ? resultOf(reply, step) : { ok: false, text: error })
  )
}
