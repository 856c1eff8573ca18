/**
 * What the inbox keeps, and how it fails.
 */

/**
 * A verified webhook delivery. `./webhooks` makes one from every event that it verified.
 *
 * @since 0.1.0
 * @category models
 */
export interface Delivery {
  /** The signed webhook id. It stays the same over the runtime's retries, and is what duplicates are known by. */
  readonly id: string
  /** Event type, such as `end-of-call-report`. */
  readonly type: string
  /** The call that it is about, if it names one. */
  readonly callId?: string | undefined
  /** The raw body, as it was signed. */
  readonly body: string
}

/**
 * A delivery whose handler kept failing. It is kept until someone puts it back or removes it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Parked extends Delivery {
  /** Attempts made since it was last put back. */
  readonly attempts: number
  /** The last failure, as text. */
  readonly reason: string
  /** Epoch milliseconds. */
  readonly parkedAt: number
  /** How often it was put back before. */
  readonly requeued: number
}

/**
 * What an `InboxError` is about.
 *
 * - `failure`: a statement failed; nothing was stored or changed. A receiver answers 503, and the runtime's outbox sends
 *   the delivery again.
 * - `refusal`: the inbox does not open on this server, because it would lose or double deliveries there. The message
 *   names the setting and the command that changes it.
 * - `warning`: the inbox works, and keeps less than it promises. Told once, when it opens.
 *
 * @since 0.2.0
 * @category errors
 */
export type InboxErrorKind = "failure" | "refusal" | "warning"

/**
 * The inbox's store failed, or is set up so that the inbox cannot keep its promises; `kind` says which.
 *
 * @since 0.1.0
 * @category errors
 */
export class InboxError extends Error {
  readonly _tag = "InboxError"
  override readonly name = "InboxError"
  /** The status that a receiver should answer with. */
  readonly httpStatus = 503
  readonly kind: InboxErrorKind
  /** `doing` says what failed; of a refusal or a warning it is the whole message. */
  constructor(doing: string, cause: unknown, kind: InboxErrorKind = "failure") {
    super(
      kind === "failure"
        ? `The inbox's store failed while ${doing}. Answer 503: the runtime sends the delivery again. Check the database.`
        : doing,
      { cause }
    )
    this.kind = kind
  }
}
