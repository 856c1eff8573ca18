/**
 * What is said in a call, and what its conversation keeps of it.
 */
import { objectAt, type JsonObject } from "../json/object.ts"
import { artifactOf, chatOf } from "./conversation.ts"
import { emit } from "./record.ts"
import { type Role, type Run, withState } from "./run.ts"
import type { Stage } from "./stage.ts"

/** The conversation, beside what else the call has by now, such as structured outputs. */
export const artifactFor = ({ runs }: Stage, run: Run): JsonObject => ({
  ...objectAt(runs.call(run), "artifact"),
  ...artifactOf(run.state.messages)
})

/** Adds an entry to the conversation. */
export const remember = (stage: Stage, run: Run, entry: JsonObject): Run => {
  const now = stage.now()
  const { startedAt = now, messages } = run.state
  const secondsFromStart = Math.max(0, (Number(entry["time"] ?? now) - startedAt) / 1000)
  const next = withState(run, { messages: [...messages, { time: now, secondsFromStart, ...entry }] })
  stage.runs.patch(next, { artifact: artifactFor(stage, next) })
  emit(stage, next, "conversation-update", {
    messages: next.state.messages,
    messagesOpenAIFormatted: chatOf(next.state.messages)
  })
  return next
}

/** Somebody begins to speak. */
export const startSpeech = (stage: Stage, run: Run, role: Role, text: string, interrupts: boolean): Run => {
  const turn = run.state.turn + 1
  const next = withState(run, { turn })
  if (interrupts) emit(stage, next, "user-interrupted", { turnId: `turn-${turn}` })
  emit(stage, next, "speech-update", { status: "started", role, turn })
  if (role === "assistant") emit(stage, next, "assistant.speechStarted", { text, turn, source: "model" })
  else {
    const half = text.slice(0, Math.ceil(text.length / 2))
    emit(stage, next, "transcript", { role, transcriptType: "partial", transcript: half })
  }
  return next
}

/** Somebody who has spoken since a time has come to the end. */
export const endSpeech = (stage: Stage, run: Run, role: Role, text: string, since: number): Run => {
  const { turn } = run.state
  const now = stage.now()
  emit(stage, run, "speech-update", { status: "stopped", role, turn })
  emit(stage, run, "transcript", { role, transcriptType: "final", transcript: text })
  const speaker = role === "assistant" ? "bot" : "user"
  return remember(stage, run, { role: speaker, message: text, time: since, endTime: now, duration: now - since })
}

/** The assistant says something at once, as a control action has it. */
export const say = (stage: Stage, run: Run, text: string): Run =>
  endSpeech(stage, startSpeech(stage, run, "assistant", text, false), "assistant", text, stage.now())

/** The assistant says something at once, where there is something to say. */
export const sayIfAny = (stage: Stage, run: Run, text: unknown): Run =>
  typeof text === "string" && text !== "" ? say(stage, run, text) : run
