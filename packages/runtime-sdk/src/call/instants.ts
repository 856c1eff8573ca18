/**
 * Instants as the runtime writes them, compared as instants: with any offset, with or without a fraction, however fine.
 */

const pattern = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:[.,](\d+))?(Z|[+-]\d{2}:?\d{2})?$/i

/** The whole second in epoch milliseconds, and the digits of its fraction. */
const read = (text: string): readonly [seconds: number, fraction: string] | undefined => {
  const match = pattern.exec(text)
  if (match === null) return undefined
  const [, date, time, fraction = "", zone = "Z"] = match
  const seconds = Date.parse(`${date}T${time}${zone}`)
  return Number.isNaN(seconds) ? undefined : [seconds, fraction.replace(/0+$/, "")]
}

/** Whether a text is an instant. */
export const isInstant = (text: string): boolean => isCanonical(text) || read(text) !== undefined

// As `toISOString` writes them: then the texts are in the order of the instants. By codes, for every row of a list is asked.
const isCanonical = (text: string): boolean =>
  text.length === 24 && text.charCodeAt(23) === 0x5a && text.charCodeAt(10) === 0x54

/** Below zero when the first is earlier, zero when they are the same instant. */
export const compareInstants = (a: string, b: string): number => {
  if (a === b) return 0
  const before = a < b ? -1 : 1
  if (isCanonical(a) && isCanonical(b)) return before
  const [x, y] = [read(a), read(b)]
  if (x === undefined || y === undefined) return before
  if (x[0] !== y[0]) return x[0] - y[0]
  return x[1] === y[1] ? 0 : x[1] < y[1] ? -1 : 1
}
