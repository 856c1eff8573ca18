/**
 * One side speaks: it begins, and a turn later it ends.
 */
import { objectAt } from "../../json/object.ts"
import { log } from "../record.ts"
import { first } from "../run.ts"
import { endSpeech, startSpeech } from "../speech.ts"
import type { StepKind } from "./step.ts"

export const speak: StepKind<"speak"> = {
  perform: (stage, run, { role, text, interrupts }) => {
    if (run.state.muted.includes(role)) {
      log(stage, run, "info", `The ${role} is muted: not heard`, { text })
      return run
    }
    const next = startSpeech(stage, run, role, text, interrupts === true)
    return first(next, { do: "spoken", role, text, since: stage.now() })
  }
}

export const spoken: StepKind<"spoken"> = {
  delay: (_, pace) => pace.turn ?? 100,
  perform: (stage, run, { role, text, since }) => {
    const next = endSpeech(stage, run, role, text, since)
    const server = objectAt(next.state.assistant, "model", "knowledgeBase", "server")
    return role === "user" && server !== undefined ? first(next, { do: "knowledge" }) : next
  }
}
