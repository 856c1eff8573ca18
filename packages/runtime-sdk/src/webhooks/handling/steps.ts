/**
 * From a request to its answer as steps: what to do next, and how it goes on from there. Nothing here waits, reads or
 * writes; `receiver.ts` drives the steps with promises, `../effect/receiver.ts` on the fiber of a request.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"
import { maxBytesOf, rawBody, type WebhookBody } from "../body.ts"
import type { WebhookMessage } from "../events.ts"
import type { WebhookHeaders } from "../headers.ts"
import { decodeText } from "../json.ts"
import type { WebhookSinkDelivery } from "../sink.ts"
import type { AuthenticWebhookEvent } from "../verify.ts"
import { isWebhookVerificationError, WebhookVerificationError } from "../WebhookVerificationError.ts"
import { acknowledged, jsonHeaders, refusal, typeOf, type WebhookAnswer } from "./answer.ts"
import { asks } from "./asks.ts"
import { handlerSecondsOf } from "./deadline.ts"
import { causeOf, type Outcome } from "./outcome.ts"
import { WebhookHandlerError } from "./WebhookHandlerError.ts"

/** A request without its body. */
export interface RequestHead {
  readonly method: string
  readonly url?: string | undefined
  readonly headers: WebhookHeaders
}

/** How a receiver receives. */
export interface Receiving<Head, Inbox> {
  /** Judges a request by its body; throws `WebhookVerificationError`. */
  readonly verify: (head: Head, body: WebhookBody) => AuthenticWebhookEvent
  readonly maxBodyBytes: number | undefined
  /** Where notices are stored, instead of handled here. */
  readonly inbox: Inbox | undefined
}

/** Storing a notice. */
export interface Offer<Inbox> {
  readonly _tag: "Offer"
  readonly inbox: Inbox
  readonly delivery: WebhookSinkDelivery
  /** An inbox that does not answer by then is as good as down. */
  readonly seconds: number
  readonly resume: (stored: Outcome<unknown>) => Step<Inbox>
}

/** What comes next. */
export type Step<Inbox> =
  | {
      readonly _tag: "NeedBody"
      readonly maxBytes: number
      readonly resume: (body: Outcome<WebhookBody>) => Step<Inbox>
    }
  | Offer<Inbox>
  | { readonly _tag: "Run"; readonly event: AuthenticWebhookEvent }
  | { readonly _tag: "Answer"; readonly answer: WebhookAnswer }

/** The first step of a request. */
export const receive = <Head extends RequestHead, Inbox>(port: Receiving<Head, Inbox>, head: Head): Step<Inbox> => {
  if (head.method !== "POST") return answer({ status: 405, headers: { ...jsonHeaders, allow: "POST" }, body: "{}" })
  return orRefuse(() => ({
    _tag: "NeedBody",
    maxBytes: maxBytesOf(port.maxBodyBytes),
    resume: (outcome) => orRefuse(() => verifyBody(port, head, bodyOf(outcome)))
  }))
}

const answer = (value: WebhookAnswer): Step<never> => ({ _tag: "Answer", answer: value })

const orRefuse = <Inbox>(next: () => Step<Inbox>): Step<Inbox> => {
  try {
    return next()
  } catch (error) {
    return answer(refusalOf(error))
  }
}

const bodyOf = (outcome: Outcome<WebhookBody>): WebhookBody => {
  if (outcome._tag === "Done") return outcome.value
  const cause = causeOf(outcome)
  if (isWebhookVerificationError(cause)) throw cause
  throw new WebhookVerificationError({ _tag: "InvalidBody", detail: "reading it failed; see the cause." }, { cause })
}

/** An event that asks is answered; one that tells is stored where there is an inbox. */
const verifyBody = <Head, Inbox>(port: Receiving<Head, Inbox>, head: Head, body: WebhookBody): Step<Inbox> => {
  const event = port.verify(head, body)
  const { inbox } = port
  if (inbox === undefined || asks(event.message)) return { _tag: "Run", event }
  const text = decodeText(rawBody(body, Infinity))
  const type = typeOf(event.message)
  const id = event.id ?? `body_${createHash("sha256").update(text).digest("hex")}`
  return {
    _tag: "Offer",
    inbox,
    delivery: { id, body: text, type, callId: callIdOf(event.message) },
    seconds: storeSeconds,
    resume: (outcome) => {
      if (outcome._tag === "Done") return answer(acknowledged)
      const cause = causeOf(outcome)
      return answer(refusal(new WebhookHandlerError({ reason: { _tag: "SinkFailed" }, type, id, cause })))
    }
  }
}

/** Nobody waits longer than the runtime does. */
const storeSeconds = handlerSecondsOf(20)

/** What a refused sender is told: enough for an honest operator, nothing about this process. */
export const refusalOf = (cause: unknown): WebhookAnswer => {
  const error = isWebhookVerificationError(cause)
    ? cause
    : new WebhookVerificationError(
        { _tag: "InvalidOptions", option: "options", detail: "receiving threw; see the cause." },
        { cause }
      )
  const { httpStatus, reason, message } = error
  const body = httpStatus === 500 ? { error: "Internal" } : { error: reason._tag, message }
  return { status: httpStatus, headers: jsonHeaders, body: JSON.stringify(body), error }
}

const callIdOf = (message: WebhookMessage): string | undefined => {
  const call: unknown = message.type === "unknown" || message.type === "invalid" ? message.raw["call"] : message.call
  const id: unknown = typeof call === "object" && call !== null ? Reflect.get(call, "id") : undefined
  return typeof id === "string" ? id : undefined
}
