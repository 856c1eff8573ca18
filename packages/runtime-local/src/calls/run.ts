/**
 * A call under way: what is left to do, and what was said so far.
 */
import { findRow, replaceRow } from "../rows/find.ts"
import type { Store } from "../store/Store.ts"
import type { JsonObject } from "../json/object.ts"

/** What is left to do, in order. */
export type Step =
  | { readonly do: "queue" }
  | { readonly do: "ring" }
  | { readonly do: "request-assistant"; readonly eventId?: string | undefined }
  | { readonly do: "answer" }
  | { readonly do: "speak"; readonly role: Role; readonly text: string; readonly interrupts?: boolean | undefined }
  | { readonly do: "spoken"; readonly role: Role; readonly text: string; readonly since: number }
  | { readonly do: "knowledge"; readonly eventId?: string | undefined }
  | {
      readonly do: "tool"
      readonly name: string
      readonly arguments: JsonObject
      readonly toolCallId: string
      readonly eventId?: string | undefined
      /** Whether the call of the tool is part of the conversation already. */
      readonly called?: boolean | undefined
    }
  | {
      readonly do: "transfer"
      readonly destination: JsonObject | undefined
      /** The call of the tool that led to this. */
      readonly toolCallId?: string | undefined
      readonly eventId?: string | undefined
    }
  | { readonly do: "handoff"; readonly assistantId?: string | undefined; readonly assistantName?: string | undefined }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "end"; readonly reason: string; readonly by?: "assistant" | undefined }

/** Who speaks. */
export type Role = "assistant" | "user"

/** What a run knows beside its steps. */
export interface RunState {
  /** With the call's overrides applied; `undefined` while nobody has said which. */
  readonly assistant: JsonObject | undefined
  readonly phoneNumber: JsonObject | undefined
  /** Epoch milliseconds of the answer. */
  readonly startedAt: number | undefined
  readonly turn: number
  readonly messages: ReadonlyArray<JsonObject>
  readonly muted: ReadonlyArray<Role>
  readonly analysis: JsonObject | undefined
  /** Without the waits of the pace. */
  readonly hurried: boolean
}

/** A run. */
export interface Run {
  readonly callId: string
  readonly organization: string
  readonly done: boolean
  readonly steps: ReadonlyArray<Step>
  readonly state: RunState
}

/** The runs of a runtime. */
export type Runs = ReturnType<typeof makeRuns>

/** Runs over a store. */
export const makeRuns = (store: Store, now: () => number) => ({
  insert: (callId: string, organization: string, steps: ReadonlyArray<Step>, state: RunState, due: number) =>
    store.run(
      "INSERT INTO call_runs (call_id, org_id, due_at, steps, state) VALUES (?, ?, ?, ?, ?)",
      callId,
      organization,
      Math.round(due),
      JSON.stringify(steps),
      JSON.stringify(state)
    ),
  get: (callId: string): Run | undefined => {
    const row = store.get<{ organization: string; done: number; steps: string; state: string }>(
      "SELECT org_id AS organization, done, steps, state FROM call_runs WHERE call_id = ?",
      callId
    )
    if (row === undefined) return undefined
    // Written below, hence of these types.
    const steps = JSON.parse(row.steps) as ReadonlyArray<Step>
    const state = JSON.parse(row.state) as RunState
    return { callId, organization: row.organization, done: row.done === 1, steps, state }
  },
  /** `due` is `undefined` while somebody works on it. */
  save: (run: Run, due: number | undefined) =>
    store.run(
      "UPDATE call_runs SET steps = ?, state = ?, due_at = ?, done = ? WHERE call_id = ?",
      JSON.stringify(run.steps),
      JSON.stringify(run.state),
      run.done || due === undefined ? null : Math.round(due),
      run.done ? 1 : 0,
      run.callId
    ),
  /** Without touching when it is due: somebody may be at work on it. */
  keep: (run: Run) =>
    store.run(
      "UPDATE call_runs SET steps = ?, state = ? WHERE call_id = ?",
      JSON.stringify(run.steps),
      JSON.stringify(run.state),
      run.callId
    ),
  due: (): ReadonlyArray<string> =>
    store
      .all<{ id: string }>("SELECT call_id AS id FROM call_runs WHERE due_at <= ? ORDER BY due_at", now())
      .map(({ id }) => id),
  nextDue: (after = -1): number | undefined =>
    store.get<{ at: number | null }>("SELECT min(due_at) AS at FROM call_runs WHERE due_at > ?", after)?.at ??
    undefined,
  hurry: (callId: string) =>
    store.run("UPDATE call_runs SET due_at = ? WHERE call_id = ? AND due_at IS NOT NULL", now(), callId),
  abandon: (callId: string) => store.run("UPDATE call_runs SET due_at = NULL, done = 1 WHERE call_id = ?", callId),
  remove: (callId: string) => {
    store.run("DELETE FROM call_runs WHERE call_id = ?", callId)
    store.run("DELETE FROM call_events WHERE call_id = ?", callId)
  },
  /**
   * After a start, or of one run when the store failed under it: whoever worked on it is gone, so it goes on from its
   * last step.
   */
  recover: (callId?: string) =>
    callId === undefined
      ? store.run("UPDATE call_runs SET due_at = ? WHERE due_at IS NULL AND done = 0", now())
      : store.run("UPDATE call_runs SET due_at = ? WHERE due_at IS NULL AND done = 0 AND call_id = ?", now(), callId),
  call: (run: Run): JsonObject | undefined => findRow(store, run.organization, "calls", run.callId),
  /** Changes fields of the call's row. */
  patch: (run: Run, fields: JsonObject): JsonObject | undefined => {
    const call = findRow(store, run.organization, "calls", run.callId)
    return call === undefined ? undefined : replaceRow(store, "calls", { ...call, ...fields }, now())
  },
  write: (run: Run, kind: "event" | "log", body: JsonObject) =>
    store.run(
      "INSERT INTO call_events (org_id, call_id, kind, body, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)",
      run.organization,
      run.callId,
      kind,
      JSON.stringify({ ...body, createdAt: new Date(now()).toISOString() }),
      now(),
      now()
    )
})
