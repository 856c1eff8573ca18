/**
 * Integers that a number cannot hold: an account number of 17 digits would become another one, silently.
 */

/** Whether a number is written as it was. A fraction or an exponent is an amount: not every digit of it counts. */
export const isExact = (value: number, source: string): boolean =>
  Number.isFinite(value) && (source.length < 16 || /[.e]/i.test(source) || String(value) === source)

/** Such an integer has sixteen digits at least. */
const fewest = 16

/**
 * Whether a text has so many digits in a row. Every answer is asked, so it is read from the back of each sixteen characters,
 * and what is no digit moves them behind it: mostly one look in sixteen. A pattern costs as much as `JSON.parse`.
 */
const hasManyDigits = (text: string): boolean => {
  let last = fewest - 1
  while (last < text.length) {
    let at = last
    while (at > last - fewest && isDigit(text, at)) at--
    if (at === last - fewest) return true
    last = at + fewest
  }
  return false
}

const isDigit = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at)
  return code >= 48 && code <= 57
}

/** Says that a text has an integer that this platform could only keep as another one. */
export class InexactInteger extends Error {}

/**
 * `JSON.parse`, but an integer that a number cannot hold is kept as the text that it is (`JSON.rawJSON`): written as JSON
 * it is the same integer again, and nothing takes it for a number. Throws InexactInteger where the platform has no such thing.
 */
export const parseExactly = (text: string): unknown => {
  const value: unknown = JSON.parse(text)
  return hasManyDigits(text) ? parseWithSource(text) : value
}

const parseWithSource = (text: string): unknown => {
  const rawJSON: unknown = Reflect.get(JSON, "rawJSON")
  // The source is told since V8 11.4 and Safari 18.4. TypeScript's library knows revivers without a third parameter.
  const revive = (_: string, value: unknown, { source }: { readonly source?: string } = {}): unknown => {
    if (typeof value !== "number" || Number.isSafeInteger(value) || !Number.isInteger(value)) return value
    if (typeof rawJSON !== "function" || source === undefined) throw new InexactInteger()
    return isExact(value, source) ? value : Reflect.apply(rawJSON, JSON, [source])
  }
  return JSON.parse(text, revive as (key: string, value: unknown) => unknown)
}
