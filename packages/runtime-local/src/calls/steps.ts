/**
 * The steps of a call that happen in one turn: what each does, and what it adds to what is left.
 */
import { isObject, objectAt, type JsonObject } from "../json/object.ts"
import { promptsOf } from "./conversation.ts"
import type { Run, Step } from "./run.ts"
import type { Stage } from "./stage.ts"

/** Milliseconds of the runtime's clock between the steps of a call. */
export interface CallPace {
  /** Until it rings. Default 150. */
  readonly ring?: number | undefined
  /** Until somebody answers. Default 250. */
  readonly answer?: number | undefined
  /** For what one side says. Default 100. */
  readonly turn?: number | undefined
  /** Until the call ends after the last step. Default 200. */
  readonly end?: number | undefined
}

/** How long before a step is due. */
export const delayOf = (step: Step | undefined, pace: CallPace): number => {
  switch (step?.do) {
    case "ring":
      return pace.ring ?? 150
    case "answer":
      return pace.answer ?? 250
    case "spoken":
      return pace.turn ?? 100
    case "end":
      return pace.end ?? 200
    case "wait":
      return step.ms
    default:
      return 0
  }
}

/** Steps that ask somebody, and so take more than one turn. */
export type AskingStep = Step & { readonly do: "request-assistant" | "knowledge" | "tool" | "transfer" }

/** Whether a step asks somebody. */
export const isAsking = (step: Step): step is AskingStep =>
  step.do === "request-assistant" || step.do === "knowledge" || step.do === "tool" || step.do === "transfer"

/** Does a step; gives the run with what is left. */
export const perform = (stage: Stage, run: Run, step: Exclude<Step, AskingStep>, now: number): Run => {
  switch (step.do) {
    case "queue":
      return stage.setStatus(run, "queued")
    case "ring":
      return stage.setStatus(run, "ringing")
    case "answer":
      return answer(stage, run, now)
    case "speak": {
      if (run.state.muted.includes(step.role)) {
        stage.log(run, "info", `The ${step.role} is muted: not heard`, { text: step.text })
        return run
      }
      const next = stage.beginsToSpeak(run, step.role, step.text, step.interrupts === true)
      return first(next, { do: "spoken", role: step.role, text: step.text, since: now })
    }
    case "spoken": {
      const next = stage.hasSpoken(run, step.role, step.text, step.since)
      const server = objectAt(next.state.assistant, "model", "knowledgeBase", "server")
      return step.role === "user" && server !== undefined ? first(next, { do: "knowledge" }) : next
    }
    case "handoff": {
      const next = stage.handOff(run, step)
      if (next !== undefined) return next
      stage.log(run, "error", "There is no assistant to hand off to", { to: step })
      return run
    }
    case "wait":
      return run
    case "end":
      if (step.by === "assistant") stage.emit(run, "phone-call-control", { request: "hang-up" })
      return stage.finish(run, step.reason)
  }
}

/** Puts steps before what is left. */
export const first = (run: Run, ...steps: ReadonlyArray<Step>): Run => ({ ...run, steps: [...steps, ...run.steps] })

const answer = (stage: Stage, run: Run, now: number): Run => {
  const { assistant } = run.state
  if (assistant === undefined) {
    stage.log(run, "error", "The assistant of this call does not exist")
    return stage.finish(run, "call.start.error-get-assistant")
  }
  const begun = { ...run, state: { ...run.state, startedAt: now, messages: promptsOf(assistant, now) } }
  stage.setStatus(begun, "in-progress", { startedAt: new Date(now).toISOString() })
  const firstMessage = assistant["firstMessage"]
  const waits = assistant["firstMessageMode"] === "assistant-waits-for-user"
  if (typeof firstMessage !== "string" || firstMessage === "" || waits) return begun
  return first(begun, { do: "speak", role: "assistant", text: firstMessage })
}

/** The assistant of a call with the overrides that the call gives. */
export const withOverrides = (assistant: JsonObject | undefined, overrides: unknown): JsonObject | undefined => {
  if (assistant === undefined || !isObject(overrides)) return assistant
  const { variableValues: _, "tools:append": __, ...fields } = overrides
  return { ...assistant, ...fields }
}
