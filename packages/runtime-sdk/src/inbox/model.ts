/**
 * What the inbox keeps, what it tells of itself, and how it fails.
 */

import { isBranded } from "../errors/brands.ts"

const TypeId: unique symbol = Symbol.for("@aywa-ai/runtime-sdk/InboxError") as never

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
 * One line of an inbox with `order: "call"`.
 *
 * @since 0.2.0
 * @category models
 */
export interface LineStats {
  /** From 0 to `partitions - 1`. */
  readonly line: number
  /** Deliveries that are stored and not yet handled. */
  readonly waiting: number
  /** Milliseconds since its oldest one was stored. */
  readonly lagMillis: number
}

/**
 * What an inbox holds, over all processes. Counted in the store when it is asked for.
 *
 * @since 0.2.0
 * @category models
 */
export interface Stats {
  /** Deliveries that are stored and not yet handled; those in flight are among them. */
  readonly waiting: number
  /** Of these, the ones that a worker has in hand, or had when it died. */
  readonly inFlight: number
  /** Of these, the ones that failed at least once. */
  readonly retrying: number
  /** The most attempts that one of these has behind it. */
  readonly maxAttempts: number
  /** Milliseconds since the oldest of these was stored; 0 when nothing waits. */
  readonly oldestAgeMillis: number
  /** Deliveries that were given up. */
  readonly parked: number
  /** Deliveries that were handled within the last minute. */
  readonly handledLastMinute: number
  /** With `order: "call"`: the lines in which something waits. */
  readonly lines: ReadonlyArray<LineStats>
}

/**
 * Whether an inbox can do its work now, for a readiness route.
 *
 * @since 0.2.0
 * @category models
 */
export interface Health {
  /** Whether the store answered within a second, and takes in what is offered. */
  readonly ok: boolean
  /** Deliveries that are stored and not yet handled; 0 when the store did not answer. */
  readonly backlog: number
  /** Milliseconds since the oldest of these was stored. */
  readonly oldestAgeMillis: number
  /** Deliveries that were given up. */
  readonly parked: number
  /** Why it is not well. */
  readonly error?: InboxError | undefined
}

/**
 * Whose deliveries are to be forgotten.
 *
 * - `callId`: those of this call.
 * - `customer`: those whose body names this customer: its `id`, `number`, `sipUri`, `email` or `externalId`.
 *
 * @since 0.2.0
 * @category models
 */
export type Subject = { readonly callId: string } | { readonly customer: string }

/**
 * What an `InboxError` is about.
 *
 * - `failure`: a statement failed; nothing was stored or changed. A receiver answers 503, and the runtime's outbox sends
 *   the delivery again. `onError` is told once per outage, be it only of what is offered.
 * - `recovery`: the store is back after such an outage. Only told, never thrown.
 * - `refusal`: the inbox does not open on this server, because it would lose or double deliveries there, or lacks a
 *   right or a table. The message names what is missing and the command that changes it. Or it was closed. Or a delivery
 *   is larger than what its store takes, or could ever give back.
 * - `options`: the inbox does not open with these options. The message names the option and what it takes.
 * - `warning`: the inbox works, and keeps less than it promises. Told once, when it opens; or when it had to change a
 *   delivery to store it.
 *
 * @since 0.2.0
 * @category errors
 */
export type InboxErrorKind = "failure" | "recovery" | "refusal" | "options" | "warning"

/**
 * The inbox's store failed, or is set up so that the inbox cannot keep its promises; `kind` says which. `instanceof` looks
 * at a brand and so recognises the error of another bundled copy of this package.
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
  /** `doing` says what failed; of all kinds but `failure` it is the whole message. */
  constructor(doing: string, cause: unknown, kind: InboxErrorKind = "failure") {
    super(kind === "failure" ? `The inbox's store failed while ${doing}${saidBy(cause)}. ${adviceOn(doing)}` : doing, {
      cause
    })
    this.kind = kind
    Object.defineProperty(this, TypeId, { value: true })
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(this, InboxError, TypeId, value)
  }
}

/** What fails while a delivery is stored, and only that, the runtime sends again. */
export const storing = "storing a delivery"

const adviceOn = (doing: string): string =>
  doing === storing ? "Answer 503: the runtime sends the delivery again. Check the database." : "Check the database."

const saidBy = (cause: unknown): string => {
  const words = wordsOf(cause)
  return words === "" ? "" : `: ${words.replace(/\.$/, "")}`
}

/** An error, and what it was made of. */
export const chainOf = (error: unknown): ReadonlyArray<Error> => {
  const chain: Array<Error> = []
  for (let inner = error; inner instanceof Error && chain.length < 8; inner = inner.cause) chain.push(inner)
  return chain
}

/** What a server or its driver said, below all that was put around it: one line. */
export const wordsOf = (error: unknown): string => {
  const said = chainOf(error).findLast(({ message }) => message !== "")
  return (said?.message.split("\n")[0] ?? "").slice(0, 300)
}
