/**
 * From a request to its answer, whatever the framework: method, body, signature, then inbox or handler.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"
import { maxBytesOf, rawBody, type WebhookBody } from "../body.ts"
import type { WebhookMessage } from "../events.ts"
import { decodeText } from "../json.ts"
import type { WebhookHeaders } from "../headers.ts"
import type { WebhookScheme } from "../scheme.ts"
import type { WebhookSecrets } from "../secrets.ts"
import type { WebhookSink } from "../sink.ts"
import {
  isWebhookVerificationError,
  verifyAywaRuntimeWebhook,
  type AuthenticWebhookEvent,
  type WebhookVerificationError
} from "../../webhooks.ts"
import type { Names } from "../../config/unknownNames.ts"
import { refuseUnknown } from "../verify.ts"
import { handlerSecondsOf } from "./deadline.ts"
import { asks, handlers, refusal, typeOf, type WebhookAnswer, type WebhookHandlers } from "./handlers.ts"
import { reportToProcess } from "./report.ts"
import type { WebhookHandlerMap } from "./types.ts"
import { WebhookHandlerError } from "./WebhookHandlerError.ts"
import { late, startDeadline, within } from "./within.ts"

/**
 * How deliveries are received.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebhookReceiverOptions {
  /** The webhook secret, or several while a rotation lasts. Leave it out when `scheme` is given. */
  readonly secret?: WebhookSecrets
  /** For senders that are not switched over yet: a scheme of `@aywa-ai/runtime-sdk/webhooks/legacy`. */
  readonly scheme?: WebhookScheme | undefined
  /** Handlers by type, or the outcome of `handlers(…)`. */
  readonly handlers?: WebhookHandlerMap | WebhookHandlers | undefined
  /**
   * Where notices are stored before they are acknowledged. With it, the handlers of notices are not run here: run them
   * in the inbox's workers. Events that ask are still answered here.
   */
  readonly inbox?: WebhookSink | undefined
  /** Seconds that an attempt's time may differ from ours; 300 by default. */
  readonly toleranceSeconds?: number | "disabled" | undefined
  /** Larger bodies are refused with 413 and not read to their end; 10 MiB by default. */
  readonly maxBodyBytes?: number | undefined
  /** Epoch milliseconds; `Date.now` by default. */
  readonly now?: (() => number) | undefined
  /**
   * Told about every delivery that was refused, failed, or answered with a fallback. By default those that are this
   * process's own business (wrong setup, handlers that fail) are printed as process warnings; bad signatures are not.
   */
  readonly onError?: ((error: WebhookVerificationError | WebhookHandlerError) => void) | undefined
}

/**
 * A request, as an adapter hands it over.
 *
 * @since 0.1.0
 * @category models
 */
export interface IncomingWebhook {
  readonly method: string
  /** Only for schemes that sign the address. */
  readonly url?: string | undefined
  readonly headers: WebhookHeaders
  /** The body as received, or how to read it up to a limit. */
  readonly body: WebhookBody | ((maxBytes: number) => Promise<WebhookBody>)
  /** Aborted when the sender hangs up. */
  readonly signal?: AbortSignal | undefined
}

const json = { "content-type": "application/json" }

/**
 * Receives deliveries for any framework: give it method, headers and raw body, send what it answers. Never rejects.
 *
 * **When to use**
 *
 * For what has no adapter here, such as AWS Lambda. `webhookHandler`, `nodeWebhookHandler` and `fastifyWebhooks` are
 * built on it.
 *
 * **Details**
 *
 * 200 handled or stored; 400, 401, 413 not a good delivery; 405 no POST; 422 a known type with another body; 501 asked
 * and no handler; 503 a handler or the inbox failed, so that the runtime delivers again; 500 this process is set up
 * wrongly.
 *
 * @since 0.1.0
 * @category constructors
 */
export const webhookReceiver = (options: WebhookReceiverOptions): WebhookReceiver => {
  refuseUnknown(options, names)
  return makeReceiver(options, (request, body) => verify(options, request, body))
}

const names: Names<WebhookReceiverOptions> = {
  secret: true,
  scheme: true,
  handlers: true,
  inbox: true,
  toleranceSeconds: true,
  maxBodyBytes: true,
  now: true,
  onError: true
}

/**
 * Turns a request into its answer.
 *
 * @since 0.1.0
 * @category models
 */
export type WebhookReceiver = (request: IncomingWebhook) => Promise<WebhookAnswer>

/** A receiver over any way to verify. */
export const makeReceiver = (
  options: Pick<WebhookReceiverOptions, "handlers" | "inbox" | "maxBodyBytes" | "onError">,
  verify: (request: IncomingWebhook, body: WebhookBody) => AuthenticWebhookEvent
): WebhookReceiver => {
  const own = options.handlers ?? {}
  const routes = isHandlers(own) ? own : handlers(own)
  const report = options.onError ?? reportToProcess

  const receive = async (request: IncomingWebhook): Promise<WebhookAnswer> => {
    if (request.method !== "POST") return { status: 405, headers: { ...json, allow: "POST" }, body: "{}" }
    const started = performance.now()
    let body: WebhookBody
    let event: AuthenticWebhookEvent
    try {
      body = typeof request.body === "function" ? await request.body(maxBytesOf(options.maxBodyBytes)) : request.body
      event = verify(request, body)
    } catch (error) {
      if (isWebhookVerificationError(error)) return unverified(error)
      // The request broke off: nobody reads this answer.
      return { status: 400, headers: json, body: "{}" }
    }
    const { message, attemptAt } = event
    if (options.inbox !== undefined && !asks(message)) {
      return store(options.inbox, event, decodeText(rawBody(body, Infinity)), request.signal)
    }
    const delivery = { id: event.id, attemptAt, signal: request.signal, elapsed: performance.now() - started }
    return routes.answer(message, delivery)
  }

  return async (request) => {
    const answer = await receive(request)
    if (!isKnownError(answer.error)) return answer
    try {
      report(answer.error)
    } catch {
      // The runtime waits for the answer, whatever becomes of the report.
    }
    return answer
  }
}

const isHandlers = (given: WebhookHandlerMap | WebhookHandlers): given is WebhookHandlers =>
  "answer" in given && "run" in given

const isKnownError = (error: unknown): error is WebhookVerificationError | WebhookHandlerError =>
  error !== undefined && (isWebhookVerificationError(error) || error instanceof WebhookHandlerError)

const verify = (options: WebhookReceiverOptions, request: IncomingWebhook, body: WebhookBody) => {
  const { toleranceSeconds, maxBodyBytes, now } = options
  const common = { body, headers: request.headers, toleranceSeconds, maxBodyBytes, now }
  if (options.scheme === undefined) return verifyAywaRuntimeWebhook({ ...common, secret: options.secret })
  const asked = { method: request.method, url: request.url ?? "" }
  return verifyAywaRuntimeWebhook({ ...common, scheme: options.scheme, request: asked })
}

/** What a refused sender is told: enough for an honest operator, nothing about this process. */
const unverified = (error: WebhookVerificationError): WebhookAnswer => ({
  status: error.httpStatus,
  headers: json,
  body: JSON.stringify(
    error.httpStatus === 500 ? { error: "Internal" } : { error: error.reason._tag, message: error.message }
  ),
  error
})

const stored: WebhookAnswer = { status: 200, headers: json, body: "{}" }

/** An inbox that does not answer is as good as down: nobody waits longer than the runtime does. */
const storeSeconds = handlerSecondsOf(20)

const store = async (
  inbox: WebhookSink,
  event: AuthenticWebhookEvent,
  body: string,
  signal: AbortSignal | undefined
): Promise<WebhookAnswer> => {
  const type = typeOf(event.message)
  const id = event.id ?? `body_${createHash("sha256").update(body).digest("hex")}`
  const deadline = startDeadline(storeSeconds * 1000, signal)
  try {
    const done = await within(deadline, () => inbox.offer({ id, body, type, callId: callIdOf(event.message) }))
    if (done !== late) return stored
    return refusal(new WebhookHandlerError({ reason: { _tag: "SinkFailed" }, type, id }))
  } catch (cause) {
    return refusal(new WebhookHandlerError({ reason: { _tag: "SinkFailed" }, type, id, cause }))
  } finally {
    deadline.close()
  }
}

const callIdOf = (message: WebhookMessage): string | undefined => {
  const call: unknown = message.type === "unknown" || message.type === "invalid" ? message.raw["call"] : message.call
  const id: unknown = typeof call === "object" && call !== null ? Reflect.get(call, "id") : undefined
  return typeof id === "string" ? id : undefined
}
