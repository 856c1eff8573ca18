/**
 * Options of a single call, and what a call can tell about its answer.
 *
 * @since 0.1.0
 */

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
  /** Extra headers. Those that the SDK sets (authorization above all) are refused. */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined
  /** Another organization than the client's, for this call. */
  readonly organizationId?: string | undefined
}

/**
 * The answer behind a value.
 *
 * @since 0.1.0
 * @category models
 */
export interface ResponseInfo {
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
