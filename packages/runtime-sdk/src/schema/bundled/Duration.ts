/**
 * What the one-file entries have in place of `effect/Duration`: the client for plain async code takes milliseconds, and what
 * of Effect is in its file asks for no more. Texts such as "2 seconds" are none here; parsing them is 1.5 KB of the file.
 */
import * as Option from "effect/Option"

/** A length of time. */
export interface Duration {
  readonly millis: number
}

export type Input = number | Duration

const make = (millis: number): Duration => ({ millis: Number.isNaN(millis) ? 0 : millis })

export const millis = make
export const zero = make(0)
export const infinity = make(Infinity)

export const isDuration = (u: unknown): u is Duration => typeof u === "object" && u !== null && "millis" in u

export const fromInputUnsafe = (input: Input): Duration => {
  if (typeof input === "number") return make(input)
  if (isDuration(input)) return input
  throw new Error(`Expected milliseconds, got ${typeof input}`)
}

export const fromInput = (input: Input): Option.Option<Duration> =>
  typeof input === "number" || isDuration(input) ? Option.some(fromInputUnsafe(input)) : Option.none()

export const toMillis = (input: Input): number => fromInputUnsafe(input).millis
