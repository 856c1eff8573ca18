/**
 * The types that signatures of the tools mention, each by a name of its own: TypeScript writes them into the declarations
 * of a program that exports what it was given, and does not look into namespaces for them.
 */
export type { Alignment, Finding } from "./align.ts"
export type { Applied, ApplyOptions } from "./apply.ts"
export type { Delivery, HandleOptions, ToolCallReport, ToolResult, ToolResults } from "./calls.ts"
export type { DefinedTool, ServerOptions } from "./definition.ts"
export type { Difference } from "./differences.ts"
export type { ArgumentsOf, ParametersSchema } from "./parameters.ts"
export type { AnyTool, CommonOptions, EffectLike, Soon, Tool as DeclaredTool, ToolContext } from "./shape.ts"
export type { JsonSchema, SchemaPair, StandardJsonSchema, StandardSchema } from "./standard.ts"
export type { SchemaOf } from "./Tool.ts"
export type { AnyToolkit, Toolkit as DeclaredToolkit } from "./Toolkit.ts"
export type { Runtime as ToolsRuntime } from "./Tools.ts"
export type { VariableIssue, Variables, VariableUse, VariableValuesError } from "./variables.ts"
export type * from "../call/CallOptions.ts"
export type { JsonObject, Operation } from "../contract/Operation.ts"
export type { ListQuery, Page, WalkOptions } from "../contract/shared.ts"
export type { CreateTool, Tool as ToolRow, UpdateTool } from "../contract/tools.ts"
export type { CallPromise, ClientCallOptions, ClientOf } from "../promise/ClientTypes.ts"
export type { InvalidMessage, ToolCall, ToolCalls } from "../webhooks/events.ts"
