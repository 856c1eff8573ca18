/** A report for CI systems that read JUnit. */
import type { CaseResult, Report } from "../model/Report.ts"
import { groups } from "../model/Case.ts"

/** Characters that XML 1.0 does not allow are left out. */
const escape = (text: string): string =>
  Array.from(text.toWellFormed(), (letter) => (isAllowed(letter.codePointAt(0) ?? 0) ? letter : ""))
    .join("")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll(/[\r\n\t]/g, " ")

const isAllowed = (code: number): boolean =>
  code === 9 || code === 10 || code === 13 || (code >= 0x20 && code !== 0xfffe && code !== 0xffff)

const seconds = (ms: number): string => (ms / 1000).toFixed(3)

/**
 * A report as JUnit XML: a suite for each group. A case that failed is a failure; an inconclusive one is skipped, with its
 * reason.
 *
 * @since 0.2.0
 * @category report
 */
export const reportJunit = (report: Report): string => {
  const suites = groups.flatMap((group) => {
    const cases = report.cases.filter((one) => one.group === group)
    if (cases.length === 0) return []
    return [
      `  <testsuite name="${group}" ${countsOf(cases)} time="${seconds(cases.reduce((sum, { ms }) => sum + ms, 0))}">`,
      ...cases.map(caseXml),
      "  </testsuite>"
    ]
  })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="aywa-runtime conformance" ${countsOf(report.cases)} time="${seconds(report.ms)}">`,
    ...suites,
    "</testsuites>",
    ""
  ].join("\n")
}

const countsOf = (cases: ReadonlyArray<CaseResult>): string => {
  const failures = cases.filter(({ status }) => status === "fail").length
  const skipped = cases.filter(({ status }) => status === "skip" || status === "inconclusive").length
  return `tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}"`
}

const caseXml = ({
  id,
  group,
  title,
  status,
  got,
  level,
  expected,
  consequence,
  workaround,
  ms
}: CaseResult): string => {
  const head = `    <testcase classname="conformance.${group}" name="${escape(`${id}: ${title}`)}" time="${seconds(ms)}"`
  if (status === "pass") return `${head}/>`
  if (status === "fail") {
    const body = escape(`Expected: ${expected}. Got: ${got}. ${consequence} ${workaround}`)
    return `${head}><failure message="${escape(got)}" type="${level}">${body}</failure></testcase>`
  }
  return `${head}><skipped message="${escape(status === "skip" ? got : `inconclusive: ${got}`)}"/></testcase>`
}
