/**
 * Where the runtime is and who asks, for the command line: flags first, then the `AYWA_RUNTIME_*` variables, then the
 * file of `--env-file`. Every value remembers where it came from, so that a message can say which one to change.
 */
import { readFileSync } from "node:fs"
import { parseEnv } from "node:util"
import * as Redacted from "effect/Redacted"
import { usage } from "./failure.ts"
import { decodeText } from "./text.ts"

/** A value and the flag, variable or file that gave it. */
export interface Given<A> {
  readonly value: A
  readonly source: string
}

/** What the global flags say. */
export interface GlobalFlags {
  readonly baseUrl: string | undefined
  readonly apiKey: Redacted.Redacted<string> | undefined
  readonly organization: string | undefined
  readonly envFile: string | undefined
  readonly json: boolean | undefined
  readonly quiet: boolean
  readonly color: boolean
  /** Seconds. */
  readonly timeout: number | undefined
  readonly yes: boolean
  readonly debug: boolean
  readonly allowHttp: boolean
}

/** The settings of one run. */
export interface Settings extends GlobalFlags {
  readonly address: Given<string> | undefined
  readonly key: Given<Redacted.Redacted<string>> | undefined
  readonly orgId: Given<string> | undefined
  readonly webhookSecret: Given<Redacted.Redacted<string>> | undefined
  /** Reads a variable, from the environment or else from the env file. Empty counts as absent. */
  readonly variable: (name: string) => Given<string> | undefined
}

export const variables = {
  baseUrl: "AYWA_RUNTIME_BASE_URL",
  apiKey: "AYWA_RUNTIME_API_KEY",
  organization: "AYWA_RUNTIME_ORGANIZATION_ID",
  webhookSecret: "AYWA_RUNTIME_WEBHOOK_SECRET",
  profile: "AYWA_RUNTIME_PROFILE"
} as const

type Environment = Readonly<Record<string, string | undefined>>

/** Resolves the settings of one run. */
export const resolve = (flags: GlobalFlags, env: Environment): Settings => {
  const file = flags.envFile === undefined ? {} : readEnvFile(flags.envFile)
  const variable = (name: string): Given<string> | undefined => {
    const fromEnv = env[name]
    if (fromEnv !== undefined && fromEnv !== "") return { value: fromEnv, source: name }
    const fromFile = file[name]
    if (fromFile !== undefined && fromFile !== "") return { value: fromFile, source: `${name} in ${flags.envFile}` }
    return undefined
  }
  const secret = (name: string) => {
    const entry = variable(name)
    return entry === undefined ? undefined : { ...entry, value: Redacted.make(entry.value, { label: name }) }
  }
  return {
    ...flags,
    variable,
    address: sourced(flags.baseUrl, "--base-url") ?? variable(variables.baseUrl),
    key: sourced(flags.apiKey, "--api-key") ?? secret(variables.apiKey),
    orgId: sourced(flags.organization, "--org") ?? variable(variables.organization),
    webhookSecret: secret(variables.webhookSecret)
  }
}

const sourced = <A>(value: A | undefined, source: string): Given<A> | undefined =>
  value === undefined ? undefined : { value, source }

const readEnvFile = (path: string): Environment => {
  let text: string | undefined
  try {
    text = decodeText(readFileSync(path))
  } catch (error) {
    throw usage(
      `The env file ${path} cannot be read (${error instanceof Error && "code" in error ? String(error.code) : "error"}).`,
      "Check the path that --env-file gives."
    )
  }
  if (text === undefined) throw usage(`The env file ${path} is no text in UTF-8.`, "Save it as UTF-8.")
  return parseEnv(text)
}
