/**
 * The one error of webhook verification.
 *
 * @since 0.1.0
 */

const TypeId: unique symbol = Symbol.for("@aywa-ai/runtime-sdk/WebhookVerificationError") as never

/**
 * Why a delivery was not accepted. Switch on `_tag`.
 *
 * **Details**
 *
 * - `InvalidSecret`, `InvalidOptions` (500): this process is set up wrongly; no delivery can be judged.
 * - `InvalidBody`, `InvalidHeaders`, `MissingHeader`, `DuplicateHeader`, `InvalidHeader`, `NoSupportedSignature` (400):
 *   what arrived is not a signed delivery.
 * - `BodyIncomplete` (400): the sender broke off.
 * - `BodyTooLarge` (413): refused before hashing.
 * - `SignatureMismatch` (401): no configured secret signed these bytes.
 * - `TimestampTooOld`, `TimestampTooNew` (401): the signature is good, the attempt is outside the tolerance.
 * - `MalformedPayload` (400): the signature is good, the body is not an event. Log it loudly.
 *
 * @since 0.1.0
 * @category errors
 */
export type WebhookVerificationReason =
  | { readonly _tag: "InvalidSecret"; readonly detail: string }
  | { readonly _tag: "InvalidOptions"; readonly option: string; readonly detail: string }
  | { readonly _tag: "InvalidBody"; readonly detail: string }
  | { readonly _tag: "InvalidHeaders"; readonly detail: string }
  | { readonly _tag: "MissingHeader"; readonly headers: ReadonlyArray<string> }
  | { readonly _tag: "DuplicateHeader"; readonly header: string }
  | { readonly _tag: "InvalidHeader"; readonly header: string; readonly detail: string }
  | { readonly _tag: "NoSupportedSignature"; readonly header: string; readonly versions: ReadonlyArray<string> }
  | { readonly _tag: "SignatureMismatch"; readonly hint?: string | undefined }
  | { readonly _tag: "TimestampTooOld"; readonly skewSeconds: number; readonly toleranceSeconds: number }
  | { readonly _tag: "TimestampTooNew"; readonly skewSeconds: number; readonly toleranceSeconds: number }
  | { readonly _tag: "BodyIncomplete" }
  | { readonly _tag: "BodyTooLarge"; readonly limit: number; readonly advice?: string | undefined }
  | { readonly _tag: "MalformedPayload"; readonly detail: string }

const statusOf = (reason: WebhookVerificationReason): 400 | 401 | 413 | 500 => {
  switch (reason._tag) {
    case "InvalidSecret":
    case "InvalidOptions":
      return 500
    case "SignatureMismatch":
    case "TimestampTooOld":
    case "TimestampTooNew":
      return 401
    case "BodyTooLarge":
      return 413
    default:
      return 400
  }
}

const describe = (reason: WebhookVerificationReason): string => {
  switch (reason._tag) {
    case "InvalidSecret":
      return `The webhook secret is unusable: ${reason.detail}`
    case "InvalidOptions":
      return `Option ${reason.option}: ${reason.detail}`
    case "InvalidBody":
      return `The body cannot be verified: ${reason.detail}`
    case "InvalidHeaders":
      return `The headers cannot be read: ${reason.detail}`
    case "MissingHeader":
      return `Missing ${reason.headers.join(", ")}. Pass the request's headers unchanged; proxies must forward them.`
    case "DuplicateHeader":
      return `${reason.header} is present more than once. Look for a proxy that adds it.`
    case "InvalidHeader":
      return `${reason.header} ${reason.detail}`
    case "NoSupportedSignature":
      return `${reason.header} has no usable signature (found: ${reason.versions.join(", ") || "none"}). Check the sender's scheme.`
    case "SignatureMismatch":
      return `No configured secret signed these bytes. ${
        reason.hint ??
        "Compare the secret with the runtime's, and pass the body as received: not parsed, decoded or re-encoded."
      }`
    case "TimestampTooOld":
    case "TimestampTooNew":
      return `The attempt was signed ${reason.skewSeconds} s ${
        reason._tag === "TimestampTooOld" ? "ago" : "ahead"
      }, more than ${reason.toleranceSeconds} s. Check this machine's clock; if it is right, this may be a replay.`
    case "BodyIncomplete":
      return "The sender broke off before the body was complete."
    case "BodyTooLarge":
      return `The body is larger than ${reason.limit} bytes. ${reason.advice ?? "Raise maxBodyBytes if that is expected."}`
    case "MalformedPayload":
      return `The signature is good, but ${reason.detail}. Ask the operator of the runtime what was sent.`
  }
}

/**
 * Why `verifyAywaRuntimeWebhook` refused a delivery: the only error it throws.
 *
 * **Details**
 *
 * `reason._tag` says why, `httpStatus` is the status to answer with, `message` says what to do next. None of them
 * carries the secret, a signature or the body. `cause` is what your own code threw, if it did. `instanceof` looks at a brand and so recognises the error of another
 * bundled copy of this package.
 *
 * @since 0.1.0
 * @category errors
 */
export class WebhookVerificationError extends Error {
  readonly _tag = "WebhookVerificationError"
  readonly reason: WebhookVerificationReason
  /** 400, 401 or 413 for the sender's fault, 500 for this process's own. */
  readonly httpStatus: 400 | 401 | 413 | 500

  constructor(reason: WebhookVerificationReason, options?: { readonly cause?: unknown }) {
    super(describe(reason), options)
    this.name = this._tag
    this.reason = reason
    this.httpStatus = statusOf(reason)
    Object.defineProperty(this, TypeId, { value: true })
  }

  toJSON(): object {
    return { _tag: this._tag, message: this.message, httpStatus: this.httpStatus, reason: this.reason }
  }

  static override [Symbol.hasInstance](value: unknown): value is WebhookVerificationError {
    return isWebhookVerificationError(value)
  }
}

/**
 * Whether a value is a `WebhookVerificationError`, of this or another copy of the package.
 *
 * @since 0.1.0
 * @category guards
 */
export const isWebhookVerificationError = (value: unknown): value is WebhookVerificationError =>
  typeof value === "object" && value !== null && TypeId in value

/** Throws the error of a reason. */
export const fail = (reason: WebhookVerificationReason): never => {
  throw new WebhookVerificationError(reason)
}

/** What the work gives; whatever else it throws becomes the error of a reason. */
export const guarded = <A>(reason: WebhookVerificationReason, work: () => A): A => {
  try {
    return work()
  } catch (cause) {
    throw isWebhookVerificationError(cause) ? cause : new WebhookVerificationError(reason, { cause })
  }
}
