/**
 * Whoever takes a call over: a number outside of the runtime, or another assistant.
 */
import { maskRowField } from "../json/mask.ts"
import type { JsonObject } from "../json/object.ts"
import { findBy, findWhole } from "../rows/find.ts"
import type { Store } from "../store/Store.ts"
import { emit, log, setStatus } from "./record.ts"
import { type Run, withState } from "./run.ts"
import type { Stage } from "./stage.ts"

/** Leaves the runtime. Nothing is dialled. */
export const forward = (stage: Stage, run: Run, destination: JsonObject): void => {
  emit(stage, run, "transfer-update", { destination, fromAssistant: run.state.assistant })
  setStatus(stage, run, "forwarding", { destination }, { destination })
  emit(stage, run, "phone-call-control", { request: "forward", destination })
  log(stage, run, "info", "Forwarded; nothing was dialled", { destination })
}

/** Which assistant is meant. */
export interface AssistantReference {
  readonly assistantId?: unknown
  readonly assistantName?: unknown
}

/** The assistant that is meant, by id or by name. */
export const findSpeaker = (store: Store, organization: string, to: AssistantReference): JsonObject | undefined =>
  findWhole(store, organization, "assistants", to.assistantId) ??
  (typeof to.assistantName === "string"
    ? findBy(store, organization, "assistants", "name", to.assistantName)
    : undefined)

/** Goes on with another assistant of the runtime; `undefined` when there is no such assistant. */
export const handOff = (stage: Stage, run: Run, to: AssistantReference): Run | undefined => {
  const assistant = findSpeaker(stage.store, run.organization, to)
  if (assistant === undefined) return undefined
  const { id, name } = assistant
  const destination = { type: "assistant", assistantName: name, assistantId: id }
  emit(stage, run, "transfer-update", { destination, fromAssistant: run.state.assistant, toAssistant: assistant })
  log(stage, run, "info", `Handed off to assistant ${String(name ?? id)}`)
  return withState(run, { assistant })
}

/** Says who speaks in a call that did not know yet: a row, and what it is with the overrides of the call. */
export const chooseAssistant = ({ runs }: Stage, run: Run, row: JsonObject, assistant: JsonObject): Run => {
  const { id } = row
  runs.patch(run, typeof id === "string" ? { assistantId: id } : { assistant: maskRowField("assistant", row) })
  return withState(run, { assistant })
}
