/**
 * Serves a runtime over MCP until the client is gone, or until it is stopped.
 */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { LocalRuntimeHandle } from "@aywa-ai/runtime-local"
import { isMcpFailure, type McpOptions, serveHttp, serveStdio } from "@aywa-ai/runtime-mcp"
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { variablesOf } from "../core/variables.ts"
import { usage } from "../core/failure.ts"
import type { Session } from "../core/session.ts"

/** The flags that say what is allowed. */
export interface Allowed {
  readonly allow: "read" | "write" | "all" | undefined
  readonly "allow-calls": boolean
  readonly tools: "compact" | "full" | undefined
  readonly resources: string | undefined
  readonly local: boolean
  readonly db: string | undefined
  readonly "show-numbers": boolean
  readonly "writes-per-second": number | undefined
  readonly "writes-per-session": number | undefined
  readonly "config-dir": string
  readonly "config-env": string | undefined
}

interface Input extends Allowed {
  readonly http: number | undefined
  readonly token: string | undefined
}

/** The variable with the token. */
const tokenVariable = "AYWA_RUNTIME_MCP_TOKEN"

/** Serves. */
export const serve = async (input: Input, session: Session): Promise<void> => {
  const { out, signal, settings } = session
  if (input.db !== undefined && !input.local) throw usage("--db is for --local.")
  const token = input.token ?? settings.variable(tokenVariable)?.value
  if (input.token !== undefined && input.http === undefined) throw usage("--token is for --http.")
  if (input.token !== undefined) {
    out.warn(`--token on the command line is visible to other processes; ${tokenVariable} is not.`)
  }
  const runtime = input.local ? await startLocal(input.db, session) : undefined
  const options = await optionsOf(input, session, runtime)
  try {
    if (input.http === undefined) {
      if (process.stdin.isTTY)
        out.note("This is for a program: it reads JSON-RPC from stdin. aywa-runtime mcp config says how.")
      return await serveStdio({ ...options, signal })
    }
    const server = await serveHttp({ ...options, port: input.http, token })
    session.cleanup(() => server.close())
    // One line, also on a terminal: programs wait for it. A token that was given is known already.
    out.raw(
      JSON.stringify({ url: server.url, ...(token === undefined ? { token: server.token } : {}), pid: process.pid })
    )
    out.note(`The MCP server is ready at ${server.url}. Ctrl-C stops it.`)
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }))
  } catch (error) {
    throw isMcpFailure(error) ? usage(error.message, error.hint) : error
  }
}

const startLocal = async (db: string | undefined, session: Session): Promise<LocalRuntimeHandle> => {
  const { startLocalRuntime } = await import("@aywa-ai/runtime-local")
  const runtime = await startLocalRuntime(db === undefined ? {} : { store: { file: db } })
  session.cleanup(() => runtime.close())
  session.out.note(`A local runtime is at ${runtime.baseUrl}; it dials nobody.`)
  return runtime
}

const optionsOf = async (
  input: Allowed,
  session: Session,
  local: LocalRuntimeHandle | undefined
): Promise<McpOptions> => {
  const { settings, out } = session
  return {
    client:
      local === undefined
        ? await session.client()
        : new AywaRuntimeClient({
            baseUrl: local.baseUrl,
            apiKey: local.apiKey,
            organizationId: local.organizationId
          }),
    allow: input.allow,
    allowCalls: input["allow-calls"],
    yes: settings.yes,
    tools: input.tools,
    resources: input.resources?.split(",").map((name) => name.trim()),
    showNumbers: input["show-numbers"],
    writesPerSecond: input["writes-per-second"],
    writesPerSession: input["writes-per-session"],
    config: configOf(input, session),
    local,
    docs: docsFolder(),
    note: out.note
  }
}

/** The state of an environment has the ids of its runtime: those of a local one belong into one of its own. */
const configOf = (input: Allowed, session: Session): McpOptions["config"] => {
  const { "config-dir": folder, "config-env": environment, local } = input
  if (!existsSync(join(folder, "aywa.yaml")) || (local && environment === undefined)) return undefined
  return { folder, environment, variables: variablesOf(session) }
}

/** The pages stand beside the bundle, and in the repository where they are written. */
const docsFolder = (): string | undefined =>
  ["../docs", "./docs", "../../../../docs"]
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((folder) => existsSync(join(folder, "mcp.md")))
