/**
 * One step of one call: done in one transaction; or, where it asks somebody, begun in one and ended in another.
 */
import { isStoreFailure } from "../store/failure.ts"
import type { Fired } from "../time/clock.ts"
import type { Lifetime } from "../time/lifetime.ts"
import { advance, type AdvanceContext, nextStep } from "./advance.ts"
import { log } from "./record.ts"
import { isQuestion, type Question, type StepContext } from "./steps/step.ts"
import { perform } from "./steps/table.ts"

/** What the work on calls needs. */
export interface WorkContext extends StepContext, AdvanceContext {
  readonly lifetime: Lifetime
  readonly wake: () => void
  /** Calls under which the store failed: they go on when it works. */
  readonly stranded: Set<string>
}

/** Does the next step of a call; by its first turn the call is claimed. */
export const work = async (context: WorkContext, callId: string): Promise<Fired> => {
  const signal = context.lifetime.signal()
  try {
    return await step(context, callId, signal)
  } catch (error) {
    if (!signal.aborted) afterFailure(context, callId, error)
    throw error
  }
}

const step = async (context: WorkContext, callId: string, signal: AbortSignal): Promise<Fired> => {
  const { store, now, wake } = context
  const { what, ask } = store.transaction(() => beginStep(context, callId))
  const fired = (): Fired => ({ kind: "call", id: callId, what, at: new Date(now()).toISOString() })
  if (ask === undefined) return fired()
  const change = await ask()
  if (change === undefined || signal.aborted) return fired()
  store.transaction(() => endQuestion(context, callId, change))
  wake()
  return fired()
}

/** Does the step, or writes down that its question is open. */
const beginStep = (
  context: WorkContext,
  callId: string
): { readonly what: string; readonly ask: Question["ask"] | undefined } => {
  const { runs } = context
  const run = runs.get(callId)
  if (run === undefined || run.done || runs.call(run) === undefined) {
    runs.remove(callId)
    return { what: "gone", ask: undefined }
  }
  const { step, rest } = nextStep(run)
  const result = perform(context, rest, step)
  if (!isQuestion(result)) {
    advance(context, result)
    return { what: step.do, ask: undefined }
  }
  runs.save(result.run, undefined)
  return { what: step.do, ask: result.ask }
}

const endQuestion = (
  context: WorkContext,
  callId: string,
  change: NonNullable<Awaited<ReturnType<Question["ask"]>>>
): void => {
  const run = context.runs.get(callId)
  // Meanwhile the call may have been ended, or deleted: then the answer comes too late.
  if (run === undefined) return
  if (run.done) return log(context, run, "warn", "An answer came after the end of the call")
  advance(context, change(nextStep(run).rest))
}

const afterFailure = ({ store, runs, stranded }: WorkContext, callId: string, error: unknown): void => {
  if (isStoreFailure(error)) stranded.add(callId)
  // A defect of this package: without this its call would be due for ever.
  else store.transaction(() => runs.abandon(callId))
}
