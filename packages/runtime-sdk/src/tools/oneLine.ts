/**
 * Results as the runtime reads them: one line of text.
 */
import { withoutBreaks } from "../webhooks/lines.ts"

/** Text as it is, anything else as JSON; line breaks become spaces. */
export const oneLine = (value: unknown): string => {
  if (value === undefined || value === null) return "done"
  return withoutBreaks(typeof value === "string" ? value : JSON.stringify(value))
}
