/**
 * Handlers by type of event, run under the deadline of the runtime.
 *
 * @since 0.1.0
 */
import type { WebhookMessage } from "../events.ts"
import type { WebhookAnswer } from "./answer.ts"
import { answerSteps, problem, type Answering } from "./answering.ts"
import { isRequest } from "./asks.ts"
import { audioOf } from "./audio.ts"
import { type Route, routesOf } from "./routes.ts"
import type { WebhookContext, WebhookHandlerMap } from "./types.ts"
import { type Deadline, outcomeOf, startDeadline, within } from "./within.ts"

/** A delivery, as handlers are told about it. */
export interface HandledDelivery {
  readonly id?: string | undefined
  readonly attemptAt?: Date | undefined
  /** Aborted when nobody waits any longer. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds that went by since the request arrived; the deadline is that much nearer. */
  readonly elapsed?: number | undefined
  /** Milliseconds that the answer may take at most, whatever the runtime allows. */
  readonly remainingMillis?: number | undefined
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

type AnyHandler = (message: WebhookMessage, context: WebhookContext) => unknown

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
  const routes = routesOf<AnyHandler>(map)
  return {
    types: [...routes.keys()],
    answer: (message, delivery = {}) =>
      drive(answerSteps(routes.get(message.type), message, delivery.id), message, delivery),
    run: (message, delivery = {}) => run(routes.get(message.type), message, delivery)
  }
}

/** Does what the steps of an answer say, with promises. */
const drive = async (
  first: Answering<AnyHandler>,
  message: WebhookMessage,
  delivery: HandledDelivery
): Promise<WebhookAnswer> => {
  let step = first
  let deadline: Deadline | undefined
  for (;;) {
    if (step._tag === "Answer") {
      // Audio goes on after its first piece: only whoever listens can end it now.
      if (typeof step.answer.body === "string") deadline?.close()
      else deadline?.stop()
      return step.answer
    }
    if (step._tag === "Attempt") {
      const { handler, seconds, resume } = step
      const { elapsed = 0, remainingMillis = Infinity } = delivery
      const begun = startDeadline(Math.min(seconds * 1000, remainingMillis) - elapsed, delivery.signal)
      deadline = begun
      step = resume(await within(begun, () => handler(message, contextOf(delivery, begun))))
    } else if (step.timed && deadline !== undefined) {
      const { audio, resume } = step
      const begun = deadline
      step = resume(await within(begun, () => audioOf(audio, begun)))
    } else {
      deadline?.close()
      deadline = undefined
      const { audio, resume } = step
      step = resume(await outcomeOf(() => audioOf(audio)))
    }
  }
}

const contextOf = ({ id, attemptAt }: HandledDelivery, { signal, at }: Deadline): WebhookContext => ({
  id,
  attemptAt,
  signal,
  deadline: at
})

const run = async (
  route: Route<AnyHandler> | undefined,
  message: WebhookMessage,
  delivery: HandledDelivery
): Promise<void> => {
  const { id, attemptAt, signal = new AbortController().signal } = delivery
  if (isRequest(message)) throw problem(message, id, { _tag: "NoHandler" })
  if (route === undefined) {
    if (message.type !== "invalid") return
    throw problem(message, id, { _tag: "InvalidMessage", issues: message.issues })
  }
  try {
    await route.reply(message, { id, attemptAt, signal, deadline: undefined })
  } catch (cause) {
    throw problem(message, id, { _tag: "HandlerFailed" }, cause)
  }
}
