/**
 * A toolkit and a runtime in line: what is missing, extra or drifted there, and its repair.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ClientOf } from "../promise/ClientTypes.ts"
import type { tools } from "../contract/tools.ts"
import type { Alignment } from "./align.ts"
import * as Apply from "./apply.ts"
import { checkServer, type DefinedTool, definitionOf, type ServerOptions } from "./definition.ts"
import type { Toolkit } from "./Toolkit.ts"

export type { Alignment, Finding } from "./align.ts"
export type { AlignError, Applied, ApplyError, ApplyOptions } from "./apply.ts"
export type { DefinedTool, ServerOptions } from "./definition.ts"
export type { Difference } from "./differences.ts"
export { format } from "./format.ts"

/**
 * Where tools are read and written: the `Tools` service of `./effect`, or a promise client.
 *
 * @since 0.1.0
 * @category models
 */
export type Runtime = Apply.Service | { readonly tools: ClientOf<typeof tools> }

/**
 * What the runtime is told of each tool: bodies of `tools.create`, or of `model.tools` of an assistant. Throws
 * `ToolDefinitionError` for an unusable address.
 *
 * @since 0.1.0
 * @category conversions
 */
export const definitions = (toolkit: Toolkit<string, unknown>, options: ServerOptions): ReadonlyArray<DefinedTool> => {
  checkServer(options)
  return toolkit.tools.map((tool) => definitionOf(tool, options))
}

/**
 * Reads the definitions of a runtime and says what is not as the toolkit has it. Changes nothing.
 *
 * **Details**
 *
 * Tools are known by their function's name. Looked at is what a toolkit decides on: name, description, parameters,
 * `async`, the server's address and timeout, and `messages` and `strict` where the tool sets them. Other fields are
 * the operator's. Extra is a function tool that the runtime sends to this `serverUrl` and the toolkit does not have.
 *
 * **Example**
 *
 * ```ts
 * import { Tools as Service } from "@aywa-ai/runtime-sdk/effect"
 * import { type Toolkit, Tools } from "@aywa-ai/runtime-sdk/tools"
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
  toolkit: Toolkit<string, unknown>,
  options: ServerOptions
): Effect.Effect<Alignment, Apply.AlignError> =>
  Effect.map(Apply.read(serviceOf(runtime), toolkit, options), ({ alignment }) => alignment)

/**
 * Creates what is missing, updates what differs, and reads back what the runtime has then. Done again it writes
 * nothing.
 *
 * **Details**
 *
 * Safe to run from several processes at once, and to run again after a crash: creates carry keys made from the tool,
 * so that there is never a second row. Nothing is deleted unless `removeExtra` says so; rows of the same name that are
 * there already stay, and are reported. What is left over stands in `alignment`.
 *
 * @since 0.1.0
 * @category alignment
 */
export const apply = (
  runtime: Runtime,
  toolkit: Toolkit<string, unknown>,
  options: Apply.ApplyOptions
): Effect.Effect<Apply.Applied, Apply.ApplyError> => Apply.apply(serviceOf(runtime), toolkit, options)

/**
 * `align` as a promise.
 *
 * **Example**
 *
 * ```ts
 * import type { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
 * import { alignTools, type Toolkit, Tools } from "@aywa-ai/runtime-sdk/tools"
 *
 * export const check = async (aywa: AywaRuntimeClient, toolkit: Toolkit.Toolkit, serverUrl: string) => {
 *   const alignment = await alignTools(aywa, toolkit, { serverUrl })
 *   if (!alignment.aligned) throw new Error(Tools.format(alignment))
 * }
 * ```
 *
 * @since 0.1.0
 * @category alignment
 */
export const alignTools = (
  runtime: Runtime,
  toolkit: Toolkit<string, unknown>,
  options: ServerOptions
): Promise<Alignment> => Effect.runPromise(align(runtime, toolkit, options))

/**
 * `apply` as a promise.
 *
 * @since 0.1.0
 * @category alignment
 */
export const applyTools = (
  runtime: Runtime,
  toolkit: Toolkit<string, unknown>,
  options: Apply.ApplyOptions
): Promise<Apply.Applied> => Effect.runPromise(apply(runtime, toolkit, options))

const serviceOf = (runtime: Runtime): Apply.Service => {
  if (!("tools" in runtime)) return runtime
  const client = runtime.tools
  // A client's calls reject with the errors of its operations: the same that the service's calls fail with.
  const call = <A>(run: (signal: AbortSignal) => Promise<A>) =>
    Effect.tryPromise({ try: run, catch: (error) => error as never })
  return {
    stream: (query, options) => Stream.fromAsyncIterable(client.stream(query, options), (error) => error as never),
    get: (id, options) => call((signal) => client.get(id, { ...options, signal })),
    create: (body, options) => call((signal) => client.create(body, { ...options, signal })),
    update: (id, body, options) => call((signal) => client.update(id, body, { ...options, signal })),
    delete: (id, options) => call((signal) => client.delete(id, { ...options, signal }))
  }
}
