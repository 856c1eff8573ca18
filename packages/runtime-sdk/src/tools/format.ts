/**
 * Findings as text.
 */
import type { Alignment, Finding } from "./align.ts"
import type { Difference } from "./differences.ts"

/**
 * An alignment as lines for a log or a terminal, one per finding and difference.
 *
 * @since 0.1.0
 * @category formatting
 */
export const format = ({ findings }: Alignment): string =>
  findings.length === 0 ? "The tools of the runtime are aligned." : findings.flatMap(linesOf).join("\n")

const linesOf = (finding: Finding): ReadonlyArray<string> => {
  const { name } = finding
  switch (finding._tag) {
    case "Missing":
      return [`missing  ${name}: the runtime has no such tool`]
    case "Extra":
      return [`extra    ${name} (${finding.id}): the runtime sends it here, and there is no such tool`]
    case "Drifted":
      return finding.differences.map((difference) => `drifted  ${name} (${finding.id}): ${sentenceOf(difference)}`)
    case "WrongServer":
      return [`server   ${name} (${finding.id}): is ${bare(finding.actual)}, should be ${bare(finding.expected)}`]
    case "WrongTimeout":
      return [`timeout  ${name} (${finding.id}): is ${finding.actual} s, should be ${finding.expected} s`]
    case "Duplicate":
      return [`double   ${name}: ${finding.ids.join(", ")}; delete all but the one that assistants use`]
  }
}

const sentenceOf = ({ path, expected, actual }: Difference): string =>
  `${path.join(".")} is ${short(actual)}, should be ${short(expected)}`

const short = (value: unknown): string => {
  if (value === undefined) return "absent"
  const text = JSON.stringify(value)
  return text.length <= 120 ? text : `${text.slice(0, 119)}…`
}

/** Without query and user: some put a token there. */
const bare = (url: string | undefined): string => {
  if (url === undefined || !URL.canParse(url)) return url === undefined ? "absent" : "no address"
  const { origin, pathname, search } = new URL(url)
  return `${origin}${pathname}${search === "" ? "" : "?…"}`
}
