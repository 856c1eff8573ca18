/**
 * Steps that ask a server: the question is written down before it is sent, and the answer changes the run.
 */
import type { JsonObject } from "../../json/object.ts"
import { replyOf } from "../../outbox/attemptOutcome.ts"
import type { NewEvent } from "../../outbox/emit.ts"
import { replyIssues } from "../../outbox/replies.ts"
import { eventOf, log, writeTimeline } from "../record.ts"
import { first, type Run, type StepOf } from "../run.ts"
import type { Question, StepContext } from "./step.ts"

/** A step that asks a server, and remembers the event of its question. */
export type AskingStep = StepOf<"request-assistant" | "knowledge" | "tool" | "transfer">

/** A question to a server. */
export interface ServerQuestion {
  readonly type: string
  /** The fields of the message. */
  readonly own?: JsonObject
  /** What decides about its target, beside the call. */
  readonly event?: Pick<NewEvent, "own" | "tool">
}

/** What came back: an answer, or why there is none. An answer that is not JSON is neither. */
export interface ServerAnswer {
  readonly reply?: JsonObject | undefined
  readonly error?: string | undefined
}

/** Asks a server; `onAnswer` is what the answer does to the run as it is by then. */
export const askServer = (
  context: StepContext,
  run: Run,
  step: AskingStep,
  { type, own = {}, event: target }: ServerQuestion,
  onAnswer: (run: Run, answer: ServerAnswer) => Run
): Question => {
  const { outbox } = context
  const event: NewEvent = { ...eventOf(context, run, type, own), ...target }
  const eventId = step.eventId ?? outbox.prepare(event)
  if (step.eventId === undefined) writeTimeline(context, run, { id: eventId, type }, own)
  return {
    run: first(run, { ...step, eventId }),
    ask: async () => {
      if (!(await outbox.drain(run.callId, 500))) return undefined
      const { outcome } = await outbox.ask({ ...event, id: eventId })
      if (outcome?.type === "stopped") return undefined
      return (run) => {
        if (outcome === undefined) return onAnswer(run, { error: "No server is configured" })
        if (outcome.type === "failed") return onAnswer(run, { error: outcome.error })
        const issues = replyIssues(type, event.message, outcome)
        if (issues.length > 0) log(context, run, "warn", `The answer to ${type} is not as it should be`, { issues })
        return onAnswer(run, { reply: replyOf(outcome) })
      }
    }
  }
}
