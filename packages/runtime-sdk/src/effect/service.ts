/**
 * The Effect face of a resource: calls are Effects, lists are Streams too.
 */
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { CallOptions } from "../call/CallOptions.ts"
import { type Arguments, type Call, type Runtime } from "../call/call.ts"
import { type Face, isPrefetching, loopError, surface } from "../call/surface.ts"
import type { Group, TypesOf } from "../contract/Operation.ts"
import type { ArgumentsOf, BytesKeys, ErrorsOf, ItemOf, PagedKeys, SuccessOf } from "../contract/Signature.ts"
import type { Page } from "../contract/shared.ts"
import { cursorBehind } from "../call/pagination.ts"
import type * as Errors from "../errors/Errors.ts"
import type { ByteStream } from "../transport/byteStream.ts"

/**
 * What every list has beside its first page.
 *
 * @since 0.2.0
 * @category models
 */
export interface Paged<Args extends ReadonlyArray<unknown>, A, E> {
  /**
   * All rows of the list, page after page, as a Stream. Pages are asked for as the stream is pulled; `limit` is the
   * size of a page. A cursor that comes back fails with UnexpectedResponse.
   */
  readonly stream: (...args: Args) => Stream.Stream<A, E>
  /** All pages of the list as a Stream; keep a page's `nextCursor` to go on after an error, or in another process. */
  readonly pages: (...args: Args) => Stream.Stream<Page<A>, E>
}

type PagedList<G extends Group> = G extends { readonly list: infer O }
  ? Paged<ArgumentsOf<TypesOf<O>, CallOptions>, ItemOf<TypesOf<O>>, ErrorsOf<TypesOf<O>>>
  : unknown

/**
 * The service of a resource: its operations, and Streams over its lists and its content.
 *
 * @since 0.1.0
 * @category models
 */
export type ServiceOf<G extends Group> = {
  readonly [K in keyof G]: (
    ...args: ArgumentsOf<TypesOf<G[K]>, CallOptions>
  ) => Effect.Effect<SuccessOf<TypesOf<G[K]>>, ErrorsOf<TypesOf<G[K]>>>
} & PagedList<G> & {
    /** All rows, page after page, as a Stream. */
    readonly [K in Exclude<PagedKeys<G>, "list"> as `${K}Stream`]: (
      ...args: ArgumentsOf<TypesOf<G[K]>, CallOptions>
    ) => Stream.Stream<ItemOf<TypesOf<G[K]>>, ErrorsOf<TypesOf<G[K]>>>
  } & {
    /** All pages as a Stream; keep a page's `nextCursor` to go on after an error. */
    readonly [K in Exclude<PagedKeys<G>, "list"> as `${K}Pages`]: (
      ...args: ArgumentsOf<TypesOf<G[K]>, CallOptions>
    ) => Stream.Stream<Page<ItemOf<TypesOf<G[K]>>>, ErrorsOf<TypesOf<G[K]>>>
  } & {
    /**
     * The bytes as they come, for content that need not fit into memory. Every piece must come within the attempt's
     * timeout; the deadline is for the beginning of the answer.
     */
    readonly [K in BytesKeys<G> as `${K}Stream`]: (
      ...args: ArgumentsOf<TypesOf<G[K]>, CallOptions>
    ) => Stream.Stream<Uint8Array, ErrorsOf<TypesOf<G[K]>>>
  }

/** Builds the service of a resource. */
export const makeService = <G extends Group>(runtime: Runtime, name: string, group: G): ServiceOf<G> =>
  // `ServiceOf` is the loop of `surface`, spelled out; a test compares the two.
  surface(runtime, name, group, face) as unknown as ServiceOf<G>

/** Content as a Stream that closes its connection however it ends. */
const bytes = (call: Call, args: Arguments): Stream.Stream<Uint8Array, Errors.RuntimeError> =>
  Stream.unwrap(
    Effect.map(
      Effect.acquireRelease(
        call(args) as Effect.Effect<ByteStream, Errors.RuntimeError>, // What a call that is streamed gives.
        (content) => Effect.promise(() => content.return()),
        { interruptible: true }
      ),
      (content) => Stream.fromAsyncIterable(content, (error) => error as Errors.RuntimeError) // It fails with these.
    )
  )

/** Gives each page, and asks for the one behind it meanwhile. At most one is ahead, and ends with the stream. */
const ahead = (call: Call): Effect.Effect<Ask, never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => {
    let next: Fiber.Fiber<Exit.Exit<unknown, Errors.RuntimeError>> | undefined
    return (args) => {
      const current = next === undefined ? call(args) : Effect.flatten(Fiber.join(next))
      return Effect.tap(current, (value) => {
        const cursor = cursorBehind(value as Page<unknown>) // As in `walk`.
        if (cursor === undefined) return Effect.void
        // As an Exit: its failure is told to who asks for it.
        return Effect.map(Effect.forkIn(Effect.exit(call(after(args, cursor))), scope), (fiber) => {
          next = fiber
        })
      })
    }
  })

type Ask = (args: Arguments) => Effect.Effect<unknown, Errors.RuntimeError>

/** The arguments that ask for what comes behind a cursor. */
const after = (args: Arguments, cursor: string): Arguments => ({ ...args, query: { ...Object(args.query), cursor } })

/** Follows a list to its end. An empty page in the middle is no end; a cursor that comes back is an error. */
const walk = <A>(call: Call, first: Arguments, pick: (page: Page<unknown>) => ReadonlyArray<A>) =>
  isPrefetching(first)
    ? Stream.unwrap(Effect.map(ahead(call), (ask) => walkBy(ask, call, first, pick)))
    : Stream.suspend(() => walkBy(call, call, first, pick))

const walkBy = <A>(ask: Ask, call: Call, first: Arguments, pick: (page: Page<unknown>) => ReadonlyArray<A>) => {
  const seen = new Set<string>()
  return Stream.paginate(first, (args) =>
    Effect.flatMap(ask(args), (value) => {
      const page = value as Page<unknown> // What the call gives for an operation of kind "page".
      const next = cursorBehind(page)
      if (next === undefined) return Effect.succeed([pick(page), Option.none<Arguments>()] as const)
      if (seen.has(next)) return Effect.fail(loopError(call))
      seen.add(next)
      return Effect.succeed([pick(page), Option.some(after(args, next))] as const)
    })
  )
}

const face: Face = {
  call: (call, args) => call(args),
  list: (call, args) => call(args),
  rows: (call, args) => walk(call, args, (page) => page.items),
  pages: (call, args) => walk(call, args, (page) => [page]),
  bytes
}
