/**
 * The shapes of the promise client. Names no Effect type: the client's declarations check without `effect`.
 *
 * @since 0.1.0
 */
import type { CallOptions, RequestOptions, ResponseInfo, WaitOptions } from "../call/CallOptions.ts"
import type { Call } from "../contract/calls.ts"
import type { Group, TypesOf } from "../contract/Operation.ts"
import type { ArgumentsOf, BytesKeys, ItemOf, PagedKeys, SuccessOf } from "../contract/Signature.ts"
import type { Page } from "../contract/shared.ts"

/**
 * Options of one call of the promise client.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClientCallOptions extends CallOptions {
  /** Aborts the call: its attempts, its waits, its reading. The call rejects with `Aborted`. */
  readonly signal?: AbortSignal | undefined
}

/**
 * A request of the promise client to a route that this SDK has no operation for.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClientRequestOptions extends RequestOptions, ClientCallOptions {}

/**
 * Options of a wait of the promise client.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClientWaitOptions extends WaitOptions {
  /** Aborts the wait. It rejects with `Aborted`. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Waiting for calls, on the promise client.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallWaiting {
  /**
   * Reads a call until it has ended, with pauses that grow, and gives it. A wait that outlasts its deadline rejects
   * with a TimeoutError of scope `deadline`; the call goes on. The fifth read in a row that fails ends it, and the first
   * one whose error would come again, such as NotFound.
   */
  waitUntilEnded(id: string, options?: ClientWaitOptions | undefined): CallPromise<Call>
}

/**
 * A value and the answer that brought it.
 *
 * @since 0.1.0
 * @category models
 */
export interface WithResponse<A> {
  /** What the call gives without `withResponse()`. */
  readonly value: A
  /** Status, request id, attempts and headers. */
  readonly response: ResponseInfo
}

/**
 * The promise of a call.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallPromise<A> extends Promise<A> {
  /** The value together with status, request id, attempts and headers. Makes no further request. */
  withResponse(): Promise<WithResponse<A>>
}

/**
 * The promise of a list: awaited it is the first page, iterated it is every row of every page.
 *
 * **Example**
 *
 * ```ts
 * import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
 *
 * export const names = async (aywa: AywaRuntimeClient) => {
 *   const names: Array<string> = []
 *   for await (const assistant of aywa.assistants.list({ limit: 100 })) names.push(assistant.name ?? assistant.id)
 *   return names
 * }
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export interface ListPromise<A> extends CallPromise<ListPage<A>>, AsyncIterable<A> {}

/**
 * A page of a list. Iterated with `for await` it is its rows and those of every page behind it; for its own rows alone
 * there is `items`.
 *
 * @since 0.2.0
 * @category models
 */
export interface ListPage<A> extends Page<A>, AsyncIterable<A> {
  /** Whether another page follows. */
  hasNextPage(): boolean
  /** Asks for the page behind this one, with the options of this one's call. On the last page it rejects with InvalidRequest. */
  getNextPage(): Promise<ListPage<A>>
}

type Result<T> = T extends { readonly kind: "page" } ? ListPromise<ItemOf<T>> : CallPromise<SuccessOf<T>>

/**
 * A resource of the promise client: the operations of the contract as functions that return promises.
 *
 * @since 0.1.0
 * @category models
 */
export type ClientOf<G extends Group> = {
  readonly [K in keyof G]: (...args: ArgumentsOf<TypesOf<G[K]>, ClientCallOptions>) => Result<TypesOf<G[K]>>
} & PagedList<G> & {
    /** All rows, page after page. After an error `next()` asks for the same page again. */
    readonly [K in Exclude<PagedKeys<G>, "list"> as `${K}Stream`]: (
      ...args: ArgumentsOf<TypesOf<G[K]>, ClientCallOptions>
    ) => AsyncIterable<ItemOf<TypesOf<G[K]>>>
  } & {
    /** All pages; keep a page's `nextCursor` to go on in another process. */
    readonly [K in Exclude<PagedKeys<G>, "list"> as `${K}Pages`]: (
      ...args: ArgumentsOf<TypesOf<G[K]>, ClientCallOptions>
    ) => AsyncIterable<ListPage<ItemOf<TypesOf<G[K]>>>>
  } & {
    /**
     * The bytes as they come, for content that need not fit into memory. Every piece must come within the attempt's
     * timeout; the deadline is for the beginning of the answer. Leaving the loop closes the connection.
     */
    readonly [K in BytesKeys<G> as `${K}Stream`]: (
      ...args: ArgumentsOf<TypesOf<G[K]>, ClientCallOptions>
    ) => AsyncIterable<Uint8Array>
  }

/**
 * What every list has beside its first page.
 *
 * @since 0.2.0
 * @category models
 */
export interface Paged<Args extends ReadonlyArray<unknown>, A> {
  /** All rows of the list, page after page; `limit` is the size of a page. After an error `next()` asks for it again. */
  readonly stream: (...args: Args) => AsyncIterable<A>
  /** All pages of the list; keep a page's `nextCursor` to go on in another process. */
  readonly pages: (...args: Args) => AsyncIterable<ListPage<A>>
}

type PagedList<G extends Group> = G extends { readonly list: infer O }
  ? Paged<ArgumentsOf<TypesOf<O>, ClientCallOptions>, ItemOf<TypesOf<O>>>
  : unknown
