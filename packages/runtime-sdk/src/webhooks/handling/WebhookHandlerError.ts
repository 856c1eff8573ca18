/**
 * What went wrong behind a verified delivery.
 *
 * @since 0.1.0
 */
import type { WebhookIssue } from "../events.ts"

const TypeId: unique symbol = Symbol.for("@aywa-ai/runtime-sdk/WebhookHandlerError") as never

/**
 * Why a delivery was not handled as it should be.
 *
 * **Details**
 *
 * - `HandlerFailed`: your handler threw; `cause` is what it threw.
 * - `HandlerTimedOut`: it had no answer `seconds` after the request arrived. Its signal is aborted.
 * - `InvalidReply`: its reply is not what the runtime reads; `issues` says where.
 * - `NoHandler`: the runtime asked and there is no handler of this type.
 * - `InvalidMessage`: a known type with another body, and no handler for `invalid`.
 * - `SinkFailed`: the inbox did not take the delivery; `cause` is why.
 *
 * @since 0.1.0
 * @category errors
 */
export type WebhookHandlerReason =
  | { readonly _tag: "HandlerFailed" }
  | { readonly _tag: "HandlerTimedOut"; readonly seconds: number }
  | { readonly _tag: "InvalidReply"; readonly issues: ReadonlyArray<WebhookIssue> }
  | { readonly _tag: "NoHandler" }
  | { readonly _tag: "InvalidMessage"; readonly issues: ReadonlyArray<WebhookIssue> }
  | { readonly _tag: "SinkFailed" }

const describe = (reason: WebhookHandlerReason): string => {
  switch (reason._tag) {
    case "HandlerFailed":
      return "the handler threw; see the cause"
    case "HandlerTimedOut":
      return `no answer after ${Number(reason.seconds.toFixed(2))} s. Do less before the reply, or raise timeoutSeconds of the runtime's server and of this handler together`
    case "InvalidReply":
      return `the reply is not what the runtime reads: ${sentenceOf(reason.issues)}`
    case "NoHandler":
      return "the runtime waits for a reply and there is no handler. Add one, or take the type out of serverMessages"
    case "InvalidMessage":
      return `the body is not what its type promises: ${sentenceOf(reason.issues)}. Add a handler for invalid to take such messages`
    case "SinkFailed":
      return "the inbox did not store it, the runtime will deliver again; see the cause"
  }
}

/** Issues in one sentence; the first ones tell what to look at. */
export const sentenceOf = (issues: ReadonlyArray<WebhookIssue>): string =>
  issues
    .slice(0, 3)
    .map(({ path, expected }) => `${path.length > 0 ? `${path.join(".")}: ` : ""}expected ${expected}`)
    .join("; ")

/**
 * A verified delivery that was not handled as it should be, for your log.
 *
 * **Details**
 *
 * `fallback` says whether a fallback reply was sent in its place. The message holds no payload.
 *
 * @since 0.1.0
 * @category errors
 */
export class WebhookHandlerError extends Error {
  readonly _tag = "WebhookHandlerError"
  readonly reason: WebhookHandlerReason
  /** Type of the message. */
  readonly type: string
  /** Id of the delivery. */
  readonly id: string | undefined
  /** Whether the fallback reply was sent. */
  readonly fallback: boolean

  constructor(options: {
    readonly reason: WebhookHandlerReason
    readonly type: string
    readonly id?: string | undefined
    readonly fallback?: boolean | undefined
    readonly cause?: unknown
  }) {
    const { reason, type, id, fallback = false } = options
    const suffix = fallback ? ". The fallback reply was sent" : ""
    super(`${type} ${id ?? ""}`.trim() + `: ${describe(reason)}${suffix}.`, { cause: options.cause })
    this.name = this._tag
    this.reason = reason
    this.type = type
    this.id = id
    this.fallback = fallback
    Object.defineProperty(this, TypeId, { value: true })
  }

  static override [Symbol.hasInstance](value: unknown): value is WebhookHandlerError {
    return isWebhookHandlerError(value)
  }
}

/**
 * Whether a value is a `WebhookHandlerError`, of this or another copy of the package.
 *
 * @since 0.1.0
 * @category guards
 */
export const isWebhookHandlerError = (value: unknown): value is WebhookHandlerError =>
  typeof value === "object" && value !== null && TypeId in value
