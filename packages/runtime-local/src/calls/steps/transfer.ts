/**
 * The call goes elsewhere: to the destination of the script, or to one that the server names.
 */
import { objectAt, type JsonObject } from "../../json/object.ts"
import { forward, handOff } from "../handOff.ts"
import { log } from "../record.ts"
import type { Run } from "../run.ts"
import { sayIfAny } from "../speech.ts"
import type { Stage } from "../stage.ts"
import { askServer, type ServerAnswer } from "./question.ts"
import type { StepKind } from "./step.ts"

export const transfer: StepKind<"transfer"> = {
  perform: (context, run, step) =>
    step.destination === undefined
      ? askServer(context, run, step, { type: "transfer-destination-request" }, (run, answer) =>
          onAnswer(context, run, answer)
        )
      : transferTo(context, run, step.destination)
}

const onAnswer = (stage: Stage, run: Run, { reply, error }: ServerAnswer): Run => {
  const next = sayIfAny(stage, run, objectAt(reply, "message")?.["content"])
  const destination = objectAt(reply, "destination")
  if (destination !== undefined) return transferTo(stage, next, destination)
  const reason = error ?? (typeof reply?.["error"] === "string" ? reply["error"] : "it gave no destination")
  log(stage, next, "warn", `No transfer: ${reason}`)
  return next
}

const transferTo = (stage: Stage, run: Run, destination: JsonObject): Run => {
  const next = sayIfAny(stage, run, destination["message"])
  if (destination["type"] !== "assistant") {
    forward(stage, next, destination)
    return { ...next, steps: [{ do: "end", reason: "assistant-forwarded-call" }] }
  }
  const handover = handOff(stage, next, destination)
  if (handover === undefined) log(stage, next, "error", "There is no assistant to transfer to", { destination })
  return handover ?? next
}
