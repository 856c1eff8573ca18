/** The cases as a page of documentation. */
import type { CaseText } from "../model/Case.ts"
import { groups } from "../model/Case.ts"

const titles: Readonly<Record<(typeof groups)[number], string>> = {
  auth: "Who may ask",
  transport: "How requests travel",
  lists: "Lists",
  rows: "Rows",
  idempotency: "Idempotency keys",
  errors: "Errors",
  credentials: "Secrets",
  imports: "Imports",
  calls: "Calls",
  webhooks: "Webhooks"
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("{", "&#123;")

const powers = { read: "", write: "`--write`", calls: "`--calls`", webhooks: "`--webhook-url`" } as const

/**
 * Every case by its group, as Markdown.
 *
 * @since 0.2.0
 * @category report
 */
export const casesMarkdown = (cases: ReadonlyArray<CaseText>): string =>
  groups
    .map((group) => {
      const own = cases.filter((one) => one.group === group)
      return [
        `### ${titles[group]} (${own.length})`,
        "",
        "| id | level | from | needs | asks | expects | where it does not hold | do |",
        "|---|---|---|---|---|---|---|---|",
        ...own.map(
          ({ id, level, origin, power, title, expected, consequence, workaround }) =>
            `| \`${id}\` | ${level} | ${origin} | ${powers[power]} | ${cell(title)} | ${cell(expected)} | ${cell(consequence)} | ${cell(workaround)} |`
        ),
        ""
      ].join("\n")
    })
    .join("\n")
