/**
 * From a tool to the row that the runtime should have of it.
 */
import type { FunctionDefinition, Server } from "../contract/shared.ts"
import type { CreateTool } from "../contract/tools.ts"
import { type Names, unknownName } from "../config/unknownNames.ts"
import type { AnyTool } from "./shape.ts"
import { ToolDefinitionError } from "./ToolDefinitionError.ts"

/**
 * Where the runtime finds the server of a toolkit.
 *
 * @since 0.1.0
 * @category models
 */
export interface ServerOptions {
  /** The address of your `tool-calls` webhook, as the runtime reaches it: absolute, http or https. */
  readonly serverUrl: string
  /** Seconds that the runtime waits for a tool, 1 to 300; a tool's own `timeoutSeconds` wins. Default 20. */
  readonly timeoutSeconds?: number | undefined
}

/** What the runtime waits when nothing else is said. */
export const defaultTimeoutSeconds = 20

/** The names of the options. */
export const serverNames: Names<ServerOptions> = { serverUrl: true, timeoutSeconds: true }

/** Throws for an option that nobody reads, an address or a timeout that cannot be. */
export const checkServer = (options: ServerOptions, names: object = serverNames): void => {
  if (typeof options !== "object" || options === null) {
    throw new ToolDefinitionError("Tool server", [{ path: [], message: "options must be an object with serverUrl" }])
  }
  const { serverUrl, timeoutSeconds = defaultTimeoutSeconds } = options
  const unknown = unknownName(options, names)
  const url = typeof serverUrl === "string" && URL.canParse(serverUrl) ? new URL(serverUrl) : undefined
  const issues = [
    ...(unknown === undefined ? [] : [{ path: [unknown.name], message: unknown.message }]),
    ...(url?.protocol === "http:" || url?.protocol === "https:"
      ? []
      : [{ path: ["serverUrl"], message: "must be an absolute http or https address that the runtime can reach" }]),
    ...(typeof timeoutSeconds === "number" && timeoutSeconds >= 1 && timeoutSeconds <= 300
      ? []
      : [{ path: ["timeoutSeconds"], message: "must be 1 to 300 seconds" }])
  ]
  if (issues.length > 0) throw new ToolDefinitionError("Tool server", issues)
}

/** The seconds that the runtime should wait for a tool. */
export const timeoutOf = (tool: AnyTool, options: ServerOptions): number =>
  tool.timeoutSeconds ?? options.timeoutSeconds ?? defaultTimeoutSeconds

/**
 * What the runtime is told of a tool: a body of `tools.create`.
 *
 * @since 0.1.0
 * @category models
 */
export interface DefinedTool extends CreateTool {
  readonly type: "function"
  readonly function: FunctionDefinition
  readonly server: Server
}

/** The row of a tool, as a create takes it. */
export const definitionOf = (tool: AnyTool, options: ServerOptions): DefinedTool => {
  const { parameters, ...definition } = tool.definition
  return {
    type: "function",
    function: { ...definition, parameters: { ...parameters } },
    ...tool.fields,
    server: { url: options.serverUrl, timeoutSeconds: timeoutOf(tool, options) }
  }
}
