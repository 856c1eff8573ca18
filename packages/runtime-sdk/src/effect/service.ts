/**
 * Computes a resource's service from its entries in the contract table.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { CallOptions } from "../call/CallOptions.ts"
import type { Group, Operation, TypesOf } from "../contract/Operation.ts"
import type { ArgumentsOf, BytesKeys, ErrorsOf, ItemOf, PagedKeys, SuccessOf, Suffixed } from "../contract/Signature.ts"
import type { Page } from "../contract/shared.ts"
import * as Errors from "../errors/Errors.ts"
import { RuntimeConfig } from "../config/RuntimeConfig.ts"
import { Transport } from "../transport/Transport.ts"
import type { ByteStream } from "../transport/byteStream.ts"
import { text } from "../call/message.ts"
import { effectObserver } from "./observe.ts"
import { makeCall, type Arguments, type Call, type Runtime } from "../call/call.ts"
import { specOf } from "../contract/table.ts"

/** The service of a resource. */
export type ServiceOf<G extends Group> = {
  readonly [K in keyof G]: (
    ...args: ArgumentsOf<TypesOf<G[K]>, CallOptions>
  ) => Effect.Effect<SuccessOf<TypesOf<G[K]>>, ErrorsOf<TypesOf<G[K]>>>
} & {
  /** All rows, page after page, as a Stream. */
  readonly [K in PagedKeys<G> as Suffixed<K, "stream", "Stream">]: (
    ...args: ArgumentsOf<TypesOf<G[K]>, CallOptions>
  ) => Stream.Stream<ItemOf<TypesOf<G[K]>>, ErrorsOf<TypesOf<G[K]>>>
} & {
  /** All pages as a Stream; keep a page's `nextCursor` to go on after an error. */
  readonly [K in PagedKeys<G> as Suffixed<K, "pages", "Pages">]: (
    ...args: ArgumentsOf<TypesOf<G[K]>, CallOptions>
  ) => Stream.Stream<Page<ItemOf<TypesOf<G[K]>>>, ErrorsOf<TypesOf<G[K]>>>
} & {
  /**
   * The bytes as they come, for content that need not fit into memory. Every piece must come within the attempt's
   * timeout; the deadline is for the beginning of the answer.
   */
  readonly [K in BytesKeys<G> as Suffixed<K, "stream", "Stream">]: (
    ...args: ArgumentsOf<TypesOf<G[K]>, CallOptions>
  ) => Stream.Stream<Uint8Array, ErrorsOf<TypesOf<G[K]>>>
}

/** Sorts positional arguments into their roles. */
export const roles = (operation: Operation): ((args: ReadonlyArray<unknown>) => Arguments) => {
  const spec = specOf(operation)
  const hasId = spec.path.includes(":id")
  const hasBody = spec.body !== undefined
  const hasQuery = spec.query !== undefined
  return (args) => {
    let i = 0
    return {
      id: hasId ? args[i++] : undefined,
      body: hasBody ? args[i++] : undefined,
      query: hasQuery ? args[i++] : undefined,
      options: args[i] as CallOptions | undefined // Checked by the pipeline, field by field.
    }
  }
}

/** The names that a paged operation gives its two streams. */
export const streamNames = (key: string): readonly [stream: string, pages: string] =>
  key === "list" ? ["stream", "pages"] : [`${key}Stream`, `${key}Pages`]

/** Builds the service of a resource. */
export const makeService = <G extends Group>(runtime: Runtime, name: string, group: G): ServiceOf<G> => {
  const service: Record<string, unknown> = {}
  for (const [key, operation] of Object.entries(group)) {
    // Prepared on first use: a client that calls one operation pays for one.
    let prepared: { readonly call: Call; readonly roles: ReturnType<typeof roles> } | undefined
    const get = () => (prepared ??= { call: makeCall(runtime, `${name}.${key}`, operation), roles: roles(operation) })
    service[key] = (...args: ReadonlyArray<unknown>) => {
      const { call, roles } = get()
      return call(roles(args))
    }
    if (operation.kind === "bytes") {
      service[`${key}Stream`] = (...args: ReadonlyArray<unknown>) => {
        const call = makeCall(runtime, `${name}.${key}`, operation, true)
        return download(call, get().roles(args))
      }
    }
    if (operation.kind === "page") {
      const [stream, pages] = streamNames(key)
      const paginate = <A>(args: ReadonlyArray<unknown>, pick: (page: Page<unknown>) => ReadonlyArray<A>) =>
        Stream.suspend(() => {
          const { call, roles } = get()
          return walk(call, roles(args), pick)
        })
      service[pages] = (...args: ReadonlyArray<unknown>) => paginate(args, (page) => [page])
      service[stream] = (...args: ReadonlyArray<unknown>) => paginate(args, (page) => page.items)
    }
  }
  // The mapped type above is this loop, spelled out; a test compares the two.
  return service as unknown as ServiceOf<G>
}

/** Content as a Stream that closes its connection however it ends. */
const download = (call: Call, args: Arguments): Stream.Stream<Uint8Array, Errors.RuntimeError> =>
  Stream.unwrap(
    Effect.map(
      Effect.acquireRelease(
        call(args) as Effect.Effect<ByteStream, Errors.RuntimeError>, // What a call that is streamed gives.
        (bytes) => Effect.promise(() => bytes.return()),
        { interruptible: true }
      ),
      (bytes) => Stream.fromAsyncIterable(bytes, (error) => error as Errors.RuntimeError) // ByteStream fails with these.
    )
  )

/** Follows a list to its end. An empty page in the middle is no end; a cursor that comes back is an error. */
const walk = <A>(call: Call, first: Arguments, pick: (page: Page<unknown>) => ReadonlyArray<A>) => {
  const seen = new Set<string>()
  return Stream.paginate(first, (args) =>
    Effect.flatMap(call(args), (value) => {
      const page = value as Page<unknown> // What the pipeline gives for an operation of kind "page".
      const next = page.nextCursor
      if (next === undefined) return Effect.succeed([pick(page), Option.none<Arguments>()] as const)
      if (seen.has(next)) return Effect.fail(loopError(call))
      seen.add(next)
      const query = { ...Object(args.query), cursor: next }
      return Effect.succeed([pick(page), Option.some<Arguments>({ ...args, query })] as const)
    })
  )
}

/** A cursor that was already followed: the list goes in circles. */
export const loopError = (call: Call): Errors.UnexpectedResponse => {
  const fields = {
    operation: call.operation,
    method: "GET",
    path: call.path,
    attempts: 1,
    outcome: "rejected" as const
  }
  const issue = "the list repeats an earlier cursor: it would never end."
  return new Errors.UnexpectedResponse({ ...fields, issue, message: text(fields, issue) })
}

/** Makes the Layer of a resource's service. */
export const layerOf = <Id, G extends Group>(
  tag: Context.Key<Id, ServiceOf<G>>,
  name: string,
  group: G
): Layer.Layer<Id, never, RuntimeConfig | Transport> =>
  Layer.effect(
    tag,
    Effect.gen(function* () {
      const runtime = { config: yield* RuntimeConfig, transport: yield* Transport, observer: effectObserver }
      return makeService(runtime, name, group)
    })
  )
