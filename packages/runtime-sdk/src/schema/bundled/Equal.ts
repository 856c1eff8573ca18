/**
 * What the one-file entries have in place of `effect/Equal`: values are equal where they are the same, or say so themselves.
 * What of Effect is in those files compares failures alone, and looking into values, with `effect/Hash`, is 4 KB of the file.
 */
export const symbol = "~effect/Equal"

const isEqual = (u: unknown): u is { readonly [symbol]: (that: unknown) => boolean } =>
  typeof u === "object" && u !== null && symbol in u

export const equals = (self: unknown, that: unknown): boolean =>
  Object.is(self, that) || (isEqual(self) && self[symbol](that))
