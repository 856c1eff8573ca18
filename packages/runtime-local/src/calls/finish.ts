/**
 * The end of a call, and the report of it.
 */
import type { JsonObject } from "../json/object.ts"
import { chatOf } from "./conversation.ts"
import { costsOf } from "./costs.ts"
import { emit, log, setStatus } from "./record.ts"
import type { Run } from "./run.ts"
import { artifactFor } from "./speech.ts"
import type { Stage } from "./stage.ts"

/** Ends a call for a reason. */
export const finish = (stage: Stage, run: Run, endedReason: string): Run => {
  const { messages } = run.state
  const { assistant, startedAt } = run.state
  const links = stage.links.onEnd(run.callId, assistant, startedAt !== undefined)
  const artifact = { ...artifactFor(stage, run), ...links }
  const report = reportOf(run, endedReason, stage.now(), artifact)
  const end = { ...run, done: true, steps: [] }
  const own = {
    endedReason,
    messages,
    messagesOpenAIFormatted: chatOf(messages),
    transcript: artifact["transcript"]
  }
  setStatus(stage, end, "ended", { ...report, messages }, own)
  emit(stage, end, "end-of-call-report", report)
  log(stage, end, "info", `The call ended: ${endedReason}`)
  stage.runs.save(end, undefined)
  return end
}

const reportOf = (run: Run, endedReason: string, now: number, artifact: JsonObject): JsonObject => {
  const { startedAt, messages, assistant, analysis } = run.state
  const answered = startedAt !== undefined
  const turns = messages.filter(({ role }) => role === "bot" || role === "user").length
  return {
    endedReason,
    ...(answered ? { startedAt: new Date(startedAt).toISOString() } : {}),
    endedAt: new Date(now).toISOString(),
    ...costsOf(assistant, messages, now - (startedAt ?? now), answered),
    analysis: analysis ?? {
      summary: `Scripted call of the local runtime: ${turns} turns, ended by ${endedReason}. No model analysed it.`,
      successEvaluation: String(answered && !endedReason.includes("error"))
    },
    artifact
  }
}
