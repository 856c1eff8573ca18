/**
 * The kinds of steps by their names.
 */
import { finish } from "../finish.ts"
import { handOff } from "../handOff.ts"
import { emit, log, setStatus } from "../record.ts"
import type { Run, Step } from "../run.ts"
import { answer } from "./answer.ts"
import { knowledge } from "./knowledge.ts"
import { requestAssistant } from "./requestAssistant.ts"
import { speak, spoken } from "./speech.ts"
import type { CallPace, Question, StepContext, StepKind } from "./step.ts"
import { tool } from "./tool.ts"
import { transfer } from "./transfer.ts"

const queue: StepKind<"queue"> = {
  perform: (stage, run) => {
    setStatus(stage, run, "queued")
    return run
  }
}

const ring: StepKind<"ring"> = {
  delay: (_, pace) => pace.ring ?? 150,
  perform: (stage, run) => {
    setStatus(stage, run, "ringing")
    return run
  }
}

const handoff: StepKind<"handoff"> = {
  perform: (stage, run, step) => {
    const next = handOff(stage, run, step)
    if (next === undefined) log(stage, run, "error", "There is no assistant to hand off to", { to: step })
    return next ?? run
  }
}

const wait: StepKind<"wait"> = { delay: ({ ms }) => ms, perform: (_, run) => run }

/** Real people think before they type; after this long without a word the call ends. */
const patience = 300_000

const listen: StepKind<"listen"> = {
  delay: () => patience,
  perform: (stage, run) => finish(stage, run, "silence-timed-out")
}

const end: StepKind<"end"> = {
  delay: (_, pace) => pace.end ?? 200,
  perform: (stage, run, { by, reason }) => {
    if (by === "assistant") emit(stage, run, "phone-call-control", { request: "hang-up" })
    return finish(stage, run, reason)
  }
}

const kinds: { readonly [Name in Step["do"]]: StepKind<Name> } = {
  queue,
  ring,
  "request-assistant": requestAssistant,
  answer,
  speak,
  spoken,
  knowledge,
  tool,
  transfer,
  handoff,
  wait,
  listen,
  end
}

// Under its name the table has the kind of each step; TypeScript cannot say that of a union.
const kindOf = (step: Step) => kinds[step.do] as StepKind<Step["do"]>

/** How long before a step is due. */
export const delayOf = (step: Step, pace: CallPace): number => kindOf(step).delay?.(step, pace) ?? 0

/** Does a step: gives the run with the steps that are left, or the question that comes first. */
export const perform = (context: StepContext, run: Run, step: Step): Run | Question =>
  kindOf(step).perform(context, run, step)
