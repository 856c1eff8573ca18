/**
 * What a delivery is answered with.
 *
 * @since 0.1.0
 */
import type { WebhookMessage } from "../events.ts"
import type { WebhookHandlerError, WebhookHandlerReason } from "./WebhookHandlerError.ts"

/**
 * What to answer a delivery with.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebhookAnswer {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  /** JSON, or audio in pieces. */
  readonly body: string | AsyncIterable<Uint8Array>
  /** What went wrong, for your log: also beside a fallback that was sent with status 200. */
  readonly error?: Error | undefined
}

export const jsonHeaders = { "content-type": "application/json" }

export const acknowledged: WebhookAnswer = { status: 200, headers: jsonHeaders, body: "{}" }

const statusOf: { readonly [Tag in WebhookHandlerReason["_tag"]]: number } = {
  // The runtime's outbox delivers again after a 503.
  HandlerFailed: 503,
  HandlerTimedOut: 503,
  SinkFailed: 503,
  InvalidReply: 500,
  NoHandler: 501,
  InvalidMessage: 422
}

/** The answer that says that a delivery was not handled. */
export const refusal = (error: WebhookHandlerError): WebhookAnswer => ({
  status: statusOf[error.reason._tag],
  headers: jsonHeaders,
  body: JSON.stringify({ error: error.reason._tag }),
  error
})

/** The type as the runtime names it. */
export const typeOf = (message: WebhookMessage): string =>
  message.type === "unknown" || message.type === "invalid" ? message.of : message.type
