/**
 * A toolkit and a runtime in line, as Effects.
 *
 * @since 0.2.0
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { TypesOf } from "../../contract/Operation.ts"
import type { ErrorsOf } from "../../contract/Signature.ts"
import type { tools } from "../../contract/tools.ts"
import type { Tools } from "../../effect/Tools.ts"
import type { Alignment } from "../align.ts"
import * as Apply from "../apply.ts"
import { serverNames, type ServerOptions } from "../definition.ts"
import type { ToolDefinitionError } from "../ToolDefinitionError.ts"
import type { AnyToolkit } from "../Toolkit.ts"

export { definitions, format } from "../Tools.ts"
export type { Alignment, Applied, ApplyOptions, DefinedTool, Difference, Finding, ServerOptions } from "../Tools.ts"

/**
 * Where tools are read and written: the `Tools` service of `./effect`.
 *
 * @since 0.1.0
 * @category models
 */
export type Runtime = Pick<Tools["Service"], "stream" | "get" | "create" | "update" | "delete">

type Failure<K extends keyof typeof tools> = ErrorsOf<TypesOf<(typeof tools)[K]>>

/** How reading the definitions fails. */
export type AlignError = Failure<"list"> | ToolDefinitionError

/** How writing them fails. */
export type ApplyError = AlignError | Failure<"create"> | Failure<"update"> | Failure<"delete">

/**
 * Reads the definitions of a runtime and says what is not as the toolkit has it. Changes nothing. `alignTools` of
 * `./tools` has the details.
 *
 * **Example**
 *
 * ```ts
 * import { Tools as Service } from "@aywa-ai/runtime-sdk/effect"
 * import { type Toolkit, Tools } from "@aywa-ai/runtime-sdk/tools/effect"
 * import * as Effect from "effect/Effect"
 *
 * export const check = (toolkit: Toolkit.Toolkit, serverUrl: string) =>
 *   Effect.gen(function* () {
 *     const runtime = yield* Service.Tools
 *     const alignment = yield* Tools.align(runtime, toolkit, { serverUrl })
 *     if (!alignment.aligned) yield* Effect.logWarning(Tools.format(alignment))
 *   })
 * ```
 *
 * @since 0.1.0
 * @category alignment
 */
export const align = (
  runtime: Runtime,
  toolkit: AnyToolkit,
  options: ServerOptions
): Effect.Effect<Alignment, AlignError> =>
  attempt<Alignment, AlignError>(runtime, async (operations) => {
    const { alignment } = await Apply.read(operations, toolkit, options, serverNames)
    return alignment
  })

/**
 * Creates what is missing, updates what differs, and reads back what the runtime has then. Done again it writes
 * nothing. `applyTools` of `./tools` has the details.
 *
 * @since 0.1.0
 * @category alignment
 */
export const apply = (
  runtime: Runtime,
  toolkit: AnyToolkit,
  options: Apply.ApplyOptions
): Effect.Effect<Apply.Applied, ApplyError> =>
  attempt<Apply.Applied, ApplyError>(runtime, (operations) => Apply.apply(operations, toolkit, options))

/** Runs it on operations of this fiber: its spans and its services are theirs. */
const attempt = <A, E>(runtime: Runtime, run: (operations: Apply.Operations) => Promise<A>): Effect.Effect<A, E> =>
  Effect.flatMap(Effect.context<never>(), (context) =>
    Effect.tryPromise({
      try: (signal) => {
        const promise = <B>(effect: Effect.Effect<B, unknown>) => Effect.runPromiseWith(context)(effect, { signal })
        return run({
          stream: (query) => Stream.toAsyncIterableWith(runtime.stream(query), context),
          get: (id) => promise(runtime.get(id)),
          create: (body, options) => promise(runtime.create(body, options)),
          update: (id, body, options) => promise(runtime.update(id, body, options)),
          delete: (id) => promise(runtime.delete(id))
        })
      },
      catch: (error) => error
    }).pipe(
      // What the operations fail with has a tag; anything else is a defect of somebody.
      Effect.catch((error) =>
        typeof error === "object" && error !== null && "_tag" in error ? Effect.fail(error as E) : Effect.die(error)
      )
    )
  )
