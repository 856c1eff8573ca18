/**
 * Everything that can go wrong, as flat tagged classes: plain `Error` subclasses with a `_tag`, so that
 * `Effect.catchTag`, `switch (error._tag)` and `instanceof` all work, across bundles too.
 *
 * A class has its plain name, and so has its `_tag`, except where a module of the `effect` barrel fails with that tag
 * too: there the tag has `Aywa` in front (`AywaTimeoutError`, `AywaConfigError`), so that `catchTag` never catches the
 * other one.
 *
 * Every error says which operation failed, what the runtime answered, how many attempts were made, whether the
 * runtime may have acted, and what to do next. None carries a key, a secret or a body.
 *
 * @since 0.1.0
 */

const TypeId = Symbol.for("@aywa-ai/runtime-sdk/RuntimeError")

/**
 * Whether the runtime may have acted on a call that failed.
 *
 * - `"not-sent"`: no attempt left this process. Nothing happened.
 * - `"rejected"`: the runtime refused, or the operation only reads. Nothing happened.
 * - `"maybe-applied"`: an attempt may have taken effect. Repeat the call **with the same idempotency key** (the
 *   error's `idempotencyKey`), or read before you repeat.
 *
 * @since 0.1.0
 * @category models
 */
export type Outcome = "not-sent" | "maybe-applied" | "rejected"

/**
 * One thing that is wrong with a value.
 *
 * @since 0.1.0
 * @category models
 */
export interface Issue {
  /** Where, from the outside in; empty for the value itself. */
  readonly path: ReadonlyArray<string>
  /** What is wrong, without quoting the value. */
  readonly message: string
}

/**
 * What every error of a call carries.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallFields {
  /** Operation such as `assistants.create`. */
  readonly operation: string
  /** HTTP method. */
  readonly method: string
  /** Path below the base URL, without its query. */
  readonly path: string
  /** HTTP status, when the runtime answered. */
  readonly status?: number | undefined
  /** The runtime's `X-Request-Id`; quote it to the operator of the runtime. */
  readonly requestId?: string | undefined
  /** Attempts made, the first included; 0 when nothing was tried. */
  readonly attempts: number
  /** Whether the runtime may have acted: `not-sent`, `maybe-applied` or `rejected`. */
  readonly outcome: Outcome
  /** The idempotency key that every attempt carried. */
  readonly idempotencyKey?: string | undefined
  /** The idempotency scope that the key follows from, such as `onboard-4711`. */
  readonly idempotencyScope?: string | undefined
  /**
   * The machine-readable rest of a refusal's body, such as `pinnedBy` of an assistant that is in use; what is in it is
   * the runtime's business. Secrets are taken out; there is none of a body that is too large.
   */
  readonly details?: Readonly<Record<string, unknown>> | undefined
}

/** How an error is built. */
export type Init<Fields> = CallFields & Fields & { readonly message: string; readonly cause?: unknown }

/**
 * What all errors of a call have in common.
 *
 * @since 0.1.0
 * @category errors
 */
export abstract class CallError extends Error implements CallFields {
  abstract readonly _tag: string
  declare readonly operation: string
  declare readonly method: string
  declare readonly path: string
  declare readonly status?: number
  declare readonly requestId?: string
  declare readonly attempts: number
  declare readonly outcome: Outcome
  declare readonly idempotencyKey?: string
  declare readonly idempotencyScope?: string
  declare readonly details?: Readonly<Record<string, unknown>>
  /**
   * Whether the same call may be made once more as it is: it may succeed later, and cannot take effect twice. False for one
   * that may have been applied under a generated key, or none: repeat that with the error's `idempotencyKey`.
   */
  declare readonly isRetryable: boolean

  constructor(tag: string, isRetryable: boolean, init: Init<object>) {
    super(init.message)
    Object.defineProperty(this, TypeId, { value: TypeId })
    Object.defineProperty(this, "name", { value: tag, writable: true, configurable: true })
    for (const [key, value] of Object.entries(init)) {
      if (value !== undefined && key !== "message" && key !== "cause") assign(this, key, value)
    }
    if (!Object.hasOwn(this, "isRetryable")) assign(this, "isRetryable", isRetryable)
    // A cause may hold what the transport saw: there for a debugger, never for a log or for JSON.
    if (init.cause !== undefined) {
      Object.defineProperty(this, "cause", { value: init.cause, writable: true, configurable: true })
    }
  }

  /** Plain data without stack and cause; `Errors.fromJSON` reads it back. */
  toJSON(): ErrorJson {
    return { ...fieldsOf(this), _tag: this._tag, message: this.message }
  }

  static override [Symbol.hasInstance](this: { readonly tag?: string }, u: unknown): boolean {
    return isRuntimeError(u) && (this.tag === undefined || u._tag === this.tag)
  }
}

const fieldsOf = (error: object): { readonly [key: string]: unknown } => Object.fromEntries(Object.entries(error))

const assign = (target: object, key: string, value: unknown): void => {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true })
}

/**
 * An error as JSON.
 *
 * @since 0.1.0
 * @category models
 */
export interface ErrorJson {
  readonly _tag: string
  /** What happened, why, and what to do. */
  readonly message: string
  readonly [key: string]: unknown
}

/**
 * 401: the key is missing, wrong or revoked (`unauthenticated`). 402 and 403: the key is good, but not for this
 * organization or operation (`forbidden`).
 *
 * @since 0.1.0
 * @category errors
 */
export class AuthError extends CallError {
  static readonly tag: string = "AuthError"
  override readonly _tag = "AuthError" as const
  declare readonly kind: "unauthenticated" | "forbidden"
  constructor(init: Init<Pick<AuthError, "kind">>) {
    super("AuthError", false, init)
  }
}

/**
 * 404: no such row in this organization. A row of another organization is not found either.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotFound extends CallError {
  static readonly tag: string = "NotFound"
  override readonly _tag = "NotFound" as const
  constructor(init: Init<object>) {
    super("NotFound", false, init)
  }
}

/**
 * The request is wrong: found here before anything was sent, or by the runtime (400, 413, 415, 422).
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidRequest extends CallError {
  static readonly tag: string = "InvalidRequest"
  override readonly _tag = "InvalidRequest" as const
  /** Everything that is wrong, not only the first thing. */
  declare readonly issues: ReadonlyArray<Issue>
  /** The runtime's machine code, such as `idempotency_key_reused`. */
  declare readonly code?: string
  constructor(init: Init<{ readonly issues: ReadonlyArray<Issue>; readonly code?: string | undefined }>) {
    super("InvalidRequest", false, init)
  }
}

/**
 * 409: the request is fine, but not in the present state. Only `idempotency_key_in_use` (an earlier attempt is still
 * running) is worth a retry, and the policy has already made those.
 *
 * @since 0.1.0
 * @category errors
 */
export class ConflictError extends CallError {
  static readonly tag: string = "ConflictError"
  override readonly _tag = "ConflictError" as const
  /** The runtime's machine code, such as `assistant_pinned`; `"conflict"` when it gave none. */
  declare readonly code: string
  constructor(init: Init<Pick<ConflictError, "code"> & { readonly isRetryable?: boolean | undefined }>) {
    super("ConflictError", init.code === "idempotency_key_in_use", init)
  }
}

/**
 * 429: too many requests.
 *
 * @since 0.1.0
 * @category errors
 */
export class RateLimited extends CallError {
  static readonly tag: string = "RateLimited"
  override readonly _tag = "RateLimited" as const
  /** Seconds to wait, from `Retry-After`. */
  declare readonly retryAfter?: number
  constructor(init: Init<{ readonly retryAfter?: number | undefined }>) {
    super("RateLimited", true, init)
  }
}

/**
 * 5xx: the runtime, or a gateway before it, failed.
 *
 * @since 0.1.0
 * @category errors
 */
export class ServerError extends CallError {
  static readonly tag: string = "ServerError"
  override readonly _tag = "ServerError" as const
  /** Seconds to wait, from `Retry-After`. */
  declare readonly retryAfter?: number
  constructor(init: Init<{ readonly retryAfter?: number | undefined; readonly isRetryable?: boolean | undefined }>) {
    super("ServerError", true, init)
  }
}

/**
 * No answer: refused, reset, name not found, TLS failure, or an answer that broke off.
 *
 * @since 0.1.0
 * @category errors
 */
export class ConnectionError extends CallError {
  static readonly tag: string = "ConnectionError"
  override readonly _tag = "ConnectionError" as const
  /** The system's code, such as `ECONNREFUSED`. */
  declare readonly code?: string
  constructor(init: Init<{ readonly code?: string | undefined; readonly isRetryable?: boolean | undefined }>) {
    super("ConnectionError", true, init)
  }
}

/**
 * Time is up: for one attempt (`attempt`) or for the whole call (`deadline`).
 *
 * @since 0.1.0
 * @category errors
 */
export class TimeoutError extends CallError {
  static readonly tag: string = "AywaTimeoutError"
  override readonly _tag = "AywaTimeoutError" as const
  declare readonly scope: "attempt" | "deadline"
  /** The time that was allowed, in milliseconds. */
  declare readonly timeoutMillis: number
  constructor(init: Init<Pick<TimeoutError, "scope" | "timeoutMillis">>) {
    super("AywaTimeoutError", true, init)
  }
}

/**
 * An answer that the contract does not allow: another shape than the type says, HTML, an empty body, a redirect, a
 * cursor that repeats, or a status that this operation never has.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnexpectedResponse extends CallError {
  static readonly tag: string = "UnexpectedResponse"
  override readonly _tag = "UnexpectedResponse" as const
  /** What is wrong with it, without quoting it. */
  declare readonly issue: string
  /** `Content-Type` of the answer. */
  declare readonly contentType?: string
  constructor(init: Init<Pick<UnexpectedResponse, "issue"> & { readonly contentType?: string | undefined }>) {
    super("UnexpectedResponse", false, init)
  }
}

/**
 * The circuit breaker is open: the runtime failed too often, and nothing was sent.
 *
 * @since 0.1.0
 * @category errors
 */
export class CircuitOpen extends CallError {
  static readonly tag: string = "CircuitOpen"
  override readonly _tag = "CircuitOpen" as const
  /** Milliseconds until the next probe is let through. */
  declare readonly retryAfterMillis?: number
  constructor(init: Init<{ readonly retryAfterMillis?: number | undefined }>) {
    super("CircuitOpen", true, init)
  }
}

/**
 * The caller's `AbortSignal` fired. Promise client only: in an Effect program this is interruption.
 *
 * @since 0.1.0
 * @category errors
 */
export class Aborted extends CallError {
  static readonly tag: string = "Aborted"
  override readonly _tag = "Aborted" as const
  /** The signal's `reason`, as the caller gave it. */
  declare readonly reason: unknown
  constructor(init: Init<object> & { readonly reason: unknown }) {
    const { reason, ...rest } = init
    super("Aborted", false, { ...rest, cause: reason })
    Object.defineProperty(this, "reason", { value: reason })
  }
}

/**
 * The client cannot be built, or cannot call: an address, key or organization is missing or unusable.
 *
 * @since 0.1.0
 * @category errors
 */
export class ConfigError extends Error {
  static readonly tag: string = "AywaConfigError"
  readonly _tag = "AywaConfigError" as const
  /** The option that is wrong, e.g. `baseUrl`. */
  declare readonly field: string
  /** The environment variable that usually holds it, e.g. `AYWA_RUNTIME_BASE_URL`. */
  declare readonly variable?: string
  declare readonly isRetryable: false
  declare readonly outcome: "not-sent"

  constructor(init: { readonly field: string; readonly variable?: string | undefined; readonly message: string }) {
    super(init.message)
    Object.defineProperty(this, TypeId, { value: TypeId })
    Object.defineProperty(this, "name", { value: "AywaConfigError", writable: true, configurable: true })
    assign(this, "field", init.field)
    if (init.variable !== undefined) assign(this, "variable", init.variable)
    assign(this, "isRetryable", false)
    assign(this, "outcome", "not-sent")
  }

  /** Plain data without the stack; `Errors.fromJSON` reads it back. */
  toJSON(): ErrorJson {
    return { ...fieldsOf(this), _tag: this._tag, message: this.message }
  }

  static override [Symbol.hasInstance](u: unknown): boolean {
    return isRuntimeError(u) && u._tag === "AywaConfigError"
  }
}

/**
 * Errors that every operation can fail with.
 *
 * @since 0.1.0
 * @category models
 */
export type CommonError =
  | AuthError
  | InvalidRequest
  | RateLimited
  | ServerError
  | ConnectionError
  | TimeoutError
  | UnexpectedResponse
  | CircuitOpen
  | ConfigError

/**
 * Tags of the errors that only some operations have.
 *
 * @since 0.1.0
 * @category models
 */
export type OperationError = "NotFound" | "ConflictError"

/**
 * Every error of this SDK, except those of webhooks and migration.
 *
 * @since 0.1.0
 * @category models
 */
export type RuntimeError = CommonError | NotFound | ConflictError | Aborted

/**
 * The error classes by tag.
 *
 * @since 0.1.0
 * @category models
 */
export type ErrorOf<Tag extends RuntimeError["_tag"]> = Extract<RuntimeError, { readonly _tag: Tag }>

/**
 * Whether a value is an error of this SDK, whichever copy of it made the error.
 *
 * @since 0.1.0
 * @category guards
 */
export const isRuntimeError = (u: unknown): u is RuntimeError =>
  typeof u === "object" && u !== null && TypeId in u && "_tag" in u

const classes = {
  AuthError,
  NotFound,
  InvalidRequest,
  ConflictError,
  RateLimited,
  ServerError,
  ConnectionError,
  AywaTimeoutError: TimeoutError,
  UnexpectedResponse,
  CircuitOpen,
  Aborted,
  AywaConfigError: ConfigError
}

/** Tags of 0.1, which may wait in a queue or stand in a log. */
const formerTags: Readonly<Record<string, string>> = {
  TimeoutError: "AywaTimeoutError",
  ConfigError: "AywaConfigError"
}

/**
 * Reads back what `toJSON` gave, for errors that crossed a process. Anything else gives `undefined`.
 *
 * @since 0.1.0
 * @category converting
 */
export const fromJSON = (json: unknown): RuntimeError | undefined => {
  if (typeof json !== "object" || json === null || !("_tag" in json) || typeof json._tag !== "string") return undefined
  const { _tag: tag, ...init } = json
  const _tag = Object.hasOwn(formerTags, tag) ? (formerTags[tag] ?? tag) : tag
  if (!Object.hasOwn(classes, _tag)) return undefined
  if (!hasText(init, "message") || !(_tag === "AywaConfigError" ? hasText(init, "field") : isCallFields(init)))
    return undefined
  const constructor = classes[_tag as keyof typeof classes] as new (init: object) => RuntimeError
  return new constructor(init)
}

const hasText = (init: object, key: string): boolean => typeof Reflect.get(init, key) === "string"

const isCallFields = (init: object): boolean =>
  ["operation", "method", "path"].every((key) => hasText(init, key)) &&
  "attempts" in init &&
  typeof init.attempts === "number" &&
  "outcome" in init &&
  (init.outcome === "not-sent" || init.outcome === "rejected" || init.outcome === "maybe-applied")
