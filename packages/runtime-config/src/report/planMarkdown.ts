/**
 * A plan as Markdown, for a comment on a pull request.
 *
 * @since 0.2.0
 */
import { problemText } from "../errors/RuntimeConfigError.ts"
import type { Plan, Step } from "../plan/Plan.ts"
import { pathText } from "../rows/json.ts"
import { signs, summaryOf } from "./formatPlan.ts"
import { changeLine, diffLines, isText, printable } from "./values.ts"

/** A comment has at most 65,536 characters on the usual platforms. */
const most = 60_000

/**
 * A plan as Markdown: the summary first, then each row with its changes folded in. What does not fit into a comment is
 * left out, and counted.
 *
 * @since 0.2.0
 * @category report
 */
export const planMarkdown = (plan: Plan): string => {
  const steps = plan.steps.filter(({ action }) => action !== "unchanged")
  const parts = [`### ${escaped(summaryOf(plan))}`]
  let length = parts[0]?.length ?? 0
  let left = 0
  for (const step of steps) {
    const text = stepText(step)
    if (length + text.length > most) left++
    else {
      parts.push(text)
      length += text.length
    }
  }
  if (left > 0) parts.push(`${left} more rows do not fit into a comment: run \`aywa-runtime config plan\`.`)
  if (plan.warnings.length > 0 && left === 0) {
    parts.push(plan.warnings.map((warning) => `- ⚠️ ${escaped(problemText(warning))}`).join("\n"))
  }
  return `${parts.join("\n\n")}\n`
}

const stepText = ({ action, address, detail, changes }: Step): string => {
  const head = `\`${signs[action].sign}\` ${action} **${address}**`
  const body = changes.flatMap((change) =>
    isText(change)
      ? [`@@ ${printable(pathText(change.path))} @@`, ...diffLines(change)]
      : change.before === undefined
        ? [`+ ${changeLine(change)}`]
        : change.after === undefined
          ? [`- ${changeLine({ path: change.path, before: undefined, after: change.before })}`]
          : [`! ${changeLine(change)}`]
  )
  const why = detail === undefined ? [] : [escaped(detail)]
  if (body.length === 0) return [head, ...why].join("\n\n")
  const fence = fenceFor(body)
  return [
    `<details><summary>${head.replaceAll("**", "")}</summary>`,
    ...why,
    [`${fence}diff`, ...body, fence].join("\n"),
    "</details>"
  ].join("\n\n")
}

/** A fence that is longer than any in the text. */
const fenceFor = (lines: ReadonlyArray<string>): string => {
  const longest = Math.max(2, ...lines.flatMap((line) => [...line.matchAll(/`+/g)].map(([ticks]) => ticks.length)))
  return "`".repeat(longest + 1)
}

const escaped = (text: string): string => printable(text).replace(/[<>&*_[\]|\\]/g, (character) => `\\${character}`)
