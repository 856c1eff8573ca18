/**
 * Tools as typed contracts: one definition gives the runtime's tool, the handler of its calls, and the check that both
 * sides agree. Schemas are of any library; nothing else is needed. The file of the entry `./tools`: beside `Tools.ts`
 * another one of that name could not exist everywhere.
 *
 * @since 0.1.0
 */
export * as Tool from "./tools/Tool.ts"
export * as Toolkit from "./tools/Toolkit.ts"
export * as Tools from "./tools/Tools.ts"
export { alignTools, applyTools } from "./tools/Tools.ts"
export { ToolDefinitionError } from "./tools/ToolDefinitionError.ts"
export type { ToolDefinitionIssue } from "./tools/ToolDefinitionError.ts"
export { ToolFailure } from "./tools/ToolFailure.ts"
export type { LooseRule, ToolFunction, ToolSchema } from "./tools/model.ts"
export type * from "./tools/named.ts"
