/**
 * Options that count something.
 */

/** Checks an option that counts something: without it, NaN of a missing variable would mean that nobody works. */
export const countOf = (option: string, value: number): number => {
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new RangeError(`${option} of an inbox must be a whole number of 1 or more, and is ${value}`)
}
