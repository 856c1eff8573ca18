/**
 * What comes next in a call, and when.
 */
import type { Run, Step } from "./run.ts"
import type { Stage } from "./stage.ts"
import type { CallPace } from "./steps/step.ts"
import { delayOf } from "./steps/table.ts"

/** How fast calls go. */
export interface AdvanceContext extends Stage {
  readonly pace: CallPace
}

/** Seconds that a call lasts at most, unless its assistant says otherwise. */
const longestCall = 600

const noPace: CallPace = { ring: 0, answer: 0, turn: 0, end: 0 }

/** After the last step of its script the customer hangs up. */
const endOfScript: Step = { do: "end", reason: "customer-ended-call" }

/** The next step of a run, and what is left after it. */
export const nextStep = (run: Run): { readonly step: Step; readonly rest: Run } => {
  const [step = endOfScript, ...steps] = run.steps
  return { step, rest: { ...run, steps } }
}

/** When the next step of a run is due. */
export const dueOf = ({ now, pace }: AdvanceContext, run: Run): number =>
  now() + delayOf(nextStep(run).step, run.state.hurried ? noPace : pace)

/** Keeps a run until its next step is due: not beyond the longest that a call may last. */
export const advance = (context: AdvanceContext, run: Run): void => {
  const { runs, now } = context
  if (run.done) return void runs.save(run, undefined)
  const due = dueOf(context, run)
  const { startedAt, assistant } = run.state
  const most = assistant?.["maxDurationSeconds"]
  const limit =
    startedAt === undefined
      ? Number.POSITIVE_INFINITY
      : startedAt + (typeof most === "number" ? most : longestCall) * 1000
  if (due <= limit) return void runs.save(run, due)
  runs.save({ ...run, steps: [{ do: "end", reason: "exceeded-max-duration" }] }, Math.max(limit, now()))
}
