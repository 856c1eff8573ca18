/**
 * What must and must not compile. Checked by `tsc`: a `@ts-expect-error` without an error is an error.
 */
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import { Assistants, AywaRuntime, type Assistant, type Errors, type Page } from "@aywa-ai/runtime-sdk/effect"

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const proven = <T extends true>(): T | void => undefined
type ErrorIn<E> = E extends Effect.Effect<unknown, infer Error, unknown> ? Error : never

declare const assistants: Assistants.Assistants["Service"]

// Exact unions per operation.
const list = assistants.list()
const get = assistants.get("a")
const create = assistants.create({})
const remove = assistants.delete("a")
proven<Equal<ErrorIn<typeof list>, Errors.CommonError>>()
proven<Equal<ErrorIn<typeof get>, Errors.CommonError | Errors.NotFound>>()
proven<Equal<ErrorIn<typeof create>, Errors.CommonError | Errors.ConflictError>>()
proven<Equal<ErrorIn<typeof remove>, Errors.CommonError | Errors.NotFound | Errors.ConflictError>>()
proven<Equal<Extract<ErrorIn<typeof list>, { _tag: "NotFound" | "ConflictError" }>, never>>()

// @ts-expect-error a list cannot fail with NotFound
Effect.catchTag(list, "NotFound", () => Effect.void)
// @ts-expect-error a read cannot fail with ConflictError
Effect.catchTag(get, "ConflictError", () => Effect.void)

// catchTag narrows, and takes the error out of the channel.
const narrowed = Effect.catchTag(get, "NotFound", (error) => {
  proven<Equal<typeof error, Errors.NotFound>>()
  return Effect.succeed(undefined)
})
proven<Equal<ErrorIn<typeof narrowed>, Errors.CommonError>>()

// Values.
proven<Equal<typeof list, Effect.Effect<Page<Assistant>, Errors.CommonError>>>()
proven<Equal<ReturnType<typeof assistants.stream>, Stream.Stream<Assistant, Errors.CommonError>>>()
proven<Equal<ReturnType<typeof assistants.pages>, Stream.Stream<Page<Assistant>, Errors.CommonError>>>()

// A program that never says where the runtime is does not compile.
const program = Effect.gen(function* () {
  const service = yield* Assistants.Assistants
  return yield* service.list({ limit: 1 })
})
// @ts-expect-error Assistants is not provided
Effect.runPromise(program)
// @ts-expect-error baseUrl is required
AywaRuntime.layer({ apiKey: "k" })
export const provided = Effect.provide(program, AywaRuntime.layer({ baseUrl: "", apiKey: "" }))
proven<Equal<typeof provided, Effect.Effect<Page<Assistant>, Errors.CommonError>>>()
