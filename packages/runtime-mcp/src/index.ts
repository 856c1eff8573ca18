/**
 * A runtime for coding agents: an MCP server that reads by default, repeats safely, and says whether something happened.
 *
 * **Details**
 *
 * - `serveStdio`: what a client starts as a process of its own; `aywa-runtime mcp` is this;
 * - `serveHttp`: on a port of this machine, behind a token;
 * - `clientConfig` and `skillText`: what to paste into a client, and a skill for agents.
 *
 * @since 0.2.0
 */
export type { Allow, ConfigFolder, LocalControls, McpOptions } from "./guard/options.ts"
export { serveStdio } from "./transport/stdio.ts"
export type { StdioOptions } from "./transport/stdio.ts"
export { serveHttp } from "./transport/http.ts"
export type { HttpHandle, HttpOptions } from "./transport/http.ts"
export { clientConfig, clientNames } from "./setup/clients.ts"
export type { ClientConfig, ClientName } from "./setup/clients.ts"
export { skillText } from "./setup/skill.ts"
export { isMcpFailure, McpFailure } from "./errors/McpFailure.ts"
