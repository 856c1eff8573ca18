/** Removes what runs have left: only rows that have both the name and the mark of a run. */
import { setTimeout as sleep } from "node:timers/promises"
import { perform, type Run } from "../bench/Bench.ts"
import { removable, type RowPath, runOf, shownName } from "../bench/marks.ts"
import { makePace } from "../bench/pace.ts"
import { answerText, exchange, isSuccess } from "../bench/wire.ts"
import { type Json, rowsOf } from "../model/json.ts"
import { connect, targetOf } from "./open.ts"
import { refuseUnknown, targetNames, type TargetOptions } from "./options.ts"

const never = new AbortController().signal

/** Removes the rows of a run, and says what is left. Not cut short by the run's signal. */
export const sweep = async (run: Run): Promise<ReadonlyArray<string>> => {
  const left = await sweepOnce(run)
  // The runtime may still be at work on a create whose answer did not come.
  if ((run.loose.size === 0 && left.length === 0) || left.includes(silent)) return left
  await sleep(1500)
  return sweepOnce(run)
}

/** Where nothing answers, each further list would cost the time of an answer. */
const silent = "the runtime does not answer any more: nothing could be removed"

const sweepOnce = async (run: Run): Promise<ReadonlyArray<string>> => {
  const left: Array<string> = []
  for (const path of removable) {
    // oxlint-disable-next-line no-await-in-loop -- a row may be held by one of a list before it.
    if (run.touched.has(path)) left.push(...(await sweepList(run, path)))
    if (left.includes(silent)) break
  }
  return left
}

/** A list may give fewer rows than there are, so it is asked again until none of the run is in it. */
const sweepList = async (run: Run, path: RowPath): Promise<ReadonlyArray<string>> => {
  const refused = new Map<string, string>()
  for (let round = 0; round < 8; round++) {
    // oxlint-disable-next-line no-await-in-loop -- as above.
    const rows = await list(run, path)
    if (typeof rows === "string") return [rows === silent ? silent : `${path}: ${rows}`]
    const own = rows.filter((row) => runOf(path, row) === run.id)
    const todo = own.filter((row) => !refused.has(String(row["id"])))
    if (todo.length === 0) return own.map((row) => `${path} ${shownName(path, row)}: ${refused.get(String(row["id"]))}`)
    for (const row of todo) {
      const ask = { method: "DELETE", path: `${path}/${encodeURIComponent(String(row["id"]))}` }
      // oxlint-disable-next-line no-await-in-loop -- paced.
      await run.pace.take(1, true, never)
      // oxlint-disable-next-line no-await-in-loop -- one after the other.
      const answer = await perform(run, ask)
      if (!isSuccess(answer) && answer.status !== 404) refused.set(String(row["id"]), answerText(answer))
    }
  }
  return [`${path}: rows stay, although their removal is answered`]
}

const list = async (run: Run, path: RowPath): Promise<ReadonlyArray<Json> | string> => {
  await run.pace.take(1, true, never)
  const answer = await exchange(run.target, { path, query: { limit: 1000 } }, never)
  return answer.status === 0 ? silent : (rowsOf(answer.json) ?? answerText(answer))
}

/**
 * What was removed, and what could not be.
 *
 * @since 0.2.0
 * @category models
 */
export interface CleanReport {
  readonly removed: ReadonlyArray<{ readonly path: string; readonly name: string; readonly run: string }>
  /** Path, name and reason. */
  readonly left: ReadonlyArray<string>
}

/**
 * Removes rows that earlier runs have left, whatever ended them: those that carry both the name and the mark of a run,
 * and nothing else.
 *
 * @since 0.2.0
 * @category run
 */
export const cleanConformance = async (options: TargetOptions): Promise<CleanReport> => {
  refuseUnknown("cleanConformance", options, targetNames)
  const signal = options.signal ?? never
  const pace = makePace(options.maxRequests ?? Infinity, options.requestsPerSecond ?? 5)
  const aywa = connect(options, pace, signal)
  const target = targetOf(options)
  const removed: Array<CleanReport["removed"][number]> = []
  const left: Array<string> = []
  const resources = {
    "/call": aywa.calls,
    "/webhook-endpoint": aywa.webhookEndpoints,
    "/phone-number": aywa.phoneNumbers,
    "/structured-output": aywa.structuredOutputs,
    "/assistant": aywa.assistants,
    "/tool": aywa.tools,
    "/credential": aywa.credentials,
    "/file": aywa.files
  }
  for (const path of removable) {
    const found: Array<Json> = []
    // oxlint-disable-next-line no-await-in-loop -- a row may be held by one of a list before it.
    for await (const row of resources[path].stream({ limit: 1000 })) if (runOf(path, row) !== undefined) found.push(row)
    for (const row of found) {
      // oxlint-disable-next-line no-await-in-loop -- paced.
      await pace.take(1, true, signal)
      const ask = { method: "DELETE", path: `${path}/${encodeURIComponent(String(row["id"]))}` }
      // oxlint-disable-next-line no-await-in-loop -- one after the other.
      const answer = await exchange(target, ask, never)
      const name = shownName(path, row)
      if (isSuccess(answer) || answer.status === 404) removed.push({ path, name, run: runOf(path, row) ?? "" })
      else left.push(`${path} ${name}: ${answerText(answer)}`)
    }
  }
  return { removed, left }
}
