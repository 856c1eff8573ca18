/**
 * What commands take: flags and arguments, with absent ones as `undefined`.
 */
import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"

/** An optional flag; absent is `undefined`. */
export const optional = <A>(flag: Flag.Flag<A>): Flag.Flag<A | undefined> =>
  flag.pipe(Flag.optional, Flag.map(Option.getOrUndefined))

/** Optional text. */
export const text = (name: string, metavar: string, description: string): Flag.Flag<string | undefined> =>
  optional(required(name, metavar, description))

/** Text that must be there. */
export const required = (name: string, metavar: string, description: string): Flag.Flag<string> =>
  Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description))

/** Text that may be given several times. */
export const texts = (name: string, metavar: string, description: string): Flag.Flag<ReadonlyArray<string>> =>
  required(name, metavar, description).pipe(Flag.atLeast(0))

/** An optional whole number. */
export const integer = (name: string, metavar: string, description: string): Flag.Flag<number | undefined> =>
  optional(Flag.Int(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description)))

/** An optional number. */
export const number = (name: string, metavar: string, description: string): Flag.Flag<number | undefined> =>
  optional(Flag.Finite(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description)))

/** A switch that is off by default. */
export const flag = (name: string, description: string): Flag.Flag<boolean> =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withoutNegation, Flag.withDefault(false))

/** A switch that is on by default; `--no-NAME` turns it off. */
export const enabled = (name: string, description: string): Flag.Flag<boolean> =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(true))

/** One of a few words. */
export const choice = <const Words extends ReadonlyArray<string>>(name: string, words: Words, description: string) =>
  optional(Flag.Literals(name, words).pipe(Flag.withDescription(description)))

/** A word that must be there. */
export const argument = (name: string, description: string): Argument.Argument<string> =>
  Argument.String(name).pipe(Argument.withDescription(description))

/** A word that may be left out. */
export const optionalArgument = (name: string, description: string): Argument.Argument<string | undefined> =>
  Argument.String(name).pipe(
    Argument.withDescription(description),
    Argument.optional,
    Argument.map(Option.getOrUndefined)
  )
