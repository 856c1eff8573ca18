/**
 * Checks of values that a program passes in code. A wrong one is a mistake in the program, so these throw.
 */
import { type Names, unknownName } from "./unknownNames.ts"

/** A bag of options without a name that nobody reads. */
export const known = <Options extends object>(name: string, options: Options, names: Names<Options>): Options => {
  if (typeof options !== "object" || options === null) throw new TypeError(`${name} takes options: an object.`)
  const unknown = unknownName(options, names)
  if (unknown !== undefined) throw new TypeError(`${name}: ${unknown.message}`)
  return options
}

export const count = (name: string, value: number): number => {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`${name} must be a whole number of 0 or more, not ${String(value)}.`)
  }
  return value
}

export const atLeastOne = (name: string, value: number): number => positive(name, count(name, value))

/** A time in milliseconds; `Infinity` means: no bound. */
export const duration = (name: string, millis: number): number => {
  if (!(millis >= 0)) throw new RangeError(`${name} must be a time of 0 or more, not ${String(millis)}.`)
  return millis
}

/** A number greater than zero. */
export const positive = (name: string, value: number): number => {
  if (!(value > 0)) throw new RangeError(`${name} must be greater than 0, not ${String(value)}.`)
  return value
}
