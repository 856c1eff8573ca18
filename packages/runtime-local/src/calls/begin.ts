/**
 * How a call begins: who answers it, by which script, and when.
 */
import { objectAt, type JsonObject } from "../json/object.ts"
import { findWhole } from "../rows/find.ts"
import type { Store } from "../store/Store.ts"
import type { Ids } from "../time/ids.ts"
import { type AdvanceContext, dueOf } from "./advance.ts"
import { compileScript } from "./compile.ts"
import { emit } from "./record.ts"
import { type Run, withOverrides } from "./run.ts"
import type { Script, Scripts } from "./script.ts"

/** How a call begins, where its own row does not say so. */
export interface BeginOptions {
  /** Instead of a script that matches. */
  readonly script?: Omit<Script, "match"> | undefined
  /** Rings at once, and asks who is to speak. */
  readonly inbound?: boolean | undefined
  /** Without the waits of the pace. */
  readonly hurried?: boolean | undefined
  /** Waits for steps that somebody gives by hand. */
  readonly live?: boolean | undefined
  /** The call as clients read it, for who has it at hand. */
  readonly visible?: JsonObject | undefined
}

/** What a beginning needs. */
export interface BeginContext extends AdvanceContext {
  readonly ids: Ids
  readonly scripts: Scripts
  readonly wake: () => void
}

/** Stands in every call's log, and in its voice pipeline. */
export const disclaimer =
  "The local runtime runs no voice pipeline: nobody is called, nothing is heard or spoken, no model thinks. " +
  "A script decides what is said; servers are really asked and tools really called."

/** Lets a stored call live. */
export const begin = (context: BeginContext, call: JsonObject, options: BeginOptions = {}): void => {
  const { store, ids, runs, scripts } = context
  const organization = String(call["orgId"])
  const phoneNumber = findWhole(store, organization, "phoneNumbers", call["phoneNumberId"])
  const numbers = [objectAt(call, "customer")?.["number"], phoneNumber?.["number"]]
  const script = options.script ?? scripts.take({ organization, assistantId: call["assistantId"], numbers })
  const assistant = assistantOf(store, organization, call)
  const inbound = options.inbound === true
  const startsAt = startOf(context, call)
  const run: Run = {
    callId: String(call["id"]),
    organization,
    done: false,
    steps: compileScript(ids, script?.steps ?? [], {
      scheduled: startsAt !== undefined,
      ringing: inbound,
      unassigned: inbound && assistant === undefined,
      live: options.live === true
    }),
    state: {
      assistant,
      phoneNumber,
      startedAt: undefined,
      turn: 0,
      messages: [],
      muted: [],
      analysis: script?.analysis === undefined ? undefined : { ...script.analysis },
      hurried: options.hurried === true
    }
  }
  runs.insert(run, startsAt ?? dueOf(context, run))
  const lines = [disclaimer, ...(script === undefined ? ["No script matches this call: it ends by itself"] : [])]
  runs.write(run, "log", ...lines.map((message) => ({ level: "info", message })))
  emit(context, run, "status-update", { status: call["status"] }, options.visible)
  context.wake()
}

/** Who answers: a row, or what the call brought along. */
export const assistantOf = (store: Store, organization: string, call: JsonObject): JsonObject | undefined => {
  const assistant =
    findWhole(store, organization, "assistants", call["assistantId"]) ??
    objectAt(call, "assistant") ??
    (hasOtherSpeaker(call) ? {} : undefined)
  return assistant === undefined ? undefined : withOverrides(assistant, objectAt(call, "assistantOverrides"))
}

/** Squads and workflows are not simulated: their calls have an assistant without properties. */
const hasOtherSpeaker = (call: JsonObject) =>
  ["squadId", "squad", "workflowId", "workflow"].some((key) => call[key] !== undefined && call[key] !== null)

/** When a scheduled call leaves the queue; `undefined` for one that does not wait. */
const startOf = ({ now }: BeginContext, call: JsonObject): number | undefined => {
  const earliest = Date.parse(String(objectAt(call, "schedulePlan")?.["earliestAt"]))
  return call["status"] === "scheduled" && earliest > now() ? earliest : undefined
}
