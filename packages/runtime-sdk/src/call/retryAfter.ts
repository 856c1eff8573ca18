/**
 * Reads how long the runtime asks to wait, strictly: `Retry-After-Ms`, or `Retry-After` in whole seconds or as a date in
 * any of the three forms of RFC 9110. Anything else counts as absent, because a wrong guess here is either a hammer or a
 * stall.
 */
import type { WireHead } from "../transport/port.ts"

/** Milliseconds to wait; never negative. `wall` says what time it is where the answer itself does not. */
export const retryAfter = ({ header }: Pick<WireHead, "header">, wall: number): number | undefined => {
  const millis = header("retry-after-ms")?.trim() ?? ""
  if (/^\d+$/.test(millis)) return Math.min(Number(millis), Number.MAX_SAFE_INTEGER)
  // The runtime's own clock: its date and our time together would make any wait.
  const now = dateOf(header("date") ?? "") || wall
  // Two headers are one with a comma between them. The longer one keeps both.
  const values = header("retry-after")?.match(/\s*[A-Z][a-z]+, [^,]+|[^,]+/g) ?? []
  const longest = Math.max(...values.map((value) => waitOf(value, now)))
  return Number.isFinite(longest) ? longest : undefined
}

/** NaN for what is no wait. */
const waitOf = (value: string, now: number): number =>
  /^\s*\d+\s*$/.test(value) ? Math.min(Number(value) * 1000, Number.MAX_SAFE_INTEGER) : Math.max(0, dateOf(value) - now)

// Day, month, year and time stand in this order in the first two forms, in another in that of asctime.
const inGmt = /^\s*[A-Z][a-z]+, ([ \d]\d)[ -]([A-Z][a-z]{2})[ -](\d\d|\d{4}) (\d\d:\d\d:\d\d) GMT\s*$/
const asctime = /^\s*[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d\d:\d\d:\d\d) (\d{4})\s*$/

/** Epoch milliseconds; NaN for what is no date. */
const dateOf = (text: string): number => {
  const parts = inGmt.exec(text.replace(asctime, "Day, $2 $1 $4 $3 GMT"))
  // Engines read a year of two digits as mail does: below 50 it is one of this century.
  return parts === null ? Number.NaN : Date.parse(parts.slice(1).join(" ") + " GMT")
}
