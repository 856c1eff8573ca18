/**
 * Options of a single call, and what a call can tell about its answer.
 *
 * @since 0.1.0
 */
import type { Secret } from "../contract/Operation.ts"

/**
 * Options of one call. They win over the policy of the client and of `Policy.with`.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallOptions {
  /**
   * Makes a create safe to repeat: the runtime answers a second request with the same key with the first one's
   * answer. 1 to 255 visible ASCII characters, one key per logical create. Without it a create gets a generated key
   * for its own attempts.
   */
  readonly idempotencyKey?: string | undefined
  /** Milliseconds for one attempt. */
  readonly timeout?: number | undefined
  /** Milliseconds for the whole call: attempts and the waits between them. */
  readonly deadline?: number | undefined
  /** Retries after the first attempt; 0 turns them off. */
  readonly retries?: number | undefined
  /**
   * Changes or deletes a row only while it is the version that was read: the `etag` of `withResponse()`'s headers, as it
   * came, with its quotes. Another version fails with a ConflictError of the code `precondition_failed`.
   */
  readonly ifMatch?: string | undefined
  /**
   * Extra headers. Those that the SDK sets (authorization above all) are refused. A value may be wrapped
   * (`Redacted.make`, or `redacted` of the promise entry), so that it cannot be printed.
   */
  readonly headers?: Readonly<Record<string, Secret | undefined>> | undefined
  /** Another organization than the client's, for this call. */
  readonly organizationId?: string | undefined
}

/**
 * A request to a route that this SDK has no operation for.
 *
 * @since 0.1.0
 * @category models
 */
export interface RequestOptions extends CallOptions {
  /** The HTTP method. */
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  /** From `/` on, below the base URL, without a query. Another origin cannot be reached. */
  readonly path: string
  /** Query parameters; absent ones are left out, lists repeat their key. */
  readonly query?: Readonly<Record<string, QueryValue | ReadonlyArray<QueryValue>>> | undefined
  /** A JSON object, sent as it is. */
  readonly body?: Readonly<Record<string, unknown>> | undefined
}

/**
 * What a query parameter may be.
 *
 * @since 0.1.0
 * @category models
 */
export type QueryValue = string | number | boolean | null | undefined

/**
 * How to wait for something that takes its time: milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface WaitOptions extends Omit<CallOptions, "idempotencyKey" | "ifMatch" | "deadline"> {
  /** Until the second look; later ones are further and further apart. 1,000 by default. */
  readonly pollEvery?: number | undefined
  /** Between two looks at most. 15,000 by default. */
  readonly maxPollEvery?: number | undefined
  /** For the whole wait. An hour by default. */
  readonly deadline?: number | undefined
}

/**
 * The answer behind a value.
 *
 * @since 0.1.0
 * @category models
 */
export interface ResponseInfo {
  /** HTTP status. */
  readonly status: number
  /** The runtime's `X-Request-Id`. */
  readonly requestId: string | undefined
  /** Attempts made, the first included. */
  readonly attempts: number
  /** The key that every attempt carried. */
  readonly idempotencyKey: string | undefined
  /** Whether the runtime answered from an earlier request with the same key. */
  readonly replayed: boolean
  /** All headers, lower-case. */
  readonly headers: Readonly<Record<string, string>>
}
