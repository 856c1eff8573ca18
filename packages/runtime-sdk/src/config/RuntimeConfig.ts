/**
 * Where the runtime is and who asks. A service without a default: a program that does not provide it does not
 * compile, so an address can never be implicit.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { ConfigError } from "../errors/Errors.ts"
import * as Check from "./checks.ts"
import { putHeaders } from "./headers.ts"
import type * as Policy from "../policy/Policy.ts"

/**
 * An API key: the value, the value wrapped so that it cannot be printed, or an effect that is asked before every
 * attempt (for keys that rotate).
 *
 * @since 0.1.0
 * @category models
 */
export type ApiKey = string | Redacted.Redacted<string> | Effect.Effect<string | Redacted.Redacted<string>, ConfigError>

/**
 * Options of `RuntimeConfig.layer`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Address of your runtime, `https://host[:port][/path]`. There is no default. */
  readonly baseUrl: string
  readonly apiKey: ApiKey
  /** Sent as `X-Organization-Id`; optional when the key belongs to one organization. */
  readonly organizationId?: string | undefined
  /** Headers sent with every call; those that the SDK sets itself are refused. */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined
  /** Changes the default policy. */
  readonly policy?: Policy.Transform | undefined
  /** Allows plain http to hosts that are not loopback. */
  readonly allowInsecure?: boolean | undefined
}

/**
 * A checked configuration.
 *
 * @since 0.1.0
 * @category services
 */
export class RuntimeConfig extends Context.Service<
  RuntimeConfig,
  {
    /** Scheme, host and port. */
    readonly origin: string
    /** Path that all routes stand below, without a trailing slash; often empty. */
    readonly basePath: string
    readonly apiKey: Redacted.Redacted<string> | Effect.Effect<Redacted.Redacted<string>, ConfigError>
    readonly organizationId: string | undefined
    /** Header names and values in turn, names in lower case. */
    readonly headers: ReadonlyArray<string>
    /** What is changed of the default policy. */
    readonly policy: Policy.Transform
  }
>()("@aywa-ai/runtime-sdk/RuntimeConfig") {}

/**
 * Checks options; throws a ConfigError.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeUnsafe = (options: Options): RuntimeConfig["Service"] => {
  Check.refuseBrowser()
  const headers: Array<string> = []
  const issue = putHeaders(headers, options.headers ?? {})
  if (issue !== undefined) {
    throw new ConfigError({ field: issue.path.join("."), message: `${issue.path.join(".")}: ${issue.message}.` })
  }
  return RuntimeConfig.of({
    ...Check.address(options.baseUrl, { allowInsecure: options.allowInsecure }),
    apiKey: Effect.isEffect(options.apiKey)
      ? Effect.flatMap(options.apiKey, (key) => attempt(() => checkKey(key)))
      : checkKey(options.apiKey),
    organizationId: Check.organizationId(options.organizationId),
    headers,
    policy: options.policy ?? identity
  })
}

const checkKey = (key: string | Redacted.Redacted<string>): Redacted.Redacted<string> =>
  Redacted.make(Check.apiKey(Redacted.isRedacted(key) ? Redacted.value(key) : key), { label: "apiKey" })

const attempt = <A>(evaluate: () => A): Effect.Effect<A, ConfigError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(evaluate())
    } catch (error) {
      return error instanceof ConfigError ? Effect.fail(error) : Effect.die(error)
    }
  })

/**
 * Checks options.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<RuntimeConfig["Service"], ConfigError> =>
  attempt(() => makeUnsafe(options))

/**
 * Provides a configuration given in code.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<RuntimeConfig, ConfigError> =>
  Layer.effect(RuntimeConfig, make(options))

/**
 * Provides a configuration read through `Config`: `AYWA_RUNTIME_BASE_URL`, `AYWA_RUNTIME_API_KEY` and, optionally,
 * `AYWA_RUNTIME_ORGANIZATION_ID`. Options given here win over none of them: they are for the rest.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options?: Omit<Options, "baseUrl" | "apiKey" | "organizationId">
): Layer.Layer<RuntimeConfig, ConfigError> =>
  Layer.effect(
    RuntimeConfig,
    Effect.gen(function* () {
      const baseUrl = yield* read("baseUrl", Config.String(Check.variables.baseUrl))
      const apiKey = yield* read("apiKey", Config.Redacted(Check.variables.apiKey))
      const organizationId = yield* read("organizationId", Config.String(Check.variables.organizationId))
      // Missing values go on: the check below says which variable to set and how.
      return yield* attempt(() =>
        makeUnsafe({ ...options, baseUrl: baseUrl ?? "", apiKey: apiKey ?? "", organizationId })
      )
    })
  )

const read = <A>(
  field: keyof typeof Check.variables,
  config: Config.Config<A>
): Effect.Effect<A | undefined, ConfigError> =>
  Effect.mapBoth(Config.option(config), {
    onSuccess: Option.getOrUndefined,
    onFailure: () =>
      new ConfigError({
        field,
        variable: Check.variables[field],
        message: `${field} cannot be read from ${Check.variables[field]}. Set it to plain text.`
      })
  })
