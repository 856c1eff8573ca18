/**
 * What to paste into a client, so that it starts the server.
 *
 * @since 0.2.0
 */
import { wrongChoice } from "@aywa-ai/runtime-sdk/contract"
import { McpFailure } from "../errors/McpFailure.ts"

/**
 * The clients whose files are known.
 *
 * @since 0.2.0
 * @category setup
 */
export const clientNames = ["claude", "cursor", "vscode", "codex"] as const

/**
 * A client whose file is known.
 *
 * @since 0.2.0
 * @category models
 */
export type ClientName = (typeof clientNames)[number]

/**
 * What to paste, and where.
 *
 * @since 0.2.0
 * @category models
 */
export interface ClientConfig {
  /** Below the project's folder, or from `~`. */
  readonly file: string
  /** The whole of an otherwise empty file. */
  readonly text: string
}

const files: Readonly<Record<ClientName, string>> = {
  claude: ".mcp.json",
  cursor: ".cursor/mcp.json",
  vscode: ".vscode/mcp.json",
  codex: "~/.codex/config.toml"
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/**
 * What to paste into a client. `args` come behind `aywa-runtime mcp`. No key stands in it: the server reads the file of
 * `--env-file`, or the client's own environment.
 *
 * @since 0.2.0
 * @category setup
 */
export const clientConfig = (client: ClientName, args: ReadonlyArray<string> = []): ClientConfig => {
  const wrong = wrongChoice(client, clientNames)
  if (wrong !== undefined) throw new McpFailure("invalid_options", `client ${wrong}`)
  const file = files[client]
  const command = "npx"
  const all = ["-y", "@aywa-ai/runtime-cli", "mcp", ...args]
  if (client === "vscode")
    return { file, text: json({ servers: { "aywa-runtime": { type: "stdio", command, args: all } } }) }
  if (client === "codex") {
    // TOML's basic strings are JSON's.
    return {
      file,
      text: `[mcp_servers.aywa-runtime]\ncommand = ${JSON.stringify(command)}\nargs = ${JSON.stringify(all)}\n`
    }
  }
  return { file, text: json({ mcpServers: { "aywa-runtime": { command, args: all } } }) }
}
