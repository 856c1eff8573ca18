/**
 * Verification of webhooks as an Effect service: its Layer holds the secrets.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { readSecrets, standardKeys, type WebhookSecret } from "../secrets.ts"
import { maxBytesOf } from "../body.ts"
import type { Names } from "../../config/unknownNames.ts"
import {
  checkProfile,
  refuseUnknown,
  toleranceOf,
  verifyAywaRuntimeWebhook,
  type RuntimeWebhookEvent,
  type VerifyWebhookOptions
} from "../verify.ts"
import { isWebhookVerificationError, type WebhookVerificationError } from "../WebhookVerificationError.ts"

/**
 * What is verified; the service adds the secrets.
 *
 * @since 0.1.0
 * @category models
 */
export type VerifyInput = Pick<VerifyWebhookOptions, "body" | "headers">

/**
 * One secret, wrapped so that it cannot be printed or not.
 *
 * @since 0.1.0
 * @category models
 */
export type Secret = WebhookSecret | Redacted.Redacted<string>

/**
 * Options of `AywaWebhooks.layer`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends Omit<VerifyWebhookOptions, "body" | "headers" | "secret" | "scheme"> {
  /** One secret, or several while a rotation lasts. */
  readonly secret: Secret | ReadonlyArray<Secret>
}

/**
 * Verifies deliveries of one runtime.
 *
 * **Example**
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { AywaWebhooks } from "@aywa-ai/runtime-sdk/effect"
 *
 * export const receive = Effect.fn("receive")(function* (request: Request) {
 *   const webhooks = yield* AywaWebhooks.AywaWebhooks
 *   const body = yield* Effect.promise(() => request.text())
 *   return yield* webhooks.verify({ body, headers: request.headers })
 * }, Effect.provide(AywaWebhooks.layerConfig()))
 * ```
 *
 * @since 0.1.0
 * @category services
 */
export class AywaWebhooks extends Context.Service<
  AywaWebhooks,
  {
    readonly verify: (input: VerifyInput) => Effect.Effect<RuntimeWebhookEvent, WebhookVerificationError>
    /** The same, synchronous: throws `WebhookVerificationError`. */
    readonly verifyUnsafe: (input: VerifyInput) => RuntimeWebhookEvent
    /** Larger bodies are refused; nobody needs to read them to their end. */
    readonly maxBodyBytes: number
  }
>()("@aywa-ai/runtime-sdk/AywaWebhooks") {}

const attempt = <A>(evaluate: () => A): Effect.Effect<A, WebhookVerificationError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(evaluate())
    } catch (error) {
      return isWebhookVerificationError(error) ? Effect.fail(error) : Effect.die(error)
    }
  })

/**
 * Verifies one delivery, the secret given in place. `verifyAywaRuntimeWebhook` as an Effect.
 *
 * @since 0.1.0
 * @category verification
 */
export const verify = (input: VerifyInput & Options): Effect.Effect<RuntimeWebhookEvent, WebhookVerificationError> =>
  attempt(() => verifyAywaRuntimeWebhook({ ...input, secret: plain(input.secret) }))

/** Secrets as the verifier reads them: a wrapped one is opened at every verification and kept nowhere. */
const plain = (secrets: Options["secret"]): VerifyWebhookOptions["secret"] => {
  const open = (secret: Secret): WebhookSecret => (Redacted.isRedacted(secret) ? () => Redacted.value(secret) : secret)
  // `isArray` does not take a ReadonlyArray out of a union.
  return Array.isArray(secrets) ? (secrets as ReadonlyArray<Secret>).map(open) : open(secrets as Secret)
}

const namesBesideSecret: Names<Omit<Options, "secret">> = {
  toleranceSeconds: true,
  now: true,
  maxBodyBytes: true,
  runtimeProfile: true
}
const names: Names<Options> = { ...namesBesideSecret, secret: true }

/**
 * Checks the secrets and options, and verifies with them.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<AywaWebhooks["Service"], WebhookVerificationError> =>
  attempt(() => {
    refuseUnknown(options, names)
    const { secret: secretOption, ...rest } = options
    const secret = plain(secretOption)
    // What is wrong ends the program when it starts, and not when the first call comes in.
    for (const one of readSecrets(secret)) standardKeys.of(one)
    toleranceOf(options.toleranceSeconds)
    checkProfile(options.runtimeProfile)
    const verifyUnsafe = (input: VerifyInput) => verifyAywaRuntimeWebhook({ ...rest, ...input, secret })
    return AywaWebhooks.of({
      verify: (input) => attempt(() => verifyUnsafe(input)),
      verifyUnsafe,
      maxBodyBytes: maxBytesOf(options.maxBodyBytes)
    })
  })

/**
 * Provides verification with secrets given in code.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<AywaWebhooks, WebhookVerificationError> =>
  Layer.effect(AywaWebhooks, make(options))

/**
 * Provides verification with secrets read through `Config`: `AYWA_RUNTIME_WEBHOOK_SECRET`, or the runtime's own name
 * for it, `WEBHOOK_SIGNING_SECRET`; and, while a rotation lasts, `AYWA_RUNTIME_WEBHOOK_SECRET_PREVIOUS`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options?: Omit<Options, "secret">
): Layer.Layer<AywaWebhooks, WebhookVerificationError | Config.ConfigError> =>
  Layer.effect(
    AywaWebhooks,
    Effect.gen(function* () {
      yield* attempt(() => refuseUnknown(options ?? {}, namesBesideSecret))
      const own = yield* Config.option(Config.Redacted("AYWA_RUNTIME_WEBHOOK_SECRET"))
      const environmentSecret = yield* Config.option(Config.Redacted("WEBHOOK_SIGNING_SECRET"))
      const previous = yield* Config.option(Config.Redacted("AYWA_RUNTIME_WEBHOOK_SECRET_PREVIOUS"))
      const current = Option.getOrUndefined(Option.orElse(own, () => environmentSecret))
      // Without a current secret the check says which variable to set: an old one alone is a mistake.
      if (current === undefined) return yield* make({ ...options, secret: undefined })
      return yield* make({ ...options, secret: [current, Option.getOrUndefined(previous)] })
    })
  )
