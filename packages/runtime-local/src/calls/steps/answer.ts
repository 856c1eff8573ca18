/**
 * Somebody answers: the conversation begins, mostly with what the assistant says first.
 */
import { promptsOf } from "../conversation.ts"
import { finish } from "../finish.ts"
import { log, setStatus } from "../record.ts"
import { first, type Run, withState } from "../run.ts"
import type { Stage } from "../stage.ts"
import type { StepKind } from "./step.ts"

const perform = (stage: Stage, run: Run): Run => {
  const { assistant } = run.state
  if (assistant === undefined) {
    log(stage, run, "error", "The assistant of this call does not exist")
    return finish(stage, run, "call.start.error-get-assistant")
  }
  const now = stage.now()
  const begun = withState(run, { startedAt: now, messages: promptsOf(assistant, now) })
  setStatus(stage, begun, "in-progress", { startedAt: new Date(now).toISOString() })
  const { firstMessage, firstMessageMode } = assistant
  if (typeof firstMessage !== "string" || firstMessage === "") return begun
  if (firstMessageMode === "assistant-waits-for-user") return begun
  return first(begun, { do: "speak", role: "assistant", text: firstMessage })
}

export const answer: StepKind<"answer"> = { delay: (_, pace) => pace.answer ?? 250, perform }
