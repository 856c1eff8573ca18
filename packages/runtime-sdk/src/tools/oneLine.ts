/**
 * Results as the runtime reads them: one line of text.
 */

/** Text as it is, anything else as JSON; line breaks become spaces. */
export const oneLine = (value: unknown): string => {
  if (value === undefined || value === null) return "done"
  const text = typeof value === "string" ? value : JSON.stringify(value)
  return text.replace(/[\r\n\v\f\u0085\u2028\u2029]+/g, " ")
}
