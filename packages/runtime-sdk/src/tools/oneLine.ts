/**
 * Results as the runtime reads them: one line of text.
 */
import { jsonIssues } from "../webhooks/handling/jsonIssues.ts"
import { withoutBreaks } from "../webhooks/lines.ts"

/** Text as it is, anything else as JSON; line breaks become spaces. Throws for what would arrive as something else. */
export const oneLine = (value: unknown): string => {
  if (value === undefined || value === null) return "done"
  const [issue] = jsonIssues(value, ["result"])
  if (issue !== undefined) throw new TypeError(`${issue.path.join(".")}: expected ${issue.expected}`)
  return withoutBreaks(typeof value === "string" ? value : JSON.stringify(value))
}
