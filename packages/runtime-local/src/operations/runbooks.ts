/**
 * What to do when something goes wrong, and which of it is going wrong now.
 */
import { counted, disabledCredentials } from "./data.ts"
import { type Objective, objectivesOf } from "./objectives.ts"
import { storeProblem } from "./readiness.ts"
import { type Report, type ReportContext, reportOf } from "./report.ts"

/** What to do in one case. */
export interface Runbook extends Finding {
  readonly id: string
  readonly title: string
  readonly steps: ReadonlyArray<string>
}

/** Whether a case is one now. */
interface Finding {
  readonly active: boolean
  /** What was measured. */
  readonly evidence: string
}

/** What decides about the cases. */
interface Facts extends Pick<Report, "counts" | "outbox"> {
  /** What is wrong with the store. */
  readonly storeProblem: string | undefined
  /** The objectives that are missed. */
  readonly missed: ReadonlyArray<Objective>
  /** Credentials that wait for their secrets. */
  readonly disabled: ReadonlyArray<string>
}

/** A case, and how to tell whether it is one now. */
interface Case extends Omit<Runbook, keyof Finding> {
  readonly look: (facts: Facts) => Finding
}

/** The runbooks, those that apply now first. */
export const runbooksOf = (context: ReportContext, organization: string): ReadonlyArray<Runbook> => {
  const facts = factsOf(context, organization)
  return cases
    .map(({ look, ...runbook }) => ({ ...runbook, ...look(facts) }))
    .sort((a, b) => Number(b.active) - Number(a.active))
}

const factsOf = (context: ReportContext, organization: string): Facts => {
  const { counts, outbox } = reportOf(context, organization)
  return {
    counts,
    outbox,
    storeProblem: storeProblem(context.store),
    missed: objectivesOf(counts, outbox).filter(({ met }) => met === false),
    disabled: disabledCredentials(context.store, organization)
  }
}

const cases: ReadonlyArray<Case> = [
  {
    id: "store-unavailable",
    title: "The store takes no writes",
    steps: [
      "Read the reason in GET /readyz.",
      "Free space on the disk of the database file, or give its directory back to the process.",
      "Restart the process: what was acknowledged is in the file.",
      "Where the file is damaged, put a backup in its place before the restart."
    ],
    look: ({ storeProblem }) => ({
      active: storeProblem !== undefined,
      evidence: storeProblem ?? "A write was just stored and read back"
    })
  },
  {
    id: "server-errors",
    title: "Too many answers are errors of the server",
    steps: [
      "Look at GET /metrics.json for the routes that answer 500 and above.",
      "Look for the request id of such an answer in the log of the process.",
      "Where faults are injected on purpose, stop them: DELETE /__aywa/scenario and DELETE /__aywa/faults."
    ],
    look: (facts) => ({
      active: facts.missed.some(({ id }) => id === "availability"),
      evidence: `${answers(facts, 500, 599)} answers of 500 and above`
    })
  },
  {
    id: "slow-answers",
    title: "Answers take too long",
    steps: [
      "Look at GET /metrics.json for the slow routes.",
      "Ask for smaller pages, and put imports off to a quieter time.",
      "Look at the CPU of the process: it serves all organizations from one core."
    ],
    look: ({ missed }) => {
      const slow = missed.filter(({ id }) => id.startsWith("latency"))
      const evidence = slow.map(shareOf).join("; ")
      return { active: slow.length > 0, evidence: evidence === "" ? "None of the objectives is missed" : evidence }
    }
  },
  {
    id: "rate-limited",
    title: "Clients are refused for asking too often",
    steps: [
      "Let clients wait as Retry-After says; the SDK does.",
      "Give each program its own key, so that one does not use up the limit of another.",
      "Raise the limit of the runtime."
    ],
    look: (facts) => {
      const refused = answers(facts, 429, 429)
      return { active: refused > 0, evidence: `${counted(refused, "request was", "requests were")} refused` }
    }
  },
  {
    id: "unauthorized",
    title: "Keys may not do what they are used for",
    steps: ["Find the caller by its request id.", "Give it a key of the right organization and role."],
    look: (facts) => {
      const forbidden = answers(facts, 403, 403)
      return { active: forbidden > 0, evidence: `${counted(forbidden, "request was", "requests were")} forbidden` }
    }
  },
  {
    id: "credentials-disabled",
    title: "Imported credentials have no secrets yet",
    steps: ["PATCH /credential/:id with the secrets that its import named, and with enabled: true."],
    look: ({ disabled }) => ({
      active: disabled.length > 0,
      evidence: disabled.length === 0 ? "All credentials are enabled" : `Disabled: ${disabled.join(", ")}`
    })
  },
  {
    id: "webhooks-dead",
    title: "Webhooks were given up",
    steps: [
      "Look at the attempts in GET /logs/webhooks.",
      "Mend the receiver, then POST /logs/webhooks/:id/replay for each that is missing."
    ],
    look: ({ outbox }) => ({
      active: (outbox?.["dead"] ?? 0) > 0,
      evidence:
        outbox === undefined ? "There is no outbox" : `${counted(outbox["dead"] ?? 0, "job was", "jobs were")} given up`
    })
  },
  {
    id: "faults-injected",
    title: "Faults are injected on purpose",
    steps: ["DELETE /__aywa/scenario and DELETE /__aywa/faults, with the control token."],
    look: ({ counts }) => {
      const faults = [...counts.faults.values()].reduce((sum, n) => sum + n, 0)
      return { active: faults > 0, evidence: `${counted(faults, "request was", "requests were")} hit` }
    }
  }
]

/** How many answers had a status in a range. */
const answers = ({ counts }: Facts, from: number, to: number): number =>
  counts.routes
    .flatMap(({ statuses }) => [...statuses])
    .reduce((sum, [status, n]) => (status >= from && status <= to ? sum + n : sum), 0)

const shareOf = ({ description, actual }: Objective) => `${description}: ${((actual ?? 0) * 100).toFixed(2)} %`
