/**
 * What can happen in a call: each a change of the run, the call's row, the timeline and the outbox, inside one
 * transaction that the caller opens.
 */
import type { Outbox } from "../outbox/outbox.ts"
import { findBy, findRow } from "../rows/find.ts"
import type { Store } from "../store/Store.ts"
import { envelope } from "../outbox/envelope.ts"
import { objectAt, type JsonObject } from "../json/object.ts"
import { artifactOf, chatOf } from "./conversation.ts"
import { costsOf } from "./costs.ts"
import type { Role, Run, Runs } from "./run.ts"

/** What things happen with. */
export interface StageContext {
  readonly store: Store
  readonly runs: Runs
  readonly outbox: Outbox
  readonly now: () => number
}

/** Things that happen in a call. */
export type Stage = ReturnType<typeof makeStage>

/** Too long for a timeline; the events themselves are in the webhook log. */
const bulky: ReadonlySet<string> = new Set(["messages", "messagesOpenAIFormatted", "artifact", "transcript"])

/** Makes a stage. */
export const makeStage = ({ store, runs, outbox, now }: StageContext) => {
  const log = (run: Run, level: "info" | "warn" | "error", message: string, more: JsonObject = {}) =>
    runs.write(run, "log", { level, message, ...more })

  /** An event of this call, as the outbox takes it. */
  const eventOf = (run: Run, type: string, own: JsonObject, more: JsonObject = {}) => {
    const call = runs.call(run) ?? { id: run.callId }
    const { assistant, phoneNumber } = run.state
    const context = { call, assistant, phoneNumber, customer: objectAt(call, "customer"), now: now() }
    const message = envelope(type, context, own)
    return { organization: run.organization, type, message, callId: run.callId, assistant, phoneNumber, ...more }
  }

  const onTimeline = (run: Run, id: string, type: string, own: JsonObject) => {
    const kept = Object.fromEntries(Object.entries(own).filter(([key]) => !bulky.has(key) || type === "transcript"))
    runs.write(run, "event", { id, type, status: runs.call(run)?.["status"], data: kept })
  }

  const emit = (run: Run, type: string, own: JsonObject): void => {
    const { eventId } = outbox.emit(eventOf(run, type, own))
    onTimeline(run, eventId, type, own)
  }

  const setStatus = (run: Run, status: string, fields: JsonObject = {}, own: JsonObject = {}): Run => {
    runs.patch(run, { status, ...fields })
    emit(run, "status-update", { status, ...own })
    return run
  }

  /** What was said, beside what else the call has by now, such as structured outputs. */
  const artifactFor = (run: Run): JsonObject => ({
    ...objectAt(runs.call(run), "artifact"),
    ...artifactOf(run.state.messages)
  })

  const remember = (run: Run, ...entries: ReadonlyArray<JsonObject>): Run => {
    const { startedAt = now(), messages } = run.state
    const added = entries.map((entry) => ({
      time: now(),
      secondsFromStart: Math.max(0, (Number(entry["time"] ?? now()) - startedAt) / 1000),
      ...entry
    }))
    const next = { ...run, state: { ...run.state, messages: [...messages, ...added] } }
    runs.patch(next, { artifact: artifactFor(next) })
    emit(next, "conversation-update", {
      messages: next.state.messages,
      messagesOpenAIFormatted: chatOf(next.state.messages)
    })
    return next
  }

  const beginsToSpeak = (run: Run, role: Role, text: string, interrupts: boolean): Run => {
    const turn = run.state.turn + 1
    const next = { ...run, state: { ...run.state, turn } }
    if (interrupts) emit(next, "user-interrupted", { turnId: `turn-${turn}` })
    emit(next, "speech-update", { status: "started", role, turn })
    if (role === "assistant") emit(next, "assistant.speechStarted", { text, turn, source: "model" })
    else {
      const half = text.slice(0, Math.ceil(text.length / 2))
      emit(next, "transcript", { role, transcriptType: "partial", transcript: half })
    }
    return next
  }

  const hasSpoken = (run: Run, role: Role, text: string, since: number): Run => {
    const { turn } = run.state
    emit(run, "speech-update", { status: "stopped", role, turn })
    emit(run, "transcript", { role, transcriptType: "final", transcript: text })
    const entry = { role: role === "assistant" ? "bot" : "user", message: text, time: since, endTime: now() }
    return remember(run, { ...entry, duration: now() - since })
  }

  /** At once, as a control action has it. */
  const say = (run: Run, text: string): Run =>
    hasSpoken(beginsToSpeak(run, "assistant", text, false), "assistant", text, now())

  const finish = (run: Run, reason: string, fields: JsonObject = {}): Run => {
    const { startedAt, messages, assistant, analysis } = run.state
    const answered = startedAt !== undefined
    const costs = costsOf(assistant, messages, now() - (startedAt ?? now()), answered)
    const artifact = artifactFor(run)
    const said = messages.filter(({ role }) => role === "bot" || role === "user").length
    const report = {
      endedReason: reason,
      ...(answered ? { startedAt: new Date(startedAt).toISOString() } : {}),
      endedAt: new Date(now()).toISOString(),
      ...costs,
      analysis: analysis ?? {
        summary: `Scripted call of the local runtime: ${said} turns, ended by ${reason}. No model analysed it.`,
        successEvaluation: String(answered && !reason.includes("error"))
      },
      artifact
    }
    const done = { ...run, done: true, steps: [] }
    setStatus(
      done,
      "ended",
      { ...report, messages, ...fields },
      {
        endedReason: reason,
        messages,
        messagesOpenAIFormatted: chatOf(messages),
        transcript: artifact["transcript"],
        ...fields
      }
    )
    emit(done, "end-of-call-report", { ...report, ...fields })
    log(done, "info", `The call ended: ${reason}`)
    runs.save(done, undefined)
    return done
  }

  /** Out of the runtime: forwarding, and the end. */
  const forward = (run: Run, destination: JsonObject): Run => {
    emit(run, "transfer-update", { destination, fromAssistant: run.state.assistant })
    setStatus(run, "forwarding", { destination }, { destination })
    emit(run, "phone-call-control", { request: "forward", destination })
    log(run, "info", "Forwarded; nothing was dialled", { destination })
    return run
  }

  /** To another assistant of the runtime; `undefined` when there is none such. */
  const handOff = (
    run: Run,
    to: { readonly assistantId?: unknown; readonly assistantName?: unknown }
  ): Run | undefined => {
    const next =
      findRow(store, run.organization, "assistants", to.assistantId) ??
      (typeof to.assistantName === "string"
        ? findBy(store, run.organization, "assistants", "name", to.assistantName)
        : undefined)
    if (next === undefined) return undefined
    const { name } = next
    const destination = { type: "assistant", assistantName: name, assistantId: next["id"] }
    emit(run, "transfer-update", { destination, fromAssistant: run.state.assistant, toAssistant: next })
    log(run, "info", `Handed off to assistant ${String(name ?? next["id"])}`)
    return { ...run, state: { ...run.state, assistant: next } }
  }

  /** Says who speaks in a call that did not know yet. */
  const chooseAssistant = (run: Run, chosen: JsonObject, effective: JsonObject): Run => {
    const { id } = chosen
    runs.patch(run, typeof id === "string" ? { assistantId: id } : { assistant: chosen })
    return { ...run, state: { ...run.state, assistant: effective } }
  }

  return {
    callOf: (run: Run) => runs.call(run),
    chooseAssistant,
    log,
    emit,
    eventOf,
    onTimeline,
    setStatus,
    remember,
    beginsToSpeak,
    hasSpoken,
    say,
    finish,
    forward,
    handOff
  }
}
