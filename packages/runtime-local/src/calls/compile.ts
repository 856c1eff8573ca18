/**
 * A script as the steps of a run.
 */
import type { Ids } from "../time/ids.ts"
import type { Step } from "./run.ts"
import type { ScriptStep } from "./script.ts"

/** How a call begins. */
export interface Beginning {
  /** Waits in the queue for its time. */
  readonly scheduled: boolean
  /** Rings already. */
  readonly ringing: boolean
  /** Nobody is there to answer it: its server is asked who. */
  readonly unassigned: boolean
  /** Somebody gives the steps by hand. */
  readonly live: boolean
}

/** A script as steps, with the beginning that every call has. */
export const compileScript = (
  ids: Ids,
  script: ReadonlyArray<ScriptStep>,
  { scheduled, ringing, unassigned, live }: Beginning
): ReadonlyArray<Step> => {
  const beginning: ReadonlyArray<Step> = [
    ...(scheduled ? [{ do: "queue" } as const] : []),
    ...(ringing ? [] : [{ do: "ring" } as const])
  ]
  const [head] = script
  if (head !== undefined && "fail" in head) return [...beginning, { do: "end", reason: head.fail }]
  return [
    ...beginning,
    ...(unassigned ? [{ do: "request-assistant" } as const] : []),
    { do: "answer" },
    ...script.flatMap((step) => compileStep(ids, step)),
    ...(live ? [{ do: "listen" } as const] : [])
  ]
}

/** A step of a script as steps of a run. */
export const compileStep = (ids: Ids, step: ScriptStep): ReadonlyArray<Step> => {
  if ("user" in step) return [{ do: "speak", role: "user", text: step.user, interrupts: step.interrupts }]
  if ("assistant" in step) return [{ do: "speak", role: "assistant", text: step.assistant }]
  if ("tool" in step) {
    return [{ do: "tool", name: step.tool, arguments: { ...step.arguments }, toolCallId: `call_${ids.token(16)}` }]
  }
  if ("transfer" in step) {
    return [{ do: "transfer", destination: step.transfer === true ? undefined : { ...step.transfer } }]
  }
  if ("handoff" in step) return [{ do: "handoff", ...step.handoff }]
  if ("wait" in step) return [{ do: "wait", ms: step.wait }]
  if ("hangup" in step) {
    return step.hangup === "assistant"
      ? [{ do: "end", reason: "assistant-ended-call", by: "assistant" }]
      : [{ do: "end", reason: "customer-ended-call" }]
  }
  if ("fail" in step) return [{ do: "end", reason: step.fail }]
  return [
    ...(step.voicemail === true ? [] : [{ do: "speak", role: "assistant", text: step.voicemail } as const]),
    { do: "end", reason: "voicemail" }
  ]
}
