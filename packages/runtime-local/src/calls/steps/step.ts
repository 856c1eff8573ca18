/**
 * What a step of a call is: when it is due, and what it does.
 */
import type { ApiRequestContext } from "../apiRequest.ts"
import type { Run, Step, StepOf } from "../run.ts"
import type { Stage } from "../stage.ts"

/** Milliseconds of the runtime's clock between the steps of a call. */
export interface CallPace {
  /** Until it rings. Default 150. */
  readonly ring?: number | undefined
  /** Until somebody answers. Default 250. */
  readonly answer?: number | undefined
  /** For what one side says. Default 100. */
  readonly turn?: number | undefined
  /** Until the call ends after the last step. Default 200. */
  readonly end?: number | undefined
}

/** What steps work with. */
export interface StepContext extends Stage {
  readonly api: () => Omit<ApiRequestContext, "store">
}

/** A question on its way. `ask` runs outside of any transaction, the change that it gives inside of one. */
export interface Question {
  /** The run while the question is open, its step marked so that a restart asks again under the same id. */
  readonly run: Run
  /** Resolves with what the answer does to the run; with `undefined` when the runtime stops. */
  readonly ask: () => Promise<((run: Run) => Run) | undefined>
}

/** One kind of step. */
export interface StepKind<Name extends Step["do"]> {
  /** Milliseconds before it is due. Default 0. */
  readonly delay?: (step: StepOf<Name>, pace: CallPace) => number
  /** Does it, and gives the run with the steps that are left; or gives the question that comes first. */
  readonly perform: (context: StepContext, run: Run, step: StepOf<Name>) => Run | Question
}

/** Whether a step has to ask somebody before it is done. */
export const isQuestion = (result: Run | Question): result is Question => "ask" in result
