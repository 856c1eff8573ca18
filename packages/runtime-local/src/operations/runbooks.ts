/**
 * What to do when something goes wrong, and which of it is going wrong now.
 */
import { disabledCredentials } from "./data.ts"
import { objectivesOf } from "./objectives.ts"
import { storeProblem } from "./readiness.ts"
import { type ReportContext, reportOf } from "./report.ts"

/** What to do in one case. */
export interface Runbook {
  readonly id: string
  readonly title: string
  readonly steps: ReadonlyArray<string>
  /** Whether the case is given now. */
  readonly active: boolean
  /** What was measured. */
  readonly evidence: string
}

/** The runbooks, those that apply now first. */
export const runbooksOf = (context: ReportContext, organization: string): ReadonlyArray<Runbook> => {
  const { counts, outbox } = reportOf(context, organization)
  const statuses = (from: number, to: number) =>
    counts.routes.reduce(
      (all, { statuses }) =>
        all + [...statuses].reduce((sum, [status, n]) => (status >= from && status <= to ? sum + n : sum), 0),
      0
    )
  const problem = storeProblem(context.store)
  const missed = objectivesOf(counts, outbox).filter(({ met }) => met === false)
  const missedLatency = missed.filter(({ id }) => id.startsWith("latency"))
  const disabled = disabledCredentials(context.store, organization)
  const faults = [...counts.faults.values()].reduce((a, b) => a + b, 0)
  const runbooks: ReadonlyArray<Runbook> = [
    {
      id: "store-unavailable",
      title: "The store takes no writes",
      steps: [
        "Read the reason in GET /readyz.",
        "Free space on the disk of the database file, or give its directory back to the process.",
        "Restart the process: what was acknowledged is in the file.",
        "Where the file is damaged, put a backup in its place before the restart."
      ],
      active: problem !== undefined,
      evidence: problem ?? "A write was just stored and read back"
    },
    {
      id: "server-errors",
      title: "Too many answers are errors of the server",
      steps: [
        "Look at GET /metrics.json for the routes that answer 500 and above.",
        "Look for the request id of such an answer in the log of the process.",
        "Where faults are injected on purpose, stop them: DELETE /__aywa/scenario and DELETE /__aywa/faults."
      ],
      active: missed.some(({ id }) => id === "availability"),
      evidence: `${statuses(500, 599)} answers of 500 and above`
    },
    {
      id: "slow-answers",
      title: "Answers take too long",
      steps: [
        "Look at GET /metrics.json for the slow routes.",
        "Ask for smaller pages, and put imports off to a quieter time.",
        "Look at the CPU of the process: it serves all organizations from one core."
      ],
      active: missedLatency.length > 0,
      evidence: missedLatency.length === 0 ? "None of the objectives is missed" : missedLatency.map(said).join("; ")
    },
    {
      id: "rate-limited",
      title: "Clients are refused for asking too often",
      steps: [
        "Let clients wait as Retry-After says; the SDK does.",
        "Give each program its own key, so that one does not use up the limit of another.",
        "Raise the limit of the runtime."
      ],
      active: statuses(429, 429) > 0,
      evidence: `${statuses(429, 429)} requests were refused`
    },
    {
      id: "unauthorized",
      title: "Keys may not do what they are used for",
      steps: ["Find the caller by its request id.", "Give it a key of the right organization and role."],
      active: statuses(403, 403) > 0,
      evidence: `${statuses(403, 403)} requests were forbidden`
    },
    {
      id: "credentials-disabled",
      title: "Imported credentials have no secrets yet",
      steps: ["PATCH /credential/:id with the secrets that its import named, and with enabled: true."],
      active: disabled.length > 0,
      evidence: disabled.length === 0 ? "All credentials are enabled" : `Disabled: ${disabled.join(", ")}`
    },
    {
      id: "webhooks-dead",
      title: "Webhooks were given up",
      steps: [
        "Look at the attempts in GET /logs/webhooks.",
        "Mend the receiver, then POST /logs/webhooks/:id/replay for each that is missing."
      ],
      active: (outbox?.["dead"] ?? 0) > 0,
      evidence: outbox === undefined ? "There is no outbox" : `${outbox["dead"] ?? 0} jobs were given up`
    },
    {
      id: "faults-injected",
      title: "Faults are injected on purpose",
      steps: ["DELETE /__aywa/scenario and DELETE /__aywa/faults, with the control token."],
      active: faults > 0,
      evidence: `${faults} requests were hit`
    }
  ]
  return [...runbooks].sort((a, b) => Number(b.active) - Number(a.active))
}

const said = ({ description, actual }: { readonly description: string; readonly actual: number | null }) =>
  `${description}: ${((actual ?? 0) * 100).toFixed(2)} %`
