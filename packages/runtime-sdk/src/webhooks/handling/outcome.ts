/**
 * How work under a deadline ended.
 *
 * @since 0.1.0
 */

/** With a value, with a failure, or not in time. */
export type Outcome<A> =
  | { readonly _tag: "Done"; readonly value: A }
  | { readonly _tag: "Failed"; readonly cause: unknown }
  | { readonly _tag: "Late" }

export const done = <A>(value: A): Outcome<A> => ({ _tag: "Done", value })
export const failed = (cause: unknown): Outcome<never> => ({ _tag: "Failed", cause })
export const late: Outcome<never> = { _tag: "Late" }

/** What a failure was caused by. */
export const causeOf = (outcome: Outcome<unknown>): unknown => (outcome._tag === "Failed" ? outcome.cause : undefined)
