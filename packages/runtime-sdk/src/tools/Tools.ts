/**
 * A toolkit and a runtime in line: what is missing, extra or drifted there, and its repair.
 *
 * @since 0.1.0
 */
import type { ClientOf } from "../promise/ClientTypes.ts"
import type { tools } from "../contract/tools.ts"
import type { Alignment } from "./align.ts"
import { type Applied, apply, type ApplyOptions, read } from "./apply.ts"
import { checkServer, type DefinedTool, definitionOf, serverNames, type ServerOptions } from "./definition.ts"
import type { AnyToolkit } from "./Toolkit.ts"

export type { Alignment, Finding } from "./align.ts"
export type { Applied, ApplyOptions } from "./apply.ts"
export type { DefinedTool, ServerOptions } from "./definition.ts"
export type { Difference } from "./differences.ts"
export { format } from "./format.ts"

/**
 * Where tools are read and written: a promise client.
 *
 * @since 0.1.0
 * @category models
 */
export interface Runtime {
  readonly tools: Pick<ClientOf<typeof tools>, "stream" | "get" | "create" | "update" | "delete">
}

/**
 * What the runtime is told of each tool: bodies of `tools.create`, or of `model.tools` of an assistant. Throws
 * `ToolDefinitionError` for an unusable address.
 *
 * @since 0.1.0
 * @category conversions
 */
export const definitions = (toolkit: AnyToolkit, options: ServerOptions): ReadonlyArray<DefinedTool> => {
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
 * Rejects with a `ToolDefinitionError` for options that cannot be, and as `tools.list` does.
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
export const alignTools = async (runtime: Runtime, toolkit: AnyToolkit, options: ServerOptions): Promise<Alignment> => {
  const { alignment } = await read(runtime.tools, toolkit, options, serverNames)
  return alignment
}

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
export const applyTools = (runtime: Runtime, toolkit: AnyToolkit, options: ApplyOptions): Promise<Applied> =>
  apply(runtime.tools, toolkit, options)
