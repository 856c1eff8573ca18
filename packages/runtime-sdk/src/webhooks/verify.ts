/**
 * Verify, parse and check one delivery.
 *
 * @since 0.1.0
 */
import { rawBody, type WebhookBody } from "./body.ts"
import { decodeMessage, eventTime } from "./decode.ts"
import type { InvalidMessage, KnownMessage, UnknownMessage, WebhookMessage } from "./events.ts"
import type { WebhookHeaders } from "./headers.ts"
import { type Authenticated, standard, type WebhookScheme, type WebhookSchemeName } from "./scheme.ts"
import type { WebhookSecrets } from "./secrets.ts"
import { fail, isWebhookVerificationError } from "./WebhookVerificationError.ts"

/**
 * What a verification may be told beside body, headers and secret.
 *
 * @since 0.1.0
 * @category models
 */
export interface VerifySettings {
  /** Allowed distance between the attempt and this clock, both ways. Default 300; `"disabled"` only for old samples. */
  readonly toleranceSeconds?: number | "disabled" | undefined
  /** The clock, epoch milliseconds. Default `Date.now`. */
  readonly now?: (() => number) | undefined
  /** Default 10 MiB. */
  readonly maxBodyBytes?: number | undefined
}

/**
 * The input of `verifyAywaRuntimeWebhook`.
 *
 * @since 0.1.0
 * @category models
 */
export interface VerifyOptions extends VerifySettings {
  /** The body as received: text or bytes, not parsed. */
  readonly body: WebhookBody
  /** The request's headers, in whatever shape the framework has them. */
  readonly headers: WebhookHeaders
  /** The deployment's webhook signing secret, or several during a rotation. */
  readonly secret: WebhookSecrets
  readonly scheme?: undefined
}

/**
 * The input with a legacy scheme, which may carry its own secret.
 *
 * @since 0.1.0
 * @category models
 */
export interface LegacyVerifyOptions extends VerifySettings {
  readonly body: WebhookBody
  readonly headers: WebhookHeaders
  readonly secret?: WebhookSecrets
  readonly scheme: WebhookScheme
  /** Only for an HMAC template that signs `{method}` or `{url}`. */
  readonly request?: { readonly method: string; readonly url: string } | undefined
}

interface Delivery {
  /** When the event happened by its own account, else when the attempt was signed. */
  readonly timestamp: Date | undefined
  /** When this attempt was signed; `undefined` under a scheme that signs no time. */
  readonly attemptAt: Date | undefined
  readonly scheme: WebhookSchemeName
}

interface EventOf<M extends WebhookMessage, Known extends boolean> extends Delivery {
  /** Equal over retries; an operator's replay has a new one. Deduplicate by it. */
  readonly id: string
  /** Whether the type is known and its body was checked. */
  readonly known: Known
  readonly type: M["type"]
  readonly message: M
}

/** One event type for each message, so that a check of `event.type` narrows `event.message`. */
type Distributed<M> = M extends KnownMessage ? EventOf<M, true> : never

/**
 * An authentic event of the runtime.
 *
 * **Details**
 *
 * Switch on `event.type` or `event.message.type`: both narrow. `event.known` is false for a type that this version
 * does not know (`message.raw` holds it) and for a known type with a wrong body (`type` is `"invalid"`,
 * `message.issues` says what is wrong).
 *
 * @since 0.1.0
 * @category models
 */
export type RuntimeWebhookEvent = (
  | Distributed<KnownMessage>
  | EventOf<UnknownMessage, false>
  | EventOf<InvalidMessage, false>
) & { readonly timestamp: Date; readonly attemptAt: Date }

type LegacyOf<Event> = Event extends unknown ? Omit<Event, "id"> & { readonly id: string | undefined } : never

/**
 * An event under a legacy scheme, which may sign neither id nor time.
 *
 * @since 0.1.0
 * @category models
 */
export type LegacyWebhookEvent = LegacyOf<
  Distributed<KnownMessage> | EventOf<UnknownMessage, false> | EventOf<InvalidMessage, false>
>

const tolerance = (value: unknown): number => {
  if (value === undefined) return 300
  if (value === "disabled") return Infinity
  if (typeof value === "number" && value >= 0 && value < Infinity) return value
  return fail({ _tag: "InvalidOptions", option: "toleranceSeconds", detail: 'pass seconds >= 0, or "disabled".' })
}

const clock = (now: unknown): number => {
  let time: unknown
  try {
    time = now === undefined ? Date.now() : (now as () => unknown)()
  } catch {
    // Reported below as no time at all.
  }
  return Number.isFinite(time)
    ? Math.floor((time as number) / 1000)
    : fail({ _tag: "InvalidOptions", option: "now", detail: "must return epoch milliseconds, as Date.now does." })
}

const bodyLimit = (value: unknown): number => {
  if (value === undefined) return 10 * 1024 * 1024
  if (typeof value === "number" && value > 0) return value
  return fail({ _tag: "InvalidOptions", option: "maxBodyBytes", detail: "pass a number of bytes above 0." })
}

const checkTime = (seconds: number, now: number, toleranceSeconds: number): void => {
  const skew = now - seconds
  // Written so that a skew that is no number fails.
  if (Math.abs(skew) <= toleranceSeconds) return
  fail({
    _tag: skew < 0 ? "TimestampTooNew" : "TimestampTooOld",
    skewSeconds: Math.abs(skew),
    toleranceSeconds
  })
}

const authenticate = (scheme: WebhookScheme, call: Parameters<WebhookScheme["authenticate"]>[0]): Authenticated => {
  try {
    return scheme.authenticate(call)
  } catch (error) {
    if (isWebhookVerificationError(error)) throw error
    return fail({ _tag: "InvalidHeaders", detail: "reading them threw." })
  }
}

/**
 * Verifies that a delivery comes from your runtime and returns its event; throws `WebhookVerificationError` otherwise.
 *
 * **When to use**
 *
 * In the route that receives webhooks, before anything else looks at the request. With a framework adapter
 * (`toWebHandler`, `toNodeHandler`, `fastifyWebhooks`) it is called for you.
 *
 * **Details**
 *
 * Synchronous. The scheme is Standard Webhooks v1: HMAC-SHA256 over `id.timestamp.body` with the deployment's secret.
 * Checked in this order, and nothing is read from the body before its signature is good: options, headers, size,
 * signature, clock, payload. Pass bytes where you have them: they are hashed as they are.
 *
 * **Gotchas**
 *
 * A body that a framework has parsed and printed again has other bytes and never verifies. The same delivery can
 * arrive twice: deduplicate by `event.id`.
 *
 * **Example**
 *
 * ```ts
 * import { verifyAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
 *
 * export const POST = async (request: Request) => {
 *   const event = verifyAywaRuntimeWebhook({
 *     body: await request.text(),
 *     headers: request.headers,
 *     secret: process.env.AYWA_RUNTIME_WEBHOOK_SECRET
 *   })
 *   if (event.type === "end-of-call-report") await save(event.message.analysis.summary)
 *   return new Response()
 * }
 * ```
 *
 * @since 0.1.0
 * @category verification
 */
export function verifyAywaRuntimeWebhook(options: VerifyOptions): RuntimeWebhookEvent
export function verifyAywaRuntimeWebhook(options: LegacyVerifyOptions): LegacyWebhookEvent
export function verifyAywaRuntimeWebhook(options: VerifyOptions | LegacyVerifyOptions): unknown {
  if (typeof options !== "object" || options === null) {
    return fail({ _tag: "InvalidOptions", option: "options", detail: "pass { body, headers, secret }." })
  }
  const toleranceSeconds = tolerance(options.toleranceSeconds)
  const now = clock(options.now)
  const maxBytes = bodyLimit(options.maxBodyBytes)
  const scheme = options.scheme ?? standard
  if (typeof scheme.authenticate !== "function") {
    return fail({ _tag: "InvalidOptions", option: "scheme", detail: "make it with WebhookScheme." })
  }

  let body: ReturnType<typeof rawBody> | undefined
  const proof = authenticate(scheme, {
    headers: options.headers,
    secret: options.secret,
    body: () => (body ??= rawBody(options.body, maxBytes)),
    request: "request" in options ? options.request : undefined
  })
  if (body === undefined) return fail({ _tag: "InvalidOptions", option: "scheme", detail: "read no body." })
  const { id, seconds } = proof
  if (seconds !== undefined) checkTime(seconds, now, tolerance(proof.toleranceSeconds ?? toleranceSeconds))

  const message = decodeMessage(body)
  const attemptAt = seconds === undefined ? undefined : new Date(seconds * 1000)
  return {
    id,
    timestamp: eventTime(message) ?? attemptAt,
    attemptAt,
    scheme: proof.scheme,
    known: !("raw" in message),
    type: message.type,
    message
  }
}
