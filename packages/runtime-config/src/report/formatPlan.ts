/**
 * A plan as text for a terminal.
 *
 * @since 0.2.0
 */
import { problemText } from "../errors/RuntimeConfigError.ts"
import type { Action, Plan, Step } from "../plan/Plan.ts"
import type { Change } from "../rows/diff.ts"
import { pathText } from "../rows/json.ts"
import { changeLine, diffLines, isText, printable } from "./values.ts"

/**
 * Colours a text, or leaves it plain.
 *
 * @since 0.2.0
 * @category models
 */
export type Paint = (style: "green" | "red" | "yellow" | "cyan" | "dim" | "bold", text: string) => string

/** The sign and the colour of what becomes of a row. */
export const signs: Readonly<Record<Action, { readonly sign: string; readonly color: Parameters<Paint>[0] }>> = {
  create: { sign: "+", color: "green" },
  update: { sign: "~", color: "yellow" },
  delete: { sign: "-", color: "red" },
  adopt: { sign: "=", color: "cyan" },
  unchanged: { sign: "=", color: "dim" },
  drift: { sign: "!", color: "yellow" },
  conflict: { sign: "✗", color: "red" },
  left: { sign: "?", color: "dim" }
}

const plain: Paint = (_, text) => text

/**
 * A plan as text: a line a row, its changes below it, prompts as unified diffs, and a summary as the last line. Without
 * `paint` there are no colours; nothing is said by colour alone.
 *
 * @since 0.2.0
 * @category report
 */
export const formatPlan = (plan: Plan, options: { readonly paint?: Paint | undefined } = {}): string => {
  const paint = options.paint ?? plain
  return [
    ...plan.steps.filter(({ action }) => action !== "unchanged").flatMap((step) => stepLines(step, paint)),
    ...plan.warnings.map((warning) => `${paint("yellow", "warning:")} ${printable(problemText(warning))}`),
    paint("bold", summaryOf(plan))
  ].join("\n")
}

const stepLines = (step: Step, paint: Paint): ReadonlyArray<string> => {
  const { sign, color } = signs[step.action]
  const id = step.id === undefined ? "" : paint("dim", ` ${printable(step.id)}`)
  return [
    `${paint(color, `${sign} ${step.action.padEnd(8)}`)} ${paint("bold", step.address)}${id}`,
    ...(step.detail === undefined ? [] : [`    ${printable(step.detail)}`]),
    ...step.changes.flatMap((change) => changeLines(change, paint)).map((line) => `    ${line}`)
  ]
}

const changeLines = (change: Change, paint: Paint): ReadonlyArray<string> =>
  isText(change)
    ? [`${printable(pathText(change.path))}:`, ...diffLines(change).map((line) => `  ${paintLine(line, paint)}`)]
    : [changeLine(change)]

const paintLine = (line: string, paint: Paint): string => {
  if (line.startsWith("@@")) return paint("cyan", line)
  if (line.startsWith("+")) return paint("green", line)
  return line.startsWith("-") ? paint("red", line) : line
}

const words: ReadonlyArray<readonly [Action, string]> = [
  ["create", "to create"],
  ["update", "to update"],
  ["delete", "to delete"],
  ["adopt", "to note"],
  ["unchanged", "unchanged"],
  ["drift", "changed on the runtime"],
  ["conflict", "refused"],
  ["left", "without a file"]
]

/**
 * One line: how many rows of each kind of step.
 *
 * @since 0.2.0
 * @category report
 */
export const summaryOf = ({ counts, environment }: Plan): string => {
  const parts = words.filter(([action]) => counts[action] > 0).map(([action, text]) => `${counts[action]} ${text}`)
  return `${environment}: ${parts.length === 0 ? "nothing here" : parts.join(", ")}.`
}
