/**
 * What a model reads of arguments that are wrong: which ones, and why, so that it can try again.
 */
import type { ArgumentIssue } from "./readArguments.ts"
import { ToolFailure } from "./ToolFailure.ts"

// A model reads the first few; more of them only cost time in the call.
const most = 5

/** The failure of a call with these arguments. */
export const wrongArguments = (name: string, issues: ReadonlyArray<ArgumentIssue>): ToolFailure => {
  const lines = issues
    .slice(0, most)
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`))
  const more = issues.length > most ? `; and ${issues.length - most} more` : ""
  return new ToolFailure(`The arguments of ${name} are wrong. ${lines.join("; ")}${more}. Correct them and try again.`)
}

/** Issues of the reader first; of a place that it spoke of, the schema need not speak again. */
export const withoutRepeats = (
  first: ReadonlyArray<ArgumentIssue>,
  second: ReadonlyArray<ArgumentIssue>
): ReadonlyArray<ArgumentIssue> => {
  const known = new Set(first.map(({ path }) => path.join(".")))
  return [...first, ...second.filter(({ path }) => !known.has(path.join(".")))]
}
