/**
 * Tools for Effect programs: schemas of Effect, work that is an Effect, the handler as one, and typed errors of alignment.
 * Has all of `./tools` that such a program needs.
 *
 * @since 0.2.0
 */
export * as Tool from "./effect/Tool.ts"
export * as Toolkit from "./effect/Toolkit.ts"
export * as Tools from "./effect/Tools.ts"
export { ToolDefinitionError } from "./ToolDefinitionError.ts"
export type { ToolDefinitionIssue } from "./ToolDefinitionError.ts"
export { ToolFailure } from "./ToolFailure.ts"
export type { LooseRule, ToolFunction, ToolSchema } from "./model.ts"
export type * from "./named.ts"
export type * from "../errors/Errors.ts"
