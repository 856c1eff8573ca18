/**
 * The steps of a call that ask somebody: a server, or the target of an `apiRequest`. Before: what is written down
 * while nobody has answered. After: what the answer does to the call.
 */
import type { NewEvent } from "../outbox/emit.ts"
import type { Outbox } from "../outbox/outbox.ts"
import { replyOf } from "../outbox/attemptOutcome.ts"
import { replyIssues } from "../outbox/replies.ts"
import { findRow } from "../rows/find.ts"
import type { Store } from "../store/Store.ts"
import { isObject, objectAt, objectOf, type JsonObject } from "../json/object.ts"
import { apiRequest, type ApiRequestContext } from "./apiRequest.ts"
import { chatOf } from "./conversation.ts"
import type { Run } from "./run.ts"
import type { Stage } from "./stage.ts"
import { type AskingStep, first, withOverrides } from "./steps.ts"
import { callEntry, findTool, resultOf, toolCallsMessage, toolMessage, type ToolResult } from "./tools.ts"

/** What asking works with. */
export interface AskingContext {
  readonly store: Store
  readonly outbox: Outbox
  readonly stage: Stage
  readonly api: () => Omit<ApiRequestContext, "store">
}

/** A question on its way: run `ask` outside of any transaction, and what it gives inside of one. */
export interface Question {
  /** The run while the question is open, its step marked so that a restart asks again under the same id. */
  readonly run: Run
  /** Resolves with what the answer does to the run; with `undefined` when the runtime stops. */
  readonly ask: () => Promise<((run: Run) => Run) | undefined>
}

type Settled = { readonly run: Run }

/** Prepares a step that asks: a question, or what it came to without one. */
export const makeAsking = (context: AskingContext) => {
  const { outbox, stage } = context

  /** Asks a server; `own` are the fields of the message. */
  const question = (
    run: Run,
    step: AskingStep,
    own: JsonObject,
    more: Partial<NewEvent>,
    answered: (run: Run, reply: JsonObject | undefined, error: string | undefined) => Run
  ): Question => {
    const type = typeOf(step)
    const event: NewEvent = { ...stage.eventOf(run, type, own), ...more }
    const eventId = step.eventId ?? outbox.prepare(event)
    if (step.eventId === undefined) stage.onTimeline(run, eventId, type, own)
    return {
      run: first(run, { ...step, eventId, ...(step.do === "tool" ? { called: true } : {}) }),
      ask: async () => {
        if (!(await outbox.drain(run.callId, 500))) return undefined
        const { outcome } = await outbox.ask({ ...event, id: eventId })
        if (outcome?.type === "stopped") return undefined
        return (later) => {
          if (outcome === undefined) return answered(later, undefined, "No server is configured")
          if (outcome.type === "failed") return answered(later, undefined, outcome.error)
          const issues = replyIssues(type, event.message, outcome)
          if (issues.length > 0) stage.log(later, "warn", `The answer to ${type} is not as it should be`, { issues })
          return answered(later, replyOf(outcome), undefined)
        }
      }
    }
  }

  const requestAssistant = (run: Run, step: AskingStep & { readonly do: "request-assistant" }) =>
    question(run, step, {}, {}, (later, reply, error) => {
      const { store } = context
      const { destination, assistant, assistantId, assistantOverrides } = reply ?? {}
      if (error !== undefined || reply === undefined) {
        stage.log(later, "error", `assistant-request failed: ${error ?? "the answer is not JSON"}`)
        return stage.finish(later, "assistant-request-failed")
      }
      if (isObject(destination)) {
        return stage.finish(stage.forward(later, destination), "assistant-request-returned-forwarding-phone-number")
      }
      if (typeof reply["error"] === "string") {
        return stage.finish(stage.say(later, reply["error"]), "assistant-request-returned-error")
      }
      const found = isObject(assistant) ? assistant : findRow(store, later.organization, "assistants", assistantId)
      if (found === undefined) {
        const reason = assistantId === undefined ? "no-assistant" : "invalid-assistant"
        stage.log(later, "error", "The answer to assistant-request names no assistant of this runtime")
        return stage.finish(later, `assistant-request-returned-${reason}`)
      }
      return stage.chooseAssistant(later, found, withOverrides(found, assistantOverrides) ?? found)
    })

  const knowledge = (run: Run, step: AskingStep & { readonly do: "knowledge" }) => {
    const server = objectAt(run.state.assistant, "model", "knowledgeBase", "server")
    const own = { messages: run.state.messages, messagesOpenAIFormatted: chatOf(run.state.messages) }
    return question(run, step, own, { own: { level: "knowledge-base", server } }, (later, reply, error) => {
      const documents = reply?.["documents"]
      if (Array.isArray(documents)) {
        const texts = documents.flatMap((one: unknown) => (isObject(one) ? [String(one["content"] ?? "")] : []))
        stage.log(later, "info", `The knowledge base gave ${texts.length} documents`)
        return texts.length === 0 ? later : stage.remember(later, { role: "system", message: texts.join("\n\n") })
      }
      const said = objectAt(reply, "message")?.["content"]
      if (typeof said === "string") return first(later, { do: "speak", role: "assistant", text: said })
      stage.log(later, "warn", `The knowledge base gave nothing: ${error ?? "no documents, no message"}`)
      return later
    })
  }

  const transfer = (run: Run, step: AskingStep & { readonly do: "transfer" }): Question | Settled => {
    if (step.destination !== undefined) return { run: transferTo(run, step.destination) }
    return question(run, step, {}, {}, (later, reply, error) => {
      const destination = reply?.["destination"]
      const said = objectAt(reply, "message")?.["content"]
      const spoken = typeof said === "string" && said !== "" ? stage.say(later, said) : later
      if (isObject(destination)) return transferTo(spoken, destination)
      const reason = error ?? (typeof reply?.["error"] === "string" ? reply["error"] : "it gave no destination")
      stage.log(spoken, "warn", `No transfer: ${reason}`)
      return spoken
    })
  }

  const transferTo = (run: Run, destination: JsonObject): Run => {
    const { type, assistantId, assistantName, message } = destination
    const told = typeof message === "string" && message !== "" ? stage.say(run, message) : run
    if (type !== "assistant") {
      return { ...stage.forward(told, destination), steps: [{ do: "end", reason: "assistant-forwarded-call" }] }
    }
    const next = stage.handOff(told, { assistantId, assistantName })
    if (next === undefined) stage.log(told, "error", "There is no assistant to transfer to", { destination })
    return next ?? told
  }

  const tool = (run: Run, step: AskingStep & { readonly do: "tool" }): Question | Settled => {
    const found = findTool(context.store, run.organization, run.state.assistant, step.name)
    let begun = run
    if (step.called === true) stage.log(run, "warn", `Tool ${step.name} is called again: the runtime was restarted`)
    else {
      begun = stage.remember(run, { role: "tool_calls", message: "", toolCalls: [callEntry(step)] })
      const start = toolMessage(found, "request-start")
      if (start !== undefined) begun = stage.say(begun, start)
    }
    const done = (later: Run, result: ToolResult): Run => settleTool(stage, later, step, found, result)
    if (found === undefined) {
      stage.log(begun, "error", `The assistant has no tool ${step.name}`)
      return { run: done(begun, { ok: false, text: `There is no tool ${step.name}` }) }
    }
    switch (found["type"]) {
      case "endCall":
        return { run: { ...begun, steps: [{ do: "end", reason: "assistant-ended-call", by: "assistant" }] } }
      case "transferCall": {
        const destinations = Array.isArray(found["destinations"]) ? found["destinations"] : []
        const destination: unknown = destinations[0]
        return { run: first(begun, { do: "transfer", destination: isObject(destination) ? destination : undefined }) }
      }
      case "handoff": {
        const to = Array.isArray(found["destinations"]) ? (found["destinations"][0] as unknown) : undefined
        const { assistantId, assistantName } = objectOf(to)
        return {
          run: first(begun, {
            do: "handoff",
            ...(typeof assistantId === "string" ? { assistantId } : {}),
            ...(typeof assistantName === "string" ? { assistantName } : {})
          })
        }
      }
      case "apiRequest":
        return {
          run: first(begun, { ...step, called: true }),
          ask: async () => {
            const api = { ...context.api(), store: context.store }
            const result = await apiRequest(api, run.organization, found, step.arguments, variablesOf(run, stage))
            return (later) => {
              stage.log(later, result.ok ? "info" : "warn", `apiRequest ${step.name}`, result.log)
              return done(later, result)
            }
          }
        }
      default:
        return askServer(begun, step, found, done)
    }
  }

  const askServer = (
    run: Run,
    step: AskingStep & { readonly do: "tool" },
    found: JsonObject,
    done: (run: Run, result: ToolResult) => Run
  ): Question | Settled => {
    const own = toolCallsMessage(found, step)
    if (found["type"] !== "function" && objectAt(found, "server") === undefined) {
      stage.log(run, "warn", `Tools of type ${String(found["type"])} do nothing in the local runtime`)
      return { run: done(run, { ok: true, text: "Simulated by the local runtime" }) }
    }
    if (found["async"] === true) {
      stage.emit(run, "tool-calls", own)
      return { run: done(run, { ok: true, text: "Started; its result is not awaited" }) }
    }
    return question(run, step, own, { tool: found }, (later, reply, error) =>
      done(later, error === undefined ? resultOf(reply, step) : { ok: false, text: error })
    )
  }

  return (run: Run, step: AskingStep): Question | Settled => {
    switch (step.do) {
      case "request-assistant":
        return requestAssistant(run, step)
      case "knowledge":
        return knowledge(run, step)
      case "transfer":
        return transfer(run, step)
      case "tool":
        return tool(run, step)
    }
  }
}

const typeOf = (step: AskingStep): string => {
  switch (step.do) {
    case "request-assistant":
      return "assistant-request"
    case "knowledge":
      return "knowledge-base-request"
    case "transfer":
      return "transfer-destination-request"
    case "tool":
      return "tool-calls"
  }
}

/** The result becomes part of the conversation, and the tool says what it has to say. */
const settleTool = (
  stage: Stage,
  run: Run,
  step: AskingStep & { readonly do: "tool" },
  found: JsonObject | undefined,
  result: ToolResult
): Run => {
  if (!result.ok) stage.log(run, "warn", `Tool ${step.name} failed: ${result.text}`)
  const { name, toolCallId } = step
  const next = stage.remember(run, { role: "tool_call_result", name, toolCallId, result: result.text })
  const said = result.say ?? toolMessage(found, result.ok ? "request-complete" : "request-failed")
  return said === undefined ? next : first(next, { do: "speak", role: "assistant", text: said })
}

/** What `{{…}}` may stand for in a tool beside what the model gives. */
const variablesOf = (run: Run, stage: Stage): JsonObject => {
  const call = stage.callOf(run)
  const flat = (prefix: string, row: JsonObject | undefined) =>
    Object.entries(row ?? {}).flatMap(([key, value]) =>
      typeof value === "string" || typeof value === "number" ? [[`${prefix}.${key}`, String(value)]] : []
    )
  return Object.fromEntries([
    ...flat("call", call),
    ...flat("customer", objectAt(call, "customer")),
    ...flat("phoneNumber", run.state.phoneNumber),
    ...Object.entries(objectAt(call, "assistantOverrides", "variableValues") ?? {})
  ])
}
