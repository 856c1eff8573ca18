/**
 * Handlers by type of event, run under the deadline of the runtime.
 *
 * @since 0.1.0
 */
import type { WebhookIssue } from "../checks.ts"
import type { KnownMessage, RequestMessage, WebhookMessage } from "../events.ts"
import { audioOf, isAudio } from "./audio.ts"
import { checkReply } from "./checkReply.ts"
import { handlerSecondsOf, waitSecondsOf } from "./deadline.ts"
import { fallbackOf } from "./fallbacks.ts"
import type { RequestType } from "./replies.ts"
import type { WebhookContext, WebhookHandlerMap } from "./types.ts"
import { WebhookHandlerError, type WebhookHandlerReason } from "./WebhookHandlerError.ts"
import { late, startDeadline, within, type Deadline } from "./within.ts"

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

/** A delivery, as handlers are told about it. */
export interface HandledDelivery {
  readonly id?: string | undefined
  readonly attemptAt?: Date | undefined
  /** Aborted when nobody waits any longer. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds that went by since the request arrived; the deadline is that much nearer. */
  readonly elapsed?: number | undefined
}

/**
 * Handlers, ready to run.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebhookHandlers {
  /** The types that have a handler. */
  readonly types: ReadonlyArray<string>
  /** Answers a delivery before the runtime stops waiting. Never rejects. */
  readonly answer: (message: WebhookMessage, delivery?: HandledDelivery) => Promise<WebhookAnswer>
  /**
   * Runs the handler of a notice, for workers that take stored deliveries from an inbox: no deadline, no answer.
   * Rejects with `WebhookHandlerError` when the handler throws. A notice without a handler is done.
   */
  readonly run: (message: WebhookMessage, delivery?: HandledDelivery) => Promise<void>
}

/** The types that are answered, as values: the compiler holds the list complete. */
const requestTypes: { readonly [Type in RequestType]: true } = {
  "assistant-request": true,
  "tool-calls": true,
  "transfer-destination-request": true,
  "knowledge-base-request": true,
  "voice-request": true,
  "call.endpointing.request": true,
  "handoff-destination-request": true,
  "campaign.predial": true
}

/** Whether the runtime waits for an answer to a message. */
const isRequest = (message: WebhookMessage): message is RequestMessage => Object.hasOwn(requestTypes, message.type)

/** Whether the sender waits for an answer, whatever the body is and whether anybody here can give one. */
export const asks = (message: WebhookMessage): boolean => Object.hasOwn(requestTypes, typeOf(message))

type AnyHandler = (message: WebhookMessage, context: WebhookContext) => unknown
interface Route {
  readonly reply: AnyHandler
  readonly timeoutSeconds?: number | undefined
  readonly fallback?: unknown
}

/**
 * Handlers by type of event: a reply is mandatory for exactly the events that ask, and impossible for the others.
 *
 * **Details**
 *
 * A reply is checked before it goes out. When the handler throws, is late, or replies something that the runtime does
 * not read, a fallback is sent in its place and the error is reported: the call goes on. The deadline lies below the
 * runtime's own: 6 of 7.5 seconds for assistant-request, else 1.5 seconds (or a quarter) less than the server waits.
 *
 * **Example**
 *
 * ```ts
 * import { handlers } from "@aywa-ai/runtime-sdk/webhooks/handlers"
 *
 * export const webhooks = handlers({
 *   "assistant-request": () => ({ assistantId: "your-assistant-id" }),
 *   "tool-calls": ({ toolCalls }) => ({
 *     results: toolCalls.map(({ id, name }) => ({ toolCallId: id, result: `${name} is done` }))
 *   }),
 *   "end-of-call-report": async (report) => console.log(report.endedReason)
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const handlers = (map: WebhookHandlerMap): WebhookHandlers => {
  const routes = new Map<string, Route>()
  for (const [type, handler] of Object.entries(map)) {
    if (handler === undefined) continue
    // A handler takes only the message of its own type; it is looked up by that type.
    const route = (typeof handler === "function" ? { reply: handler } : handler) as Route
    const { timeoutSeconds = 1 } = route
    if (!(timeoutSeconds >= 1 && timeoutSeconds <= 300)) {
      throw new RangeError(`timeoutSeconds of ${type} must be 1 to 300 seconds, and is ${timeoutSeconds}.`)
    }
    routes.set(type, route)
  }
  return {
    types: [...routes.keys()],
    answer: (message, delivery = {}) => answer(routes.get(message.type), message, delivery),
    run: (message, delivery = {}) => run(routes.get(message.type), message, delivery)
  }
}

const problem = (
  message: WebhookMessage,
  delivery: HandledDelivery,
  reason: WebhookHandlerReason,
  cause?: unknown
): WebhookHandlerError => new WebhookHandlerError({ reason, type: typeOf(message), id: delivery.id, cause })

/** The type as the runtime names it. */
export const typeOf = (message: WebhookMessage): string =>
  message.type === "unknown" || message.type === "invalid" ? message.of : message.type

const json = { "content-type": "application/json" }

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
  headers: json,
  body: JSON.stringify({ error: error.reason._tag }),
  error
})

const acknowledged: WebhookAnswer = { status: 200, headers: json, body: "{}" }

const answer = async (
  route: Route | undefined,
  message: WebhookMessage,
  delivery: HandledDelivery
): Promise<WebhookAnswer> => {
  if (route === undefined) {
    if (isRequest(message)) return refusal(problem(message, delivery, { _tag: "NoHandler" }))
    if (message.type !== "invalid") return acknowledged
    return refusal(problem(message, delivery, { _tag: "InvalidMessage", issues: message.issues }))
  }
  const seconds = handlerSecondsOf(waitSecondsOf(message as KnownMessage, route.timeoutSeconds))
  const deadline = startDeadline(seconds * 1000 - (delivery.elapsed ?? 0), delivery.signal)
  const outcome = await attempt(route, message, delivery, deadline, seconds)
  if (!(outcome instanceof WebhookHandlerError)) return outcome
  deadline.close()
  return isRequest(message) ? withFallback(route, message, outcome) : refusal(outcome)
}

/** The handler's answer, or why there is none. */
const attempt = async (
  route: Route,
  message: WebhookMessage,
  delivery: HandledDelivery,
  deadline: Deadline,
  seconds: number
): Promise<WebhookAnswer | WebhookHandlerError> => {
  const context = { id: delivery.id, attemptAt: delivery.attemptAt, signal: deadline.signal, deadline: deadline.at }
  try {
    const made = await within(deadline, async () => {
      const reply = await route.reply(message, context)
      return isRequest(message) ? answerOf(message, reply, delivery, deadline) : acknowledged
    })
    if (made === late) return problem(message, delivery, { _tag: "HandlerTimedOut", seconds })
    if (!("status" in made)) return problem(message, delivery, { _tag: "InvalidReply", issues: made })
    // A stream goes on after its first piece: only whoever listens can end it now.
    if (typeof made.body === "string") deadline.close()
    else deadline.stop()
    return made
  } catch (cause) {
    return problem(message, delivery, { _tag: "HandlerFailed" }, cause)
  }
}

/** A reply as the runtime reads it, or what is wrong with it. */
const answerOf = async (
  message: RequestMessage,
  reply: unknown,
  delivery: HandledDelivery,
  deadline?: Deadline
): Promise<WebhookAnswer | ReadonlyArray<WebhookIssue>> => {
  if (message.type === "voice-request") {
    if (!isAudio(reply)) return [{ path: [], expected: "PCM bytes, or an async iterable of them" }]
    return { status: 200, headers: { "content-type": "audio/pcm" }, body: await audioOf(reply, deadline) }
  }
  const checked = checkReply(message, reply)
  if (!checked.ok) return checked.issues
  const { value, notShown } = checked
  const error = notShown.length > 0 ? problem(message, delivery, { _tag: "InvalidReply", issues: notShown }) : undefined
  return { status: 200, headers: json, body: JSON.stringify(value), error }
}

/** The route's fallback, else the default one, else the refusal. */
const withFallback = async (
  route: Route,
  message: RequestMessage,
  error: WebhookHandlerError
): Promise<WebhookAnswer> => {
  const { reason, type, id, cause } = error
  const sent = new WebhookHandlerError({ reason, type, id, cause, fallback: true })
  for (const fallback of [route.fallback, fallbackOf(message)]) {
    if (fallback === undefined) continue
    try {
      const reply: unknown = typeof fallback === "function" ? fallback(message) : fallback
      const made = await answerOf(message, reply, { id })
      if ("status" in made) return { ...made, error: sent }
    } catch {
      // The next one is tried.
    }
  }
  return refusal(error)
}

const run = async (route: Route | undefined, message: WebhookMessage, delivery: HandledDelivery): Promise<void> => {
  if (isRequest(message)) throw problem(message, delivery, { _tag: "NoHandler" })
  if (route === undefined) {
    if (message.type !== "invalid") return
    throw problem(message, delivery, { _tag: "InvalidMessage", issues: message.issues })
  }
  const signal = delivery.signal ?? new AbortController().signal
  try {
    await route.reply(message, { id: delivery.id, attemptAt: delivery.attemptAt, signal, deadline: undefined })
  } catch (cause) {
    throw problem(message, delivery, { _tag: "HandlerFailed" }, cause)
  }
}
