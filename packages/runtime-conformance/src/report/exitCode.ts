/** What a report is for scripts. */
import type { Report } from "../model/Report.ts"

/**
 * The exit code of the command: 3 when a MUST failed, 1 when a SHOULD failed and that counts, else 0.
 *
 * @since 0.2.0
 * @category report
 */
export const exitCodeOf = (
  { cases }: Report,
  { strict = false }: { readonly strict?: boolean | undefined } = {}
): 0 | 1 | 3 => {
  const failed = cases.filter(({ status }) => status === "fail").map(({ level }) => level)
  if (failed.includes("MUST")) return 3
  return strict && failed.includes("SHOULD") ? 1 : 0
}
