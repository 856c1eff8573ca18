/** What tests of all packages assert that `assert` has no word for. */
import { assert, vi } from "vitest"

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  isRecord(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value))

/** The part of a value that a pattern speaks of; a text that a RegExp of the pattern matches is that RegExp. */
const partOf = (value: unknown, pattern: unknown): unknown => {
  if (pattern instanceof RegExp) return typeof value === "string" && pattern.test(value) ? pattern : value
  if (Array.isArray(pattern)) {
    return Array.isArray(value) ? value.map((each, i) => (i in pattern ? partOf(each, pattern[i]) : each)) : value
  }
  if (!isPlain(pattern) || !isRecord(value)) return value
  const keys = Object.keys(pattern).filter((key) => key in value)
  return Object.fromEntries(keys.map((key) => [key, partOf(value[key], pattern[key])]))
}

/**
 * Asserts that a value has all that a pattern has: objects may have more fields, lists have the same length, and a
 * RegExp of the pattern stands for a text that it matches.
 */
export const assertMatches = (actual: unknown, pattern: unknown, message?: string): void =>
  assert.deepStrictEqual(partOf(actual, pattern), pattern, message)

/** What a promise is rejected with: an Error. */
export const rejection = async (promise: PromiseLike<unknown>): Promise<Error> => {
  const [error] = await Promise.resolve(promise).then(
    () => [],
    (error: unknown) => [error]
  )
  assert.instanceOf(error, Error, "it was not rejected with an Error")
  return error
}

/** Waits until a check passes, 20 seconds at most unless told otherwise (milliseconds); throws what it failed with last. */
export const eventually = <A>(check: () => A | Promise<A>, timeout = 20_000): Promise<A> =>
  vi.waitFor(check, { timeout })
