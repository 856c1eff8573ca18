/**
 * Runs in the database, with what was written about each.
 */
import { maskObject } from "../json/mask.ts"
import type { JsonObject } from "../json/object.ts"
import { findRow, replaceRow } from "../rows/find.ts"
import type { Store } from "../store/Store.ts"
import type { Run, RunState, Step } from "./run.ts"

/** The runs of a runtime. */
export type Runs = ReturnType<typeof makeRuns>

/** Runs over a store. */
export const makeRuns = (store: Store, now: () => number) => ({
  insert: (run: Run, due: number) =>
    store.run(
      "INSERT INTO call_runs (call_id, org_id, due_at, steps, state) VALUES (?, ?, ?, ?, ?)",
      run.callId,
      run.organization,
      Math.round(due),
      JSON.stringify(run.steps),
      JSON.stringify(run.state)
    ),
  get: (callId: string): Run | undefined => readRun(store, callId),
  isUnderWay: (callId: string): boolean =>
    store.get("SELECT 1 FROM call_runs WHERE call_id = ? AND done = 0", callId) !== undefined,
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
  /** Leaves alone when it is due: somebody may be at work on it. */
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
  /** The call's row. */
  call: (run: Run): JsonObject | undefined => findRow(store, run.organization, "calls", run.callId),
  /** Changes fields of the call's row. */
  patch: (run: Run, fields: JsonObject): JsonObject | undefined => {
    const call = findRow(store, run.organization, "calls", run.callId)
    return call === undefined ? undefined : replaceRow(store, "calls", { ...call, ...fields }, now())
  },
  /** Adds to the timeline or to the log of the call. */
  write: (run: Run, kind: "event" | "log", ...bodies: ReadonlyArray<JsonObject>) => {
    const at = now()
    const createdAt = new Date(at).toISOString()
    store.run(
      `INSERT INTO call_events (org_id, call_id, kind, body, created_at, updated_at) VALUES
         ${bodies.map(() => "(?, ?, ?, ?, ?, ?)").join(", ")}`,
      ...bodies.flatMap((body) => {
        const text = JSON.stringify({ ...maskObject(body), createdAt })
        return [run.organization, run.callId, kind, text, at, at]
      })
    )
  }
})

const readRun = (store: Store, callId: string): Run | undefined => {
  const row = store.get<{ organization: string; done: number; steps: string; state: string }>(
    "SELECT org_id AS organization, done, steps, state FROM call_runs WHERE call_id = ?",
    callId
  )
  if (row === undefined) return undefined
  // Written above, hence of these types.
  const steps = JSON.parse(row.steps) as ReadonlyArray<Step>
  const state = JSON.parse(row.state) as RunState
  return { callId, organization: row.organization, done: row.done === 1, steps, state }
}
