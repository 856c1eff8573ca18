/**
 * Where the runtime is and who asks: options, checked. There is no default address.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { ConfigError } from "../errors/Errors.ts"
import * as Check from "./checks.ts"
import { type ExtraHeaders, foreignSecret, putHeaders, textOf } from "./headers.ts"
import { isProfile, type RuntimeProfile } from "./runtimeProfile.ts"
import { type Names, unknownName } from "./unknownNames.ts"

/**
 * An API key: the value, the value wrapped so that it cannot be printed, or an effect that is asked before every
 * attempt (for keys that rotate).
 *
 * @since 0.1.0
 * @category models
 */
export type ApiKey = string | Redacted.Redacted<string> | Effect.Effect<string | Redacted.Redacted<string>, ConfigError>

/**
 * Where the runtime is, and who asks.
 *
 * @since 0.1.0
 * @category models
 */
export interface ConfigOptions {
  /**
   * Address of your runtime, `https://host[:port][/path]`. There is no default: `undefined`, which an environment
   * variable may be, is a ConfigError that names the variable to set.
   */
  readonly baseUrl: string | undefined
  /** A runtime API key. `undefined` is a ConfigError that names the variable to set. */
  readonly apiKey: ApiKey | undefined
  /** Sent as `X-Organization-Id`; optional when the key belongs to one organization. */
  readonly organizationId?: string | undefined
  /** Headers sent with every call; those that the SDK sets itself are refused. */
  readonly headers?: ExtraHeaders | undefined
  /** Allows plain http to hosts that are not loopback. */
  readonly allowInsecure?: boolean | undefined
  /** What is known of the runtime: what is unsafe there is not done. See `readRuntimeProfile`. */
  readonly runtimeProfile?: RuntimeProfile | undefined
}

/** A checked configuration. */
export interface RuntimeConfig {
  /** Scheme, host and port. */
  readonly origin: string
  /** Path that all routes stand below, without a trailing slash; often empty. */
  readonly basePath: string
  readonly apiKey: Redacted.Redacted<string> | Effect.Effect<Redacted.Redacted<string>, ConfigError>
  /** The last keys that were asked for, oldest first: a runtime may repeat one that an earlier call sent. */
  readonly recentKeys: ReadonlyArray<Redacted.Redacted<string>>
  readonly organizationId: string | undefined
  /** Header names and values in turn, names in lower case. */
  readonly headers: ReadonlyArray<string>
  readonly profile: RuntimeProfile | undefined
}

/** Refuses names that nobody reads; throws a ConfigError. */
export const refuseUnknown = <Options extends object>(options: Options, names: Names<Options>): void => {
  const unknown = unknownName(options, names)
  if (unknown !== undefined) throw new ConfigError({ field: unknown.name, message: unknown.message })
}

/** The names of `ConfigOptions`. */
export const configNames: Names<ConfigOptions> = {
  baseUrl: true,
  apiKey: true,
  organizationId: true,
  headers: true,
  allowInsecure: true,
  runtimeProfile: true
}

/** Checks options; throws a ConfigError. */
export const makeUnsafe = (options: ConfigOptions): RuntimeConfig => {
  Check.refuseBrowser()
  const headers: Array<string> = []
  const issue = putHeaders(headers, options.headers ?? {})
  if (issue !== undefined) {
    throw new ConfigError({ field: issue.path.join("."), message: `${issue.path.join(".")}: ${issue.message}.` })
  }
  const profile = options.runtimeProfile
  if (profile !== undefined && !isProfile(profile)) {
    throw new ConfigError({ field: "runtimeProfile", message: "runtimeProfile is none: see readRuntimeProfile." })
  }
  const recentKeys: Array<Redacted.Redacted<string>> = []
  return {
    ...Check.address(options.baseUrl, { allowInsecure: options.allowInsecure }),
    apiKey: Effect.isEffect(options.apiKey)
      ? Effect.flatMap(options.apiKey, (key) => orConfigError(() => remember(recentKeys, checkKey(key))))
      : checkKey(options.apiKey),
    recentKeys,
    organizationId: Check.organizationId(options.organizationId),
    headers,
    profile
  }
}

const checkKey = (key: string | Redacted.Redacted<string> | undefined): Redacted.Redacted<string> =>
  Redacted.make(Check.apiKey(plainKey(key)), { label: "apiKey" })

const plainKey = (key: unknown): unknown => {
  if (!Redacted.isRedacted(key)) return key
  const text = textOf(key)
  if (typeof text === "symbol") throw new ConfigError({ field: "apiKey", message: `apiKey: ${foreignSecret}.` })
  return text
}

/** How many of the keys that were asked for are known again. */
const remembersKeys = 8

const remember = (recent: Array<Redacted.Redacted<string>>, key: Redacted.Redacted<string>) => {
  const value = Redacted.value(key)
  if (!recent.some((other) => Redacted.value(other) === value)) recent.push(key)
  if (recent.length > remembersKeys) recent.shift()
  return key
}

/** Runs checks that throw a ConfigError, with the error in its channel. */
export const orConfigError = <A>(evaluate: () => A): Effect.Effect<A, ConfigError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(evaluate())
    } catch (error) {
      return error instanceof ConfigError ? Effect.fail(error) : Effect.die(error)
    }
  })
