/**
 * The flags that every command takes.
 */
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { GlobalFlags } from "../core/settings.ts"

const setting = <const Id extends string, A>(id: Id, flag: Flag.Flag<A>) => GlobalFlag.Setting(id)({ flag })

const baseUrl = setting(
  "base-url",
  Flag.String("base-url").pipe(
    Flag.withAlias("u"),
    Flag.withMetavar("URL"),
    Flag.withDescription("Address of your runtime. Else AYWA_RUNTIME_BASE_URL; there is no default"),
    Flag.optional
  )
)
const apiKey = setting(
  "api-key",
  Flag.Redacted("api-key").pipe(
    Flag.withMetavar("KEY"),
    Flag.withDescription(
      "Runtime API key. Better set as AYWA_RUNTIME_API_KEY: arguments are visible to other processes"
    ),
    Flag.optional
  )
)
const organization = setting(
  "org",
  Flag.String("org").pipe(
    Flag.withAlias("organization"),
    Flag.withMetavar("ID"),
    Flag.withDescription("Organization. Else AYWA_RUNTIME_ORGANIZATION_ID, else the one of the key"),
    Flag.optional
  )
)
const envFile = setting(
  "env-file",
  Flag.String("env-file").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("Reads variables that the environment does not set"),
    Flag.optional
  )
)
const json = setting(
  "json",
  Flag.Boolean("json").pipe(
    Flag.withDescription("JSON on stdout, also on a terminal (--no-json: text, also into a pipe)"),
    Flag.optional
  )
)
const quiet = setting(
  "quiet",
  Flag.Boolean("quiet").pipe(
    Flag.withAlias("q"),
    Flag.withDescription("Nothing on stderr but errors and warnings"),
    Flag.withoutNegation,
    Flag.withDefault(false)
  )
)
const color = setting(
  "color",
  Flag.Boolean("color").pipe(
    Flag.withDescription("Colours on a terminal (--no-color: none; NO_COLOR does the same)"),
    Flag.withDefault(true)
  )
)
const timeout = setting(
  "timeout",
  Flag.Finite("timeout").pipe(
    Flag.withMetavar("SECONDS"),
    Flag.withDescription("Time for one request; default 30"),
    Flag.optional
  )
)
const yes = setting(
  "yes",
  Flag.Boolean("yes").pipe(
    Flag.withAlias("y"),
    Flag.withDescription("Answers every question with yes"),
    Flag.withoutNegation,
    Flag.withDefault(false)
  )
)
const debug = setting(
  "debug",
  Flag.Boolean("debug").pipe(
    Flag.withDescription("Stacks with errors, and a line per request, on stderr"),
    Flag.withoutNegation,
    Flag.withDefault(false)
  )
)
const allowHttp = setting(
  "allow-http",
  Flag.Boolean("allow-http").pipe(
    Flag.withDescription("Allows plain http beyond loopback, for networks that are yours"),
    Flag.withoutNegation,
    Flag.withDefault(false)
  )
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

/** Their names, for suggestions. */
export const globalNames: ReadonlyArray<string> = [
  "base-url",
  "api-key",
  "org",
  "organization",
  "env-file",
  "json",
  "no-json",
  "quiet",
  "color",
  "no-color",
  "timeout",
  "yes",
  "debug",
  "allow-http",
  "help",
  "version"
]

/** What this run was given. */
export const given = Effect.gen(function* () {
  const flags: GlobalFlags = {
    baseUrl: Option.getOrUndefined(yield* baseUrl),
    apiKey: Option.getOrUndefined(yield* apiKey),
    organization: Option.getOrUndefined(yield* organization),
    envFile: Option.getOrUndefined(yield* envFile),
    json: Option.getOrUndefined(yield* json),
    quiet: yield* quiet,
    color: yield* color,
    timeout: Option.getOrUndefined(yield* timeout),
    yes: yield* yes,
    debug: yield* debug,
    allowHttp: yield* allowHttp
  }
  return flags
})
