/**
 * Where deliveries are stored before they are acknowledged.
 *
 * @since 0.1.0
 */

/**
 * A verified delivery, as a sink stores it.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebhookSinkDelivery {
  /** The same over all attempts of one delivery; an operator's replay has another one (`_r<n>`). */
  readonly id: string
  /** The body as it was signed. Read it with `parseAywaRuntimeWebhook`. */
  readonly body: string
  /** The message's type; for types that are not known here the type that was sent. */
  readonly type: string
  /** The call that the event belongs to, to keep events of one call in order. */
  readonly callId: string | undefined
}

/**
 * Takes deliveries in: an inbox, a queue, a table.
 *
 * **Details**
 *
 * `offer` resolves once the delivery is stored, or was stored before under the same id. When it rejects, the adapters
 * answer 503 and the runtime's outbox delivers again.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebhookSink {
  /** Stores a delivery, or knows it already. */
  readonly offer: (delivery: WebhookSinkDelivery) => Promise<void>
}
