/**
 * Runs the conformance pack, and prints what it came to.
 */
import {
  allCases,
  cleanConformance,
  compareReports,
  type ConformanceOptions,
  exitCodeOf,
  formatComparison,
  formatDrift,
  formatPlan,
  formatReport,
  isConformanceError,
  planConformance,
  readReport,
  type Report,
  reportJunit,
  reportMarkdown,
  runConformance,
  type TargetOptions
} from "@aywa-ai/runtime-conformance"
import * as Redacted from "effect/Redacted"
import { CliFailure, exitCodes, usage } from "../core/failure.ts"
import { writeWhole } from "../core/files.ts"
import { readText } from "../core/input.ts"
import { makeProgress } from "../core/progress.ts"
import type { Session } from "../core/session.ts"

/** What the command takes. */
interface Input {
  readonly write: boolean
  readonly calls: boolean
  readonly to: string | undefined
  readonly "webhook-url": string | undefined
  readonly "webhook-port": number | undefined
  readonly only: string | undefined
  readonly skip: string | undefined
  readonly baseline: string | undefined
  readonly save: string | undefined
  readonly format: "text" | "json" | "junit" | "markdown" | undefined
  readonly drift: boolean
  readonly strict: boolean
  readonly "max-requests": number | undefined
  readonly rate: number | undefined
  readonly "wait-ttl": number | undefined
}

/** A key of another organization: what must be apart is looked at with both. */
const otherKeyVariable = "AYWA_CONFORMANCE_OTHER_API_KEY"

const target = ({ settings, signal }: Session): TargetOptions => ({
  baseUrl: settings.address?.value,
  apiKey: settings.key === undefined ? undefined : Redacted.value(settings.key.value),
  organizationId: settings.orgId?.value,
  allowInsecure: settings.allowHttp,
  timeout: settings.timeout === undefined ? undefined : settings.timeout * 1000,
  signal
})

type Word = NonNullable<ConformanceOptions["only"]>[number]

/** Groups and cases; the package refuses what is neither. */
const words = (list: string | undefined): ReadonlyArray<Word> | undefined =>
  list?.split(",").map((word) => word.trim() as Word)

const optionsOf = (input: Input, session: Session): ConformanceOptions => {
  const { settings, out } = session
  const progress = makeProgress(out)
  return {
    ...target(session),
    write: input.write,
    calls: input.calls,
    to: input.to,
    webhookUrl: input["webhook-url"],
    webhookPort: input["webhook-port"],
    webhookSecret: settings.webhookSecret === undefined ? undefined : Redacted.value(settings.webhookSecret.value),
    otherApiKey: settings.variable(otherKeyVariable)?.value,
    only: words(input.only),
    skip: words(input.skip),
    maxRequests: input["max-requests"],
    requestsPerSecond: input.rate,
    waitTtl: input["wait-ttl"] === undefined ? undefined : input["wait-ttl"] * 1000,
    onCase: ({ id }, done, of) => progress(id, done, of)
  }
}

/** Runs the cases. */
export const conformance = async (input: Input, session: Session): Promise<number> => {
  const { out } = session
  const options = optionsOf(input, session)
  return refused(async () => {
    // Before anything is sent: a baseline that cannot be read would be missed at the end.
    const baseline = input.baseline === undefined ? undefined : readReport(await readText(input.baseline))
    const plan = planConformance(options)
    if (input.write) {
      out.note(formatPlan(plan))
      await session.confirm(`Run this against ${options.baseUrl ?? "nothing"}?`)
    }
    const report = await runConformance(options)
    out.status(undefined)
    if (input.save !== undefined) {
      await writeWhole(input.save, `${JSON.stringify(report.profile, null, 2)}\n`)
      out.note(`The profile is in ${input.save}: new AywaRuntimeClient({ …, runtimeProfile }).`)
    }
    print(report, input, session)
    if (baseline !== undefined) printComparison(baseline, report, input, session)
    return exitCodeOf(report, { strict: input.strict })
  })
}

const print = (report: Report, { format, drift }: Input, { out }: Session): void => {
  if (drift) return out.result(report.drift, () => formatDrift(report.drift) || "Nothing beyond the contract.")
  switch (format) {
    case "junit":
      return out.raw(reportJunit(report))
    case "markdown":
      return out.raw(reportMarkdown(report))
    case "json":
      return out.raw(JSON.stringify(report, null, 2))
    case "text":
      return out.raw(formatReport(report, { paint: out.paint }))
    case undefined:
      return out.result(report, () => formatReport(report, { paint: out.paint }))
  }
}

/** Beside a report that programs read, the comparison is for people. */
const printComparison = (baseline: Report, report: Report, { format }: Input, { out }: Session): void => {
  const text = formatComparison(compareReports(baseline, report))
  if (format === "text" || (format === undefined && !out.json)) out.raw(`\n${text}`)
  else out.warn(text)
}

/** Removes what earlier runs have left. */
export const clean = (session: Session): Promise<number> =>
  refused(async () => {
    const report = await cleanConformance(target(session))
    session.out.result(report, () =>
      [
        ...report.removed.map(({ path, name }) => `${session.out.paint("green", "removed")} ${path} ${name}`),
        ...report.left.map((line) => `${session.out.paint("red", "stays  ")} ${line}`),
        `Rows: ${report.removed.length} removed, ${report.left.length} stay.`
      ].join("\n")
    )
    return report.left.length === 0 ? exitCodes.ok : exitCodes.conflict
  })

/** The package's own refusals in the words of the command line. */
const refused = async (run: () => Promise<number>): Promise<number> => {
  try {
    return await run()
  } catch (error) {
    if (!isConformanceError(error)) throw error
    if (error.reason === "Unreachable") {
      throw new CliFailure({ code: "unreachable", message: error.message, exitCode: exitCodes.unreachable })
    }
    if (error.reason === "Aborted") {
      throw new CliFailure({ code: "stopped", message: error.message, exitCode: exitCodes.interrupted })
    }
    throw usage(error.message, `There are ${allCases.length} cases; docs/conformance.md lists them.`)
  }
}
