/**
 * The flags that every command takes.
 */
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import type { GlobalFlags } from "../core/settings.ts"
import { enabled, flag, number, optional, text } from "./flags.ts"

const setting = <const Id extends string, A>(id: Id, flag: Flag.Flag<A>) => GlobalFlag.Setting(id)({ flag })

const baseUrl = setting(
  "base-url",
  text("base-url", "URL", "Address of your runtime. Else AYWA_RUNTIME_BASE_URL; there is no default").pipe(
    Flag.withAlias("u")
  )
)
const apiKey = setting(
  "api-key",
  optional(
    Flag.Redacted("api-key").pipe(
      Flag.withMetavar("KEY"),
      Flag.withDescription(
        "Runtime API key. Better set as AYWA_RUNTIME_API_KEY: arguments are visible to other processes"
      )
    )
  )
)
const organization = setting(
  "org",
  text("org", "ID", "Organization. Else AYWA_RUNTIME_ORGANIZATION_ID, else the one of the key").pipe(
    Flag.withAlias("organization")
  )
)
// Node itself looks for `--env-file` among the arguments, wherever it stands, and ends with code 9 when there is no such
// file: `--env` is the name that is ours alone.
const envFile = setting(
  "env-file",
  text("env-file", "FILE", "Reads variables that the environment does not set").pipe(Flag.withAlias("env"))
)
const json = setting(
  "json",
  optional(
    Flag.Boolean("json").pipe(
      Flag.withDescription("JSON on stdout, also on a terminal (--no-json: text, also into a pipe)")
    )
  )
)
const quiet = setting("quiet", flag("quiet", "Nothing on stderr but errors and warnings").pipe(Flag.withAlias("q")))
const color = setting("color", enabled("color", "Colours on a terminal (--no-color: none; NO_COLOR does the same)"))
const timeout = setting("timeout", number("timeout", "SECONDS", "Time for one request; default 30"))
const yes = setting("yes", flag("yes", "Answers every question with yes").pipe(Flag.withAlias("y")))
const debug = setting("debug", flag("debug", "Stacks with errors, and a line per request, on stderr"))
const allowHttp = setting(
  "allow-http",
  flag("allow-http", "Allows plain http beyond loopback, for networks that are yours")
)

/** All of them, for the root command. */
export const globalFlags = [
  baseUrl,
  apiKey,
  organization,
  envFile,
  json,
  quiet,
  color,
  timeout,
  yes,
  debug,
  allowHttp
] as const

/** Every name that they have, for suggestions. */
export const globalNames: ReadonlyArray<string> = [
  ...globalFlags.map(({ id }) => id),
  "env",
  "organization",
  "no-json",
  "no-color",
  "help",
  "version"
]

/** What this run was given. */
export const globals = Effect.gen(function* () {
  const flags: GlobalFlags = {
    baseUrl: yield* baseUrl,
    apiKey: yield* apiKey,
    organization: yield* organization,
    envFile: yield* envFile,
    json: yield* json,
    quiet: yield* quiet,
    color: yield* color,
    timeout: yield* timeout,
    yes: yield* yes,
    debug: yield* debug,
    allowHttp: yield* allowHttp
  }
  return flags
})
