/**
 * Calls that live: a call that is created walks through its states by itself, step by step, on the runtime's clock.
 *
 * No voice pipeline runs: nobody is called, nothing is heard or spoken. Servers are really asked, tools really called.
 */
import type { Fired } from "../time/clock.ts"
import type { Ids } from "../time/ids.ts"
import type { Outbox } from "../outbox/outbox.ts"
import type { ResourceContext } from "../rows/crud.ts"
import { findRow } from "../rows/find.ts"
import type { WorkSource } from "../time/scheduler.ts"
import type { Store } from "../store/Store.ts"
import { isStoreFailure } from "../store/failure.ts"
import { isObject, objectOf, type JsonObject } from "../json/object.ts"
import { makeAsking } from "./asking.ts"
import type { ApiRequestContext } from "./apiRequest.ts"
import { makeRuns, type Run, type Runs, type Step } from "./run.ts"
import { makeScripts, type Script, type Scripts, type ScriptStep } from "./script.ts"
import { makeStage, type Stage } from "./stage.ts"
import { type AskingStep, type CallPace, delayOf, isAsking, perform, withOverrides } from "./steps.ts"

/** The calls of a runtime. */
export interface Calls extends WorkSource {
  /** Lets a stored call live; call it inside the transaction that stored it. */
  readonly begin: (call: JsonObject, options?: BeginOptions) => void
  readonly runs: Runs
  readonly stage: Stage
  readonly scripts: Scripts
  /** Keeps what an action from outside made of a run, and goes on with it at once where its steps changed. */
  readonly keep: (before: Run, after: Run) => void
  readonly start: () => void
  readonly stop: () => void
}

/** What the handlers of calls work with. */
export interface CallContext extends ResourceContext {
  readonly calls: Calls
  readonly outbox: Pick<Outbox, "emit">
}

/** How a call begins, where it is not by its own row. */
export interface BeginOptions {
  /** Instead of a script that matches. */
  readonly script?: Omit<Script, "match"> | undefined
  /** Rings at once, and asks who is to speak. */
  readonly inbound?: boolean | undefined
  /** Without the waits of the pace. */
  readonly hurried?: boolean | undefined
}

/** What calls work with. */
export interface CallsContext {
  readonly store: Store
  readonly ids: Ids
  readonly outbox: Outbox
  readonly now: () => number
  readonly wake: () => void
  readonly pace: CallPace
  readonly api: Omit<ApiRequestContext, "store" | "signal">
}

/** Said once in every call's log, and by its voice pipeline. */
export const disclaimer =
  "The local runtime runs no voice pipeline: nobody is called, nothing is heard or spoken, no model thinks. " +
  "A script decides what is said; servers are really asked and tools really called."

const noPace: CallPace = { ring: 0, answer: 0, turn: 0, end: 0 }

/** Makes the calls of a runtime; nothing moves before `start`. */
export const makeCalls = (context: CallsContext): Calls => {
  const { store, ids, outbox, now, wake } = context
  const runs = makeRuns(store, now)
  const scripts = makeScripts(store, ids)
  const stage = makeStage({ store, runs, outbox, now })
  /** Calls under which the store failed: they go on when it works. */
  const stranded = new Set<string>()
  let generation = 0
  let cut = new AbortController()
  const asking = makeAsking({ store, outbox, stage, api: () => ({ ...context.api, signal: cut.signal }) })

  const begin = (call: JsonObject, options: BeginOptions = {}): void => {
    const id = String(call["id"])
    const organization = String(call["orgId"])
    const phoneNumber = findRow(store, organization, "phoneNumbers", call["phoneNumberId"])
    const customer = objectOf(call["customer"])
    const script =
      options.script ??
      scripts.take({ assistantId: call["assistantId"], numbers: [customer["number"], phoneNumber?.["number"]] })
    const row = findRow(store, organization, "assistants", call["assistantId"])
    const inline = isObject(call["assistant"]) ? call["assistant"] : undefined
    const assistant = withOverrides(
      row ?? inline ?? (hasOtherSpeaker(call) ? {} : undefined),
      call["assistantOverrides"]
    )
    const plan = call["schedulePlan"]
    const earliest = isObject(plan) ? Date.parse(String(plan["earliestAt"])) : Number.NaN
    const scheduled = call["status"] === "scheduled" && earliest > now()
    const steps = stepsOf(ids, script?.steps ?? [], {
      scheduled,
      ringing: options.inbound === true,
      asks: options.inbound === true && assistant === undefined
    })
    const run: Run = {
      callId: id,
      organization,
      done: false,
      steps,
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
    runs.insert(id, organization, steps, run.state, scheduled ? earliest : now() + delayOf(steps[0], paceOf(run)))
    stage.log(run, "info", disclaimer)
    if (script === undefined) stage.log(run, "info", "No script matches this call: it ends by itself")
    stage.emit(run, "status-update", { status: call["status"] })
    wake()
  }

  const paceOf = (run: Run) => (run.state.hurried ? noPace : context.pace)

  /** What is next, and when: not beyond the longest that a call may last. */
  const advance = (run: Run): void => {
    if (run.done) return void runs.save(run, undefined)
    const steps = run.steps.length === 0 ? [endOfScript] : run.steps
    const due = now() + delayOf(steps[0], paceOf(run))
    const { startedAt, assistant } = run.state
    const most = assistant?.["maxDurationSeconds"]
    const limit = startedAt === undefined ? Infinity : startedAt + (typeof most === "number" ? most : 600) * 1000
    if (due > limit)
      runs.save({ ...run, steps: [{ do: "end", reason: "exceeded-max-duration" }] }, Math.max(limit, now()))
    else runs.save({ ...run, steps }, due)
  }

  const work = async (callId: string): Promise<Fired> => {
    const begun = generation
    try {
      return await step(callId, begun)
    } catch (error) {
      if (begun === generation && isStoreFailure(error)) stranded.add(callId)
      // A defect of this package: without this its call would be due for ever.
      else if (begun === generation) store.transaction(() => runs.abandon(callId))
      throw error
    }
  }

  const step = async (callId: string, begun: number): Promise<Fired> => {
    const fired = (what: string): Fired => ({ kind: "call", id: callId, what, at: new Date(now()).toISOString() })
    const question = store.transaction(() => {
      const run = runs.get(callId)
      if (run === undefined || run.done || runs.call(run) === undefined) {
        runs.remove(callId)
        return { what: "gone", ask: undefined }
      }
      const [step = endOfScript, ...steps] = run.steps
      const rest = { ...run, steps }
      if (!isAsking(step)) {
        advance(perform(stage, rest, step, now()))
        return { what: step.do, ask: undefined }
      }
      return { what: step.do, ask: open(rest, step) }
    })
    if (question.ask === undefined) return fired(question.what)
    const answered = await question.ask()
    if (answered === undefined || begun !== generation) return fired(question.what)
    store.transaction(() => {
      const run = runs.get(callId)
      // Meanwhile the call may have been ended, or deleted: then the answer comes too late.
      if (run === undefined || run.done) {
        if (run !== undefined) stage.log(run, "warn", "An answer came after the end of the call")
        return
      }
      advance(answered({ ...run, steps: run.steps.slice(1) }))
    })
    wake()
    return fired(question.what)
  }

  /** Writes down that a question is open; `undefined` when the step came to something without asking. */
  const open = (run: Run, step: AskingStep) => {
    const result = asking(run, step)
    if (!("ask" in result)) {
      advance(result.run)
      return undefined
    }
    runs.save(result.run, undefined)
    return result.ask
  }

  const keep = (before: Run, after: Run): void => {
    if (!after.done) {
      runs.keep(after)
      if (after.steps !== before.steps) runs.hurry(after.callId)
    }
    wake()
  }

  return {
    begin,
    keep,
    runs,
    stage,
    scripts,
    nextDue: runs.nextDue,
    take: () => {
      if (stranded.size > 0) store.transaction(() => stranded.forEach((callId) => runs.recover(callId)))
      stranded.clear()
      // Each is claimed at once: what it does first is synchronous, and moves its time on.
      return runs.due().map(work)
    },
    start: () => void store.transaction(() => runs.recover()),
    stop: () => {
      generation += 1
      stranded.clear()
      cut.abort()
      cut = new AbortController()
    }
  }
}

const endOfScript: Step = { do: "end", reason: "customer-ended-call" }

/** Squads and workflows are not simulated: their calls have an assistant without properties. */
const hasOtherSpeaker = (call: JsonObject) =>
  ["squadId", "squad", "workflowId", "workflow"].some((key) => call[key] !== undefined && call[key] !== null)

/** A script as steps, with the beginning that every call has. */
const stepsOf = (
  ids: Ids,
  script: ReadonlyArray<ScriptStep>,
  { scheduled, ringing, asks }: { readonly scheduled: boolean; readonly ringing: boolean; readonly asks: boolean }
): ReadonlyArray<Step> => {
  const begin: ReadonlyArray<Step> = [
    ...(scheduled ? [{ do: "queue" } as const] : []),
    ...(ringing ? [] : [{ do: "ring" } as const])
  ]
  const [head] = script
  if (head !== undefined && "fail" in head) return [...begin, { do: "end", reason: head.fail }]
  return [
    ...begin,
    ...(asks ? [{ do: "request-assistant" } as const] : []),
    { do: "answer" },
    ...script.flatMap((step) => compile(ids, step))
  ]
}

const compile = (ids: Ids, step: ScriptStep): ReadonlyArray<Step> => {
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
