/**
 * The tools of one server, the handler of `tool-calls` events as an Effect, and toolkits of `effect/ai`.
 *
 * @since 0.2.0
 */
export { handler, make } from "../Toolkit.ts"
export type { HandleOptions, Toolkit, ToolCallReport, ToolResult, ToolResults } from "../Toolkit.ts"
export { handle } from "./handle.ts"
export { fromAi } from "./fromAi.ts"
export { type AiTools, toAi } from "./toAi.ts"
