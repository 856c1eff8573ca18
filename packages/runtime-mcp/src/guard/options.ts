/**
 * What a server is allowed to do, and with what.
 *
 * @since 0.2.0
 */
import type { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { type Names, nearestName, unknownName, wrongChoice } from "@aywa-ai/runtime-sdk/contract"
import { OutboundPolicy } from "@aywa-ai/runtime-sdk/outbound"
import { McpFailure } from "../errors/McpFailure.ts"
import { resourceNames } from "../operations/table.ts"

/**
 * What an agent may do: `read` nothing but GET; `write` also creates and changes; `all` also deletes. Calls are apart:
 * `allowCalls`.
 *
 * @since 0.2.0
 * @category models
 */
export type Allow = "read" | "write" | "all"

/**
 * A folder of config as code, for the tools `config_plan` and `config_push`.
 *
 * @since 0.2.0
 * @category models
 */
export interface ConfigFolder {
  /** The folder with aywa.yaml. Nothing outside of it is read or written. */
  readonly folder: string
  /** The environment; may be left out when there is one only. */
  readonly environment?: string | undefined
  /** Where `${env:NAME}` gets its values. Default: `process.env`. */
  readonly variables?: Readonly<Record<string, string | undefined>> | undefined
}

/**
 * A local runtime with its control API: a `LocalRuntimeHandle` of `@aywa-ai/runtime-local` is one.
 *
 * @since 0.2.0
 * @category models
 */
export interface LocalControls {
  /** On this machine; the token goes nowhere else. */
  readonly baseUrl: string
  readonly controlToken: string
}

/**
 * How a server is set up. Without anything but a client it reads, and nothing else.
 *
 * @since 0.2.0
 * @category models
 */
export interface McpOptions {
  /** The client of the runtime that is operated. Its key is the most that any tool can do. */
  readonly client: AywaRuntimeClient
  /** Default `read`. */
  readonly allow?: Allow | undefined
  /** Whether calls may be placed and controlled, each after a person's confirmation. Default `false`. */
  readonly allowCalls?: boolean | undefined
  /** Places calls without a confirmation where the client cannot ask for one. Default `false`: they are refused. */
  readonly yes?: boolean | undefined
  /** `compact`: at most 14 tools for everything. `full`: one tool per operation. Default `compact`. */
  readonly tools?: "compact" | "full" | undefined
  /** Only these resources of the contract, such as `["assistants", "tools"]`. Default: all. */
  readonly resources?: ReadonlyArray<string> | undefined
  /** Shows telephone numbers whole instead of their last two digits. Default `false`. */
  readonly showNumbers?: boolean | undefined
  /** Default 5. */
  readonly writesPerSecond?: number | undefined
  /** Writes of one server from its start to its end. Default 100. */
  readonly writesPerSession?: number | undefined
  /** Brings the tools `config_plan` and, unless only reading is allowed, `config_push`. */
  readonly config?: ConfigFolder | undefined
  /** Brings the tools of a local runtime. `client` has to be one of that runtime. */
  readonly local?: LocalControls | undefined
  /** A folder with pages in Markdown, served as `aywa://docs/{page}`. Default: none. */
  readonly docs?: string | undefined
  /** Gets what is to be noted, a line each; never the client. Default: nothing is noted. */
  readonly note?: ((line: string) => void) | undefined
}

const names: Names<McpOptions> = {
  client: true,
  allow: true,
  allowCalls: true,
  yes: true,
  tools: true,
  resources: true,
  showNumbers: true,
  writesPerSecond: true,
  writesPerSession: true,
  config: true,
  local: true,
  docs: true,
  note: true
}

const refuse = (message: string): never => {
  throw new McpFailure("invalid_options", message)
}

const isLoopback = (text: string): boolean => {
  const url = URL.parse(text)
  return url !== null && OutboundPolicy.isLoopbackHost(url.hostname)
}

const checkChoice = (name: string, value: unknown, choices: ReadonlyArray<string>): void => {
  const wrong = value === undefined ? undefined : wrongChoice(value, choices)
  if (wrong !== undefined) refuse(`${name} ${wrong}`)
}

const checkCount = (name: string, value: number | undefined): void => {
  if (value !== undefined && !(Number.isFinite(value) && value >= 0)) refuse(`${name} takes a number, 0 or more.`)
}

/** Refuses what nobody reads: a misspelt `allow` would be none. */
export const checkOptions = (options: McpOptions): void => {
  const unknown = unknownName(options, names)
  if (unknown !== undefined) refuse(unknown.message)
  if (typeof options.client !== "object" || options.client === null) refuse("client is missing: an AywaRuntimeClient.")
  checkChoice("allow", options.allow, ["read", "write", "all"])
  if (options.local !== undefined && !isLoopback(options.local.baseUrl)) {
    refuse("local.baseUrl is not on this machine: only a local runtime has a control API.")
  }
  checkChoice("tools", options.tools, ["compact", "full"])
  checkCount("writesPerSecond", options.writesPerSecond)
  checkCount("writesPerSession", options.writesPerSession)
  for (const flag of ["allowCalls", "yes", "showNumbers"] as const) {
    const value: unknown = options[flag]
    if (value !== undefined && typeof value !== "boolean") refuse(`${flag} takes true or false.`)
  }
  for (const resource of options.resources ?? []) {
    if (resourceNames.includes(resource)) continue
    const meant = nearestName(resource, resourceNames)
    refuse(
      `There is no resource of this name. ${meant === undefined ? `There are: ${resourceNames.join(", ")}.` : `Did you mean ${meant}?`}`
    )
  }
}
