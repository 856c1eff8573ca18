/**
 * Verifies deliveries of the runtime.
 *
 * @since 0.1.0
 */
import { maxBytesOf, rawBody, type WebhookBody } from "./body.ts"
import type { WebhookMessage } from "./events.ts"
import type { WebhookHeaders } from "./headers.ts"
import { messageOf, timeOf } from "./message.ts"
import { standard, type WebhookScheme, type WebhookSchemeName } from "./scheme.ts"
import type { WebhookSecrets } from "./secrets.ts"
import { type RuntimeProfile, signatureAdvice } from "../config/runtimeProfile.ts"
import { type Names, unknownName } from "../config/unknownNames.ts"
import { fail, guarded } from "./WebhookVerificationError.ts"

/** What every verification needs, whatever the scheme. */
interface Delivery {
  /** The body as received: text or bytes, before any JSON parser. */
  readonly body: WebhookBody
  /** The request's headers, in whatever shape the framework gives them. */
  readonly headers: WebhookHeaders
  /** Seconds that the attempt's time may differ from ours, both ways; 300 by default. 0 means 0. */
  readonly toleranceSeconds?: number | "disabled" | undefined
  /** Epoch milliseconds; `Date.now` by default. */
  readonly now?: (() => number) | undefined
  /** Larger bodies are refused before they are hashed; 10 MiB by default. */
  readonly maxBodyBytes?: number | undefined
}

/**
 * What is verified.
 *
 * @since 0.1.0
 * @category models
 */
export interface VerifyWebhookOptions extends Delivery {
  /** The webhook secret, or several while a rotation lasts. */
  readonly secret: WebhookSecrets
  /** Of the other form: a secret means Standard Webhooks. */
  readonly scheme?: undefined
  /** What is known of the runtime: one that signs otherwise, or not at all, is told apart from a wrong secret. */
  readonly runtimeProfile?: Pick<RuntimeProfile, "webhookSignature"> | undefined
}

/**
 * What is verified by a scheme other than the runtime's own: for senders that are not switched over yet.
 *
 * @since 0.1.0
 * @category models
 */
export interface VerifySchemeOptions extends Delivery {
  /** A scheme with its secrets, from `@aywa-ai/runtime-sdk/webhooks/legacy`. Never inferred from a request. */
  readonly scheme: WebhookScheme
  /** Of the other form: a scheme carries its own secrets. */
  readonly secret?: undefined
  /** Of the other form: a scheme says itself how it signs. */
  readonly runtimeProfile?: undefined
  /** The request, for the schemes that sign its method or address. */
  readonly request?: { readonly method: string; readonly url: string } | undefined
}

/**
 * A delivery that a scheme vouches for.
 *
 * @since 0.1.0
 * @category models
 */
export interface AuthenticWebhookEvent {
  /** The same over all attempts of one delivery: process each id once. Absent when the scheme signs none. */
  readonly id: string | undefined
  /** When the event happened, by the runtime's clock; absent when the message does not say it. */
  readonly timestamp: Date | undefined
  /** When this attempt was signed; absent when the scheme signs no time, and so stops no replay. */
  readonly attemptAt: Date | undefined
  /** Which scheme it was verified with. */
  readonly scheme: WebhookSchemeName
  /** Switch on `type`. A type that is not known here is `unknown`, a known one with a wrong body is `invalid`. */
  readonly message: WebhookMessage
}

/**
 * A verified delivery of the runtime.
 *
 * @since 0.1.0
 * @category models
 */
export interface RuntimeWebhookEvent extends AuthenticWebhookEvent {
  readonly id: string
  readonly attemptAt: Date
  /** Always Standard Webhooks. */
  readonly scheme: "standard-webhooks"
}

/**
 * Verifies a delivery and gives its event. Synchronous; throws `WebhookVerificationError` and nothing else.
 *
 * **Details**
 *
 * Standard Webhooks v1: HMAC-SHA256 over `id.timestamp.body`, compared in constant time. The bytes are verified before
 * they are parsed; the time is judged only for an authentic message, so that a reported skew can be trusted.
 *
 * **Example**
 *
 * ```ts
 * import { verifyAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
 *
 * export const receive = (rawBody: Uint8Array, request: Request) =>
 *   verifyAywaRuntimeWebhook({
 *     body: rawBody,
 *     headers: request.headers,
 *     secret: process.env["AYWA_RUNTIME_WEBHOOK_SECRET"]
 *   })
 * ```
 *
 * @since 0.1.0
 * @category verification
 */
export function verifyAywaRuntimeWebhook(options: VerifyWebhookOptions): RuntimeWebhookEvent
export function verifyAywaRuntimeWebhook(options: VerifyWebhookOptions | VerifySchemeOptions): AuthenticWebhookEvent
export function verifyAywaRuntimeWebhook(options: VerifyWebhookOptions | VerifySchemeOptions): AuthenticWebhookEvent {
  if (typeof options !== "object" || options === null) {
    return invalid("options", "pass { body, headers, secret }.")
  }
  return guarded(mistakes, () => verify(options))
}

/** Why a delivery is refused when something throws that nobody expects: a getter, a proxy, a scheme of one's own. */
const mistakes = {
  _tag: "InvalidOptions",
  option: "options",
  detail: "verification threw; see the cause."
} as const

const verify = (options: VerifyWebhookOptions | VerifySchemeOptions): AuthenticWebhookEvent => {
  refuseUnknown(options, names)
  const tolerance = toleranceOf(options.toleranceSeconds)
  const maxBytes = maxBytesOf(options.maxBodyBytes)
  const now = nowOf(options.now)

  let body: ReturnType<typeof rawBody> | undefined
  const { scheme, id, seconds, toleranceSeconds } = schemeOf(options).authenticate({
    headers: options.headers,
    secret: options.secret,
    body: () => (body ??= rawBody(options.body, maxBytes)),
    request: options.scheme === undefined ? undefined : options.request
  })
  body ??= rawBody(options.body, maxBytes)
  if (seconds !== undefined) {
    checkTime(Math.floor(now / 1000) - seconds, toleranceSeconds ?? tolerance)
  }
  const message = messageOf(body)
  const attemptAt = seconds === undefined ? undefined : new Date(seconds * 1000)
  return { id, timestamp: timeOf(message), attemptAt, scheme, message }
}

const names: Names<VerifySchemeOptions> = {
  runtimeProfile: true,
  body: true,
  headers: true,
  secret: true,
  scheme: true,
  request: true,
  toleranceSeconds: true,
  now: true,
  maxBodyBytes: true
}

/** Refuses options that nobody reads: a misspelled tolerance would be none. */
export const refuseUnknown = (options: object, names: object): void => {
  const unknown = unknownName(options, names)
  if (unknown !== undefined) invalid(unknown.name, unknown.message)
}

const invalid = (option: string, detail: string): never => fail({ _tag: "InvalidOptions", option, detail })

const schemeOf = ({ scheme, secret, runtimeProfile }: VerifyWebhookOptions | VerifySchemeOptions): WebhookScheme => {
  if (scheme === undefined) {
    checkProfile(runtimeProfile)
    return standard
  }
  if (secret !== undefined) invalid("secret", "a scheme carries its own secrets: leave this out.")
  return typeof scheme?.authenticate === "function" ? scheme : invalid("scheme", "must be one of WebhookScheme.")
}

/** Refuses a runtime whose profile says that it signs otherwise: no delivery of it could ever be accepted. */
export const checkProfile = (profile: VerifyWebhookOptions["runtimeProfile"]): void => {
  const advice = signatureAdvice(profile)
  if (advice !== undefined) invalid("runtimeProfile", advice)
}

/** Written so that anything that is no number fails closed. */
const checkTime = (skew: number, tolerance: number | "disabled"): void => {
  if (tolerance === "disabled" || Math.abs(skew) <= tolerance) return
  const reason = { skewSeconds: Math.abs(skew), toleranceSeconds: tolerance }
  fail({ _tag: skew < 0 ? "TimestampTooNew" : "TimestampTooOld", ...reason })
}

/** Checks a tolerance in seconds. */
export const toleranceOf = (tolerance: number | "disabled" | undefined): number | "disabled" => {
  if (tolerance === undefined) return 300
  return tolerance === "disabled" || (typeof tolerance === "number" && Number.isFinite(tolerance) && tolerance >= 0)
    ? tolerance
    : invalid("toleranceSeconds", 'must be seconds of 0 or more, or the text "disabled".')
}

const nowOf = (clock: (() => number) | undefined): number => {
  let now: unknown
  try {
    now = (clock ?? Date.now)()
  } catch {
    // Falls through: a clock that throws tells no time.
  }
  return typeof now === "number" && Number.isFinite(now) ? now : invalid("now", "must give epoch milliseconds.")
}
