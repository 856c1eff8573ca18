/**
 * From a message to its answer as steps: the handler, the first piece of its audio, its fallbacks. Nothing here waits;
 * a driver does what a step says and resumes it with the outcome.
 *
 * @since 0.1.0
 */
import { caughtInside } from "../../config/callbacks.ts"
import type { KnownMessage, RequestMessage, WebhookIssue, WebhookMessage } from "../events.ts"
import { acknowledged, jsonHeaders, refusal, typeOf, type WebhookAnswer } from "./answer.ts"
import { isRequest } from "./asks.ts"
import { failingAs, isAudio, noAudio, NoPiece } from "./audio.ts"
import { checkReply } from "./checkReply.ts"
import { handlerSecondsOf, waitSecondsOf } from "./deadline.ts"
import { fallbackOf } from "./fallbacks.ts"
import type { Outcome } from "./outcome.ts"
import type { VoiceReply } from "./replies.ts"
import type { Route } from "./routes.ts"
import { WebhookHandlerError, type WebhookHandlerReason } from "./WebhookHandlerError.ts"

/** What comes next. */
export type Answering<Handler> =
  | {
      readonly _tag: "Attempt"
      readonly handler: Handler
      /** How long it may take, counted from the arrival of the request. */
      readonly seconds: number
      readonly resume: (reply: Outcome<unknown>) => Answering<Handler>
    }
  | {
      readonly _tag: "Open"
      readonly audio: VoiceReply
      /** Whether the first piece must be there before the handler's deadline; a fallback comes after it. */
      readonly timed: boolean
      readonly resume: (pieces: Outcome<AsyncIterable<Uint8Array> | WebhookIssue>) => Answering<Handler>
    }
  | { readonly _tag: "Answer"; readonly answer: WebhookAnswer }

/** Where it goes on when there is no reply that can be sent. */
type Otherwise<Handler> = (reason: WebhookHandlerReason, cause?: unknown) => Answering<Handler>

/** The first step of a message. */
export const answerSteps = <Handler>(
  route: Route<Handler> | undefined,
  message: WebhookMessage,
  id: string | undefined
): Answering<Handler> => {
  if (route === undefined) return answer(withoutHandler(message, id))
  // A route for unknown messages waits as long as a server does by default.
  const seconds = handlerSecondsOf(waitSecondsOf(message as KnownMessage, route.timeoutSeconds))
  const otherwise: Otherwise<Handler> = (reason, cause) => {
    const error = problem(message, id, reason, cause)
    return isRequest(message) ? withFallback(route, message, error) : answer(refusal(error))
  }
  const next = (reply: unknown): Answering<Handler> =>
    isRequest(message) ? replyWith(message, reply, { id, seconds, otherwise }) : answer(acknowledged)
  return {
    _tag: "Attempt",
    handler: route.reply,
    seconds,
    resume: (outcome) => settle(outcome, next, { id, seconds, otherwise })
  }
}

const answer = (value: WebhookAnswer): { readonly _tag: "Answer"; readonly answer: WebhookAnswer } => ({
  _tag: "Answer",
  answer: value
})

/** An error that tells of a message. */
export const problem = (
  message: WebhookMessage,
  id: string | undefined,
  reason: WebhookHandlerReason,
  cause?: unknown
): WebhookHandlerError => new WebhookHandlerError({ reason, type: typeOf(message), id, cause })

/** The answer to a message that has no handler. */
const withoutHandler = (message: WebhookMessage, id: string | undefined): WebhookAnswer => {
  if (isRequest(message)) return refusal(problem(message, id, { _tag: "NoHandler" }))
  if (message.type !== "invalid") return acknowledged
  return refusal(problem(message, id, { _tag: "InvalidMessage", issues: message.issues }))
}

interface Way<Handler> {
  /** Of the delivery. */
  readonly id: string | undefined
  readonly otherwise: Otherwise<Handler>
  /** Seconds of the deadline, of an attempt. */
  readonly seconds?: number
  /** What a fallback stands for. */
  readonly error?: WebhookHandlerError
}

/** Goes on with a value; what failed or is late goes the other way. */
const settle = <A, Handler>(
  outcome: Outcome<A>,
  next: (value: A) => Answering<Handler>,
  { seconds = 0, otherwise }: Way<Handler>
): Answering<Handler> => {
  if (outcome._tag === "Late") return otherwise({ _tag: "HandlerTimedOut", seconds })
  if (outcome._tag === "Failed") return otherwise({ _tag: "HandlerFailed" }, outcome.cause)
  try {
    return next(outcome.value)
  } catch (cause) {
    // A reply that cannot be written as JSON, or that throws when it is looked at.
    return otherwise({ _tag: "HandlerFailed" }, cause)
  }
}

/** A reply as the runtime reads it. */
const replyWith = <Handler>(message: RequestMessage, reply: unknown, way: Way<Handler>): Answering<Handler> => {
  const { error } = way
  if (message.type === "voice-request") {
    if (!isAudio(reply)) {
      caughtInside(reply)
      return way.otherwise({ _tag: "InvalidReply", issues: [noAudio] })
    }
    return {
      _tag: "Open",
      audio: reply,
      timed: way.seconds !== undefined,
      resume: (pieces) =>
        settle(
          pieces,
          (audio) => {
            if ("expected" in audio) return way.otherwise({ _tag: "InvalidReply", issues: [audio] })
            // After its first sample it can only break off; whoever drives it tells why.
            const body = failingAs(audio, (cause) => problem(message, way.id, brokenOff(cause), cause))
            return answer({ status: 200, headers: { "content-type": "audio/pcm" }, body, error })
          },
          way
        )
    }
  }
  const verdict = checkReply(message, reply)
  if (!verdict.ok) return way.otherwise({ _tag: "InvalidReply", issues: verdict.issues })
  const { value, notShown } = verdict
  const unshown = notShown.length > 0 ? problem(message, way.id, { _tag: "InvalidReply", issues: notShown }) : undefined
  return answer({ status: 200, headers: jsonHeaders, body: JSON.stringify(value), error: error ?? unshown })
}

const brokenOff = (cause: unknown): WebhookHandlerReason =>
  cause instanceof NoPiece ? { _tag: "InvalidReply", issues: [noAudio] } : { _tag: "HandlerFailed" }

/** The route's fallback, else the default one, else the refusal. */
const withFallback = <Handler>(
  route: Route<Handler>,
  message: RequestMessage,
  error: WebhookHandlerError
): Answering<Handler> => {
  const { reason, type, id, cause } = error
  const report = new WebhookHandlerError({ reason, type, id, cause, fallback: true })
  const from = (fallbacks: ReadonlyArray<unknown>): Answering<Handler> => {
    const [fallback, ...others] = fallbacks
    if (fallbacks.length === 0) return answer(refusal(error))
    if (fallback === undefined) return from(others)
    const way = { id, error: report, otherwise: () => from(others) }
    const outcome: Outcome<unknown> = { _tag: "Done", value: fallback }
    return settle(outcome, (it) => replyWith(message, typeof it === "function" ? it(message) : it, way), way)
  }
  return from([route.fallback, fallbackOf(message)])
}
