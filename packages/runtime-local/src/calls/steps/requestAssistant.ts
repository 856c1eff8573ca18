/**
 * A call without an assistant: its server says who is to answer.
 */
import { isObject, objectAt, type JsonObject } from "../../json/object.ts"
import { findWhole } from "../../rows/find.ts"
import { finish } from "../finish.ts"
import { chooseAssistant, forward } from "../handOff.ts"
import { log } from "../record.ts"
import { type Run, withOverrides } from "../run.ts"
import { say } from "../speech.ts"
import type { Stage } from "../stage.ts"
import { askServer, type ServerAnswer } from "./question.ts"
import type { StepKind } from "./step.ts"

export const requestAssistant: StepKind<"request-assistant"> = {
  perform: (context, run, step) =>
    askServer(context, run, step, { type: "assistant-request" }, (run, answer) => onAnswer(context, run, answer))
}

const onAnswer = (stage: Stage, run: Run, { reply, error }: ServerAnswer): Run => {
  if (reply === undefined) {
    log(stage, run, "error", `assistant-request failed: ${error ?? "the answer is not JSON"}`)
    return finish(stage, run, "assistant-request-failed")
  }
  const { destination } = reply
  if (isObject(destination)) {
    forward(stage, run, destination)
    return finish(stage, run, "assistant-request-returned-forwarding-phone-number")
  }
  if (typeof reply["error"] === "string") {
    return finish(stage, say(stage, run, reply["error"]), "assistant-request-returned-error")
  }
  const assistant = assistantOf(stage, run, reply)
  if (assistant === undefined) {
    log(stage, run, "error", "The answer to assistant-request names no assistant of this runtime")
    const reason = reply["assistantId"] === undefined ? "no-assistant" : "invalid-assistant"
    return finish(stage, run, `assistant-request-returned-${reason}`)
  }
  return chooseAssistant(stage, run, assistant, withOverrides(assistant, objectAt(reply, "assistantOverrides")))
}

const assistantOf = ({ store }: Stage, { organization }: Run, reply: JsonObject): JsonObject | undefined =>
  objectAt(reply, "assistant") ?? findWhole(store, organization, "assistants", reply["assistantId"])
