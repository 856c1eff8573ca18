/** A report for people at a terminal. */
import type { CaseResult, Drift, Report } from "../model/Report.ts"

/**
 * How words are coloured; not at all by default.
 *
 * @since 0.2.0
 * @category models
 */
export type Paint = (color: "green" | "red" | "yellow" | "dim", text: string) => string

const plain: Paint = (_, text) => text

/** How it is to be written. */
export interface FormatOptions {
  readonly paint?: Paint | undefined
  /** Also cases that passed or were skipped, each with a line. */
  readonly all?: boolean | undefined
}

const marks = {
  pass: ["pass", "green"],
  fail: ["FAIL", "red"],
  skip: ["skip", "dim"],
  inconclusive: ["????", "yellow"]
} as const

/**
 * A report as text: what the SDK can rely on first, then each case that did not pass with what follows and what to do.
 *
 * @since 0.2.0
 * @category report
 */
export const formatReport = (report: Report, { paint = plain, all = false }: FormatOptions = {}): string => {
  const { summary } = report
  const shown = report.cases.filter(({ status }) => all || status === "fail" || status === "inconclusive")
  const version = report.runtimeVersion === undefined ? "" : `, version ${report.runtimeVersion}`
  return [
    `${report.origin}${version}, run ${report.run}`,
    "",
    ...report.capabilities.map(({ name, verdict, detail }) => {
      const color = verdict === "safe" ? "green" : verdict === "unsafe" ? "red" : "dim"
      return `${paint(color, `${name}:`.padEnd(20))} ${detail}`
    }),
    "",
    ...shown.flatMap((result) => caseLines(result, paint)),
    ...(shown.length === 0 ? [] : [""]),
    ...driftLines(report.drift),
    ...leftLines(report.left),
    `${summary.pass} passed, ${summary.fail} failed, ${summary.inconclusive} inconclusive, ${summary.skip} skipped; ${report.requests} requests in ${(report.ms / 1000).toFixed(1)} s.`
  ].join("\n")
}

const caseLines = (result: CaseResult, paint: Paint): ReadonlyArray<string> => {
  const [word, color] = marks[result.status]
  const line = `${paint(color, word)}  ${result.level.padEnd(6)} ${result.id}: ${result.title}`
  if (result.status === "pass" || result.status === "skip") return [`${line} ${paint("dim", `(${result.got})`)}`]
  const beside = (name: string, text: string) => `      ${paint("dim", name.padEnd(9))}${text}`
  return [
    line,
    beside("expected", result.expected),
    beside("got", result.got),
    ...(result.status === "fail" ? [beside("means", result.consequence), beside("do", result.workaround)] : [])
  ]
}

/**
 * What rows and events have that the contract does not know, a line each.
 *
 * @since 0.2.0
 * @category report
 */
export const formatDrift = (drift: ReadonlyArray<Drift>): string => driftLines(drift).join("\n")

const driftLines = (drift: ReadonlyArray<Drift>): ReadonlyArray<string> =>
  drift.length === 0
    ? []
    : [
        "Beyond the contract:",
        ...drift.map(({ kind, place, value, count, rows }) => {
          const what = kind === "field" ? `${place} (${value})` : kind === "word" ? `${place}: ${value}` : value
          return `  ${kind.padEnd(5)}  ${what}, in ${count} ${kind === "event" ? "events" : "rows"} such as ${rows.join(", ")}`
        }),
        ""
      ]

const leftLines = (left: ReadonlyArray<string>): ReadonlyArray<string> =>
  left.length === 0
    ? []
    : ["Could not be removed (aywa-runtime conformance clean):", ...left.map((line) => `  ${line}`), ""]
