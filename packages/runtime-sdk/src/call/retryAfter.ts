/**
 * Reads how long the runtime asks to wait, strictly: `Retry-After-Ms`, or `Retry-After` in whole seconds or as a date in
 * any of the three forms of RFC 9110. Anything else counts as absent, because a wrong guess here is either a hammer or a
 * stall.
 */
import type { WireHead } from "../transport/port.ts"

/** Milliseconds to wait; never negative. `wall` says what time it is where the answer itself does not. */
export const retryAfter = ({ header }: Pick<WireHead, "header">, wall: number): number | undefined => {
  const millis = header("retry-after-ms")?.trim() ?? ""
  if (/^\d{1,12}$/.test(millis)) return Number(millis)
  // The runtime's own clock: its date and our time together would make any wait.
  const now = dateOf(header("date") ?? "", wall) ?? wall
  // Two headers are one with a comma between them. The longer one keeps both.
  const waits = (header("retry-after")?.match(/\s*[A-Z][a-z]+, [^,]+|[^,]+/g) ?? []).map((value) => waitOf(value, now))
  return waits.reduce(
    (longest, wait) => (longest === undefined || wait === undefined ? undefined : Math.max(longest, wait)),
    waits.length === 0 ? undefined : 0
  )
}

const waitOf = (value: string, now: number): number | undefined => {
  if (/^\s*\d{1,9}\s*$/.test(value)) return Number(value) * 1000
  const at = dateOf(value, now)
  return at === undefined ? undefined : Math.max(0, at - now)
}

const month = "(?<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
const time = "(?<time>\\d{2}:\\d{2}:\\d{2})"
const forms = [
  `[A-Z][a-z]{2}, (?<day>\\d{2}) ${month} (?<year>\\d{4}) ${time} GMT`,
  `[A-Z][a-z]+day, (?<day>\\d{2})-${month}-(?<year>\\d{2}) ${time} GMT`,
  `[A-Z][a-z]{2} ${month} (?<day>[ \\d]\\d) ${time} (?<year>\\d{4})`
].map((form) => new RegExp(`^\\s*${form}\\s*$`))

const fiftyYears = 50 * 365.25 * 86_400_000

/** Epoch milliseconds. */
const dateOf = (text: string, now: number): number | undefined => {
  for (const form of forms) {
    const parts = form.exec(text)?.groups
    if (parts === undefined) continue
    const { day, month, year = "", time } = parts
    const inYear = (year: string): number => Date.parse(`${day} ${month} ${year} ${time} GMT`)
    const at = inYear(year.padStart(4, "20"))
    if (Number.isNaN(at)) return undefined
    // A year of two digits is one of the past when it would be far in the future.
    return year.length === 2 && at > now + fiftyYears ? inYear(`19${year}`) : at
  }
  return undefined
}
