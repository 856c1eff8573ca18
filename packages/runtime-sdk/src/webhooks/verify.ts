/**
 * Verifies deliveries of the runtime, and signs them for tests.
 *
 * @since 0.1.0
 */
import { randomUUID } from "node:crypto"
import { rawBody, type WebhookBody } from "./body.ts"
import { isRecord } from "./checks.ts"
import type { WebhookMessage } from "./events.ts"
import { parseId, type WebhookHeaders } from "./headers.ts"
import { decodeText, parseJson } from "./json.ts"
import { readMessage } from "./messages.ts"
import { standard, standardMac } from "./scheme.ts"
import { readSecrets, standardKeys, type WebhookSecrets } from "./secrets.ts"
import { fail } from "./WebhookVerificationError.ts"

/**
 * What is verified.
 *
 * @since 0.1.0
 * @category models
 */
export interface VerifyWebhookOptions {
  /** The body as received: text or bytes, before any JSON parser. */
  readonly body: WebhookBody
  /** The request's headers, in whatever shape the framework gives them. */
  readonly headers: WebhookHeaders
  /** The webhook secret, or several while a rotation lasts. */
  readonly secret: WebhookSecrets
  /** Seconds that the attempt's time may differ from ours, both ways; 300 by default. 0 means 0. */
  readonly toleranceSeconds?: number | "disabled" | undefined
  /** Epoch milliseconds; `Date.now` by default. */
  readonly now?: (() => number) | undefined
  /** Larger bodies are refused before they are hashed; 10 MiB by default. */
  readonly maxBodyBytes?: number | undefined
}

/**
 * A verified delivery.
 *
 * @since 0.1.0
 * @category models
 */
export interface RuntimeWebhookEvent {
  /** The same over all attempts of one delivery: process each id once. */
  readonly id: string
  /** When the event happened, by the runtime's clock; absent when the message does not say it. */
  readonly timestamp: Date | undefined
  /** When this attempt was signed. */
  readonly attemptAt: Date
  readonly scheme: "standard-webhooks"
  /** Switch on `type`. A type that is not known here is `unknown`, a known one with a wrong body is `invalid`. */
  readonly message: WebhookMessage
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
export const verifyAywaRuntimeWebhook = (options: VerifyWebhookOptions): RuntimeWebhookEvent => {
  if (typeof options !== "object" || options === null) {
    return fail({ _tag: "InvalidOptions", option: "options", detail: "pass { body, headers, secret }." })
  }
  const tolerance = toleranceOf(options.toleranceSeconds)
  const maxBytes = options.maxBodyBytes ?? 10 * 1024 * 1024
  if (!(Number.isSafeInteger(maxBytes) && maxBytes >= 0)) {
    return fail({ _tag: "InvalidOptions", option: "maxBodyBytes", detail: "must be a whole number of bytes." })
  }
  const now = nowOf(options.now)
  let body: ReturnType<typeof rawBody> | undefined
  const { id, seconds } = standard.authenticate({
    headers: options.headers,
    secret: options.secret,
    body: () => (body = rawBody(options.body, maxBytes)),
    request: undefined
  })
  if (body === undefined || id === undefined || seconds === undefined) {
    return fail({ _tag: "SignatureMismatch" })
  }
  const skew = Math.floor(now / 1000) - seconds
  // Written so that anything that is no number fails closed.
  if (tolerance !== "disabled" && !(Math.abs(skew) <= tolerance)) {
    const reason = { skewSeconds: Math.abs(skew), toleranceSeconds: tolerance }
    return fail({ _tag: skew < 0 ? "TimestampTooNew" : "TimestampTooOld", ...reason })
  }
  const message = messageOf(body)
  return {
    id,
    timestamp: timeOf(
      "raw" in message ? Reflect.get(Object(message.raw), "timestamp") : Reflect.get(message, "timestamp")
    ),
    attemptAt: new Date(seconds * 1000),
    scheme: "standard-webhooks",
    message
  }
}

const toleranceOf = (tolerance: number | "disabled" | undefined): number | "disabled" => {
  if (tolerance === undefined) return 300
  if (tolerance === "disabled" || (typeof tolerance === "number" && Number.isFinite(tolerance) && tolerance >= 0)) {
    return tolerance
  }
  return fail({
    _tag: "InvalidOptions",
    option: "toleranceSeconds",
    detail: 'must be seconds of 0 or more, or the text "disabled".'
  })
}

const nowOf = (clock: (() => number) | undefined): number => {
  let now: unknown
  try {
    now = (clock ?? Date.now)()
  } catch {
    now = undefined
  }
  return typeof now === "number" && Number.isFinite(now)
    ? now
    : fail({ _tag: "InvalidOptions", option: "now", detail: "must give epoch milliseconds." })
}

const messageOf = (body: string | Uint8Array): WebhookMessage => {
  const malformed = (detail: string): never => fail({ _tag: "MalformedPayload", detail })
  let json: unknown
  try {
    json = parseJson(decodeText(body))
  } catch (error) {
    return malformed(error instanceof RangeError ? "its JSON is nested too deep" : "the body is not JSON in UTF-8")
  }
  const message = isRecord(json) ? json["message"] : undefined
  if (!isRecord(message) || typeof message["type"] !== "string") {
    return malformed("the body has no message with a type")
  }
  return readMessage({ ...message, type: message["type"] })
}

const timeOf = (timestamp: unknown): Date | undefined => {
  if (typeof timestamp !== "number" && typeof timestamp !== "string") return undefined
  const date = new Date(timestamp)
  return Number.isNaN(date.getTime()) ? undefined : date
}

/**
 * Signs a body as the runtime does: the headers of one attempt. For tests of your own handler.
 *
 * @since 0.1.0
 * @category testing
 */
export const signAywaRuntimeWebhook = (options: {
  readonly body: WebhookBody
  /** Several secrets give several signatures, as during a rotation. */
  readonly secret: WebhookSecrets
  /** A new one by default. */
  readonly id?: string | undefined
  /** When the attempt is made: now by default. */
  readonly timestamp?: Date | undefined
}): { readonly "webhook-id": string; readonly "webhook-timestamp": string; readonly "webhook-signature": string } => {
  const id = parseId(options.id ?? `evt_${randomUUID().replaceAll("-", "")}`, "webhook-id")
  const timestamp = String(Math.floor((options.timestamp ?? new Date()).getTime() / 1000))
  const body = rawBody(options.body, Infinity)
  const signatures = readSecrets(options.secret).map(
    (secret) => `v1,${standardMac(standardKeys.of(secret), id, timestamp, body)}`
  )
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") }
}
