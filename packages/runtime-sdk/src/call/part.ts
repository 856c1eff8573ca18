/**
 * A part of a request, or everything that is wrong with it.
 */
import type { Issue } from "../errors/Errors.ts"

export type Part<A> =
  | { readonly value: A; readonly issues?: undefined }
  | { readonly value?: undefined; readonly issues: ReadonlyArray<Issue> }

/** The value, unless something is wrong with it. */
export const partOf = <A>(value: A, issues: ReadonlyArray<Issue>): Part<A> =>
  issues.length === 0 ? { value } : { issues }
