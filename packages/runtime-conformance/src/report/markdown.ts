/** A report for a pull request or a wiki. */
import type { Report } from "../model/Report.ts"

const cell = (text: string): string =>
  text
    .replaceAll(/[\r\n]+/g, " ")
    .replaceAll("|", "\\|")
    .replaceAll("<", "&lt;")

/**
 * A report as Markdown: verdicts, and the cases that did not pass.
 *
 * @since 0.2.0
 * @category report
 */
export const reportMarkdown = (report: Report): string => {
  const bad = report.cases.filter(({ status }) => status === "fail" || status === "inconclusive")
  const { summary } = report
  return [
    `# Conformance of ${cell(report.origin)}`,
    "",
    `${summary.pass} passed, ${summary.fail} failed, ${summary.inconclusive} inconclusive, ${summary.skip} skipped. ${report.createdAt}${report.runtimeVersion === undefined ? "" : `, version ${cell(report.runtimeVersion)}`}.`,
    "",
    "| capability | verdict | |",
    "|---|---|---|",
    ...report.capabilities.map(({ name, verdict, detail }) => `| ${name} | ${verdict} | ${cell(detail)} |`),
    "",
    ...(bad.length === 0
      ? []
      : [
          "| case | level | status | expected | got | means | do |",
          "|---|---|---|---|---|---|---|",
          ...bad.map(
            ({ id, level, status, expected, got, consequence, workaround }) =>
              `| \`${id}\` | ${level} | ${status} | ${cell(expected)} | ${cell(got)} | ${cell(consequence)} | ${cell(workaround)} |`
          ),
          ""
        ]),
    ...(report.drift.length === 0
      ? []
      : [
          "| beyond the contract | | seen |",
          "|---|---|---|",
          ...report.drift.map(
            ({ kind, place, value, count }) => `| ${kind} | \`${cell(place)}\` ${cell(value)} | ${count} |`
          ),
          ""
        ])
  ].join("\n")
}
