/**
 * Computes method signatures from the contract table, for the services and for the promise client alike.
 *
 * @since 0.1.0
 */
import type * as Errors from "../errors/Errors.ts"
import type { TypesOf } from "./Operation.ts"
import type { Page, WalkOptions } from "./shared.ts"

/** The arguments of an operation, in order: id, body or query, options. */
export type ArgumentsOf<T, Options> = T extends {
  readonly id: infer Id
  readonly query: infer Query
  readonly body: infer Body
}
  ? [
      ...(Id extends true ? [id: string] : []),
      ...([Body] extends [never] ? [] : [body: Body]),
      ...([Query] extends [never] ? [] : [query?: QueryOf<T, Query> | undefined]),
      options?: Options | undefined
    ]
  : never

/** What is said of a list, beside what is sent. */
type QueryOf<T, Query> = T extends { readonly kind: "page" } ? Query & WalkOptions : Query

/** The errors of an operation: the common ones and its own. */
export type ErrorsOf<T> = T extends { readonly errors: infer Tag extends Errors.OperationError }
  ? Errors.CommonError | Errors.ErrorOf<Tag>
  : never

/** What an operation gives. */
export type SuccessOf<T> = T extends { readonly kind: "page"; readonly success: infer A }
  ? Page<A>
  : T extends { readonly success: infer A }
    ? A
    : never

/** One row of a paged operation. */
export type ItemOf<T> = T extends { readonly success: infer A } ? A : never

/** The operations of a group that give pages. */
export type PagedKeys<G> = {
  [K in keyof G]: TypesOf<G[K]> extends { readonly kind: "page" } ? K : never
}[keyof G] &
  string

/** The operations of a group that give bytes. */
export type BytesKeys<G> = {
  [K in keyof G]: TypesOf<G[K]> extends { readonly kind: "bytes" } ? K : never
}[keyof G] &
  string
