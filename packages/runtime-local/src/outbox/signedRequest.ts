/**
 * The request of an attempt: its target checked, its body signed, its headers those of the server and of the runtime.
 */
import { isOutboundRefused, OutboundPolicy } from "@aywa-ai/runtime-sdk/outbound"
import { generateWebhookSecret, signAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
import type { FaultAction } from "../faults/schemas.ts"
import type { Store } from "../store/Store.ts"
import type { AttemptLog } from "./attemptLog.ts"
import type { Refusal } from "./attemptOutcome.ts"
import { serverHeaders } from "./headers.ts"
import type { Job } from "./jobs.ts"
import { type RequestResult, sendRequest } from "./request.ts"
import type { Secrets } from "./secrets.ts"

/** What requests of attempts need. */
export interface SignedRequestContext {
  readonly store: Store
  readonly log: AttemptLog
  readonly secrets: Secrets
  readonly policy: OutboundPolicy.OutboundPolicyOptions
  /** The time that signatures are stamped with. */
  readonly signTime: () => number
}

/** One attempt of a job, as its request says it. */
export interface AttemptNumber {
  readonly number: number
  /** Whether an earlier attempt may have arrived. */
  readonly redelivered: boolean
  /** Milliseconds for all of it. */
  readonly timeout: number
  readonly signal: AbortSignal
  readonly fault: FaultAction | undefined
}

/** Bytes of an answer that the log keeps. */
export const loggedBytes = 20_000

/** Bytes of an answer that are read where the answer is used. */
const replyBytes = 1_048_576

/** Milliseconds for the body of an answer that only the log wants. */
const noticeBodyMillis = 2000

/** Sends the request of an attempt; `undefined` when the runtime stopped in the middle. */
export const sendSigned = async (
  context: SignedRequestContext,
  job: Job,
  attempt: AttemptNumber
): Promise<RequestResult | Refusal | undefined> => {
  const { fault, timeout, signal } = attempt
  let target: OutboundPolicy.CheckedTarget
  try {
    target = await OutboundPolicy.check(job.url, { ...context.policy, timeout: Math.min(5000, timeout) })
  } catch (error) {
    if (!isOutboundRefused(error)) throw error
    return { type: "refused", error: error.message, permanent: error.reason._tag !== "Unresolved" }
  }
  if (signal.aborted) return undefined
  const body = bodyOf(context.store, job.eventId)
  const { headers, masked } = serverHeaders(context.store, job)
  const own = {
    "content-type": "application/json",
    "user-agent": "aywa-runtime-local",
    ...sign(context, job.signedId, body, fault),
    "x-aywa-attempt": String(attempt.number),
    ...(attempt.redelivered ? { "x-aywa-redelivered": "true" } : {})
  }
  context.log.headers(job.id, attempt.number, JSON.stringify({ ...masked, ...own }))
  if (fault?.type === "drop") return { type: "failure", kind: "connection", code: "DROPPED", sent: false, ms: 0 }
  return sendRequest(target, {
    method: "POST",
    headers: { ...headers, ...own },
    body,
    timeout,
    // The status settles a notice: a body that drips does not hold its slot.
    bodyTimeout: job.reply === 1 ? undefined : noticeBodyMillis,
    maxBytes: job.reply === 1 ? replyBytes : loggedBytes,
    signal
  })
}

/** The body of an event. */
export const bodyOf = (store: Store, eventId: string): string =>
  store.get<{ body: string }>("SELECT body FROM webhook_events WHERE id = ?", eventId)?.body ?? "{}"

/** With every active secret: a receiver in the middle of a rotation knows one of them. */
const sign = ({ secrets, signTime }: SignedRequestContext, id: string, body: string, fault: FaultAction | undefined) =>
  signAywaRuntimeWebhook({
    id,
    body,
    secret: fault?.type === "bad-signature" ? generateWebhookSecret() : secrets.active(),
    timestamp: new Date(signTime() + skewOf(fault) * 1000)
  })

/** Seconds that a fault sets the clock of the signature ahead. */
const skewOf = (fault: FaultAction | undefined): number => {
  if (fault?.type === "old-timestamp") return -(fault.seconds ?? 600)
  return fault?.type === "skew" ? (fault.seconds ?? 600) : 0
}
