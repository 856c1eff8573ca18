/**
 * One attempt of a job: written down, checked, signed, sent, written down.
 */
import { OutboundPolicy, isOutboundRefused } from "@aywa-ai/runtime-sdk/outbound"
import { generateWebhookSecret, signAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
import type { Fault, FaultRules } from "../faults/rules.ts"
import type { Store } from "../store/Store.ts"
import { isObject } from "../json/object.ts"
import type { Job, Jobs } from "./jobs.ts"
import type { Failure } from "./schedule.ts"
import type { Secrets } from "./secrets.ts"
import { serverHeaders } from "./headers.ts"
import { exchangeWith, type WireResult } from "./wire.ts"

/** What came of an attempt. */
export type AttemptOutcome =
  /** The process stops: nothing may be written any more. */
  | { readonly type: "stopped" }
  | {
      readonly type: "succeeded"
      readonly status: number
      readonly body: Buffer
      readonly contentType: string
      readonly ms: number
    }
  | {
      readonly type: "failed"
      readonly failure: Failure
      /** In words, for the log. */
      readonly error: string
      /** Another attempt would end the same way. */
      readonly permanent: boolean
      /** Whether no connection came about. */
      readonly refused: boolean
      readonly ms: number
    }

/** What attempts work with. */
export interface AttemptContext {
  readonly store: Store
  readonly jobs: Jobs
  readonly secrets: Secrets
  readonly faults: FaultRules
  readonly policy: OutboundPolicy.OutboundPolicyOptions
  /** The time that signatures are stamped with. */
  readonly signTime: () => number
  /** Told after each attempt. */
  readonly delivered: Set<() => void>
  readonly isStopped: (begun: number) => boolean
  readonly wake: () => void
}

/** How to make an attempt. */
export interface AttemptOptions {
  /** Milliseconds for all of it. */
  readonly timeout: number
  /** The generation of the outbox in which it began. */
  readonly begun: number
  readonly signal: AbortSignal
}

/** Bytes of an answer that the log keeps. */
const kept = 20_000

/** Bytes of an answer that are read where the answer is used. */
const readable = 1_048_576

/** Makes the function that makes attempts. */
export const makeAttempt = (context: AttemptContext) => {
  const { store, jobs, wake } = context
  const bodyOf = (eventId: string) =>
    store.get<{ body: string }>("SELECT body FROM webhook_events WHERE id = ?", eventId)?.body ?? "{}"

  const once = async (job: Job, options: AttemptOptions, fault: Fault | undefined): Promise<AttemptOutcome> => {
    const begin = performance.now()
    const redelivered = jobs.mayHaveArrived(job)
    const number = store.transaction(() => jobs.begin(job.id, fault?.action.type))
    await hold(job, fault, options.signal)
    if (context.isStopped(options.begun)) return { type: "stopped" }
    const left = Math.max(1, options.timeout - (fault === undefined ? performance.now() - begin : 0))
    const result = await send(job, number, redelivered, { ...options, timeout: left }, fault)
    if (result === undefined || context.isStopped(options.begun)) return { type: "stopped" }
    const ms = Math.round((performance.now() - begin) * 10) / 10
    const outcome = outcomeOf(result, job, ms)
    store.transaction(() => {
      jobs.end(job.id, number, {
        state: result.type === "answer" ? "answered" : "failed",
        ms,
        error: outcome.type === "failed" ? outcome.error : undefined,
        mayHaveArrived: result.type === "answer" || (result.type === "failure" && result.sent),
        ...(result.type === "answer"
          ? {
              status: result.status,
              responseHeaders: JSON.stringify(result.headers),
              responseBody: result.body.subarray(0, kept).toString()
            }
          : {})
      })
    })
    for (const done of context.delivered) done()
    return outcome
  }

  /** The request itself; `undefined` when the runtime stopped in the middle. */
  const send = async (
    job: Job,
    number: number,
    redelivered: boolean,
    options: AttemptOptions,
    fault: Fault | undefined
  ): Promise<WireResult | Refused | undefined> => {
    let target: OutboundPolicy.CheckedTarget
    try {
      target = await OutboundPolicy.check(job.url, { ...context.policy, timeout: Math.min(5000, options.timeout) })
    } catch (error) {
      if (isOutboundRefused(error))
        return { type: "refused", error: error.message, permanent: error.reason._tag !== "Unresolved" }
      throw error
    }
    if (context.isStopped(options.begun)) return undefined
    const body = bodyOf(job.eventId)
    const { headers, masked } = serverHeaders(store, job)
    const own = {
      "content-type": "application/json",
      "user-agent": "aywa-runtime-local",
      ...sign(job.signedId, body, fault),
      "x-aywa-attempt": String(number),
      ...(redelivered ? { "x-aywa-redelivered": "true" } : {})
    }
    jobs.headers(job.id, number, JSON.stringify({ ...masked, ...own }))
    if (fault?.action.type === "drop")
      return { type: "failure", kind: "connection", code: "DROPPED", sent: false, ms: 0 }
    return exchangeWith(target, {
      method: "POST",
      headers: { ...headers, ...own },
      body,
      timeout: options.timeout,
      keep: job.reply === 1 ? readable : kept,
      signal: options.signal
    })
  }

  /** With every active secret: a receiver in the middle of a rotation knows one of them. */
  const sign = (id: string, body: string, fault: Fault | undefined) => {
    const action = fault?.action
    const skew =
      action?.type === "old-timestamp"
        ? -(action.seconds ?? 600)
        : action?.type === "skew"
          ? (action.seconds ?? 600)
          : 0
    return signAywaRuntimeWebhook({
      id,
      body,
      secret: action?.type === "bad-signature" ? generateWebhookSecret() : context.secrets.active(),
      timestamp: new Date(context.signTime() + skew * 1000)
    })
  }

  /** Waits that a fault asks for, in real time. */
  const hold = async (job: Job, fault: Fault | undefined, signal: AbortSignal) => {
    const action = fault?.action
    if (action?.type === "delay") await pause(action.ms, signal)
    if (action?.type !== "reorder") return
    store.transaction(() => jobs.unorder(job.id))
    wake()
    await pause(action.ms ?? 500, signal, context.delivered)
  }

  return async (job: Job, options: AttemptOptions): Promise<AttemptOutcome> => {
    const fault = context.faults.take({
      method: "POST",
      path: URL.parse(job.url)?.pathname ?? job.url,
      key: job.signedId,
      attempt: job.attempts + 1,
      body: context.faults.needBody() ? JSON.parse(bodyOf(job.eventId)) : undefined,
      event: job.type
    })
    const first = await once(job, options, fault)
    if (fault?.action.type !== "duplicate" || first.type === "stopped") return first
    const second = await once(job, options, fault)
    return first.type === "succeeded" || second.type === "stopped" ? first : second
  }
}

interface Refused {
  readonly type: "refused"
  readonly error: string
  readonly permanent: boolean
}

const outcomeOf = (
  result: WireResult | Refused,
  job: Job,
  ms: number
): AttemptOutcome & { readonly type: "succeeded" | "failed" } => {
  if (result.type === "refused") {
    const failure = { kind: "connection", status: undefined, retryAfter: undefined } as const
    return { type: "failed", failure, error: result.error, permanent: result.permanent, refused: false, ms }
  }
  if (result.type === "failure") {
    const failure = { kind: result.kind, status: undefined, retryAfter: undefined }
    const error = result.kind === "timeout" ? "No answer in time" : `The connection failed (${result.code})`
    const refused = !result.sent && result.kind === "connection" && result.code !== "DROPPED"
    return { type: "failed", failure, error, permanent: false, refused, ms }
  }
  const { status, headers, body, complete } = result
  const ok = status >= 200 && status < 300
  // Any 2xx acknowledges a notice; where the answer is used, it must be there.
  if (ok && (job.reply === 0 || complete)) {
    return { type: "succeeded", status, body, contentType: headers["content-type"] ?? "", ms }
  }
  const failure = { kind: "status", status, retryAfter: headers["retry-after"] } as const
  const error = ok
    ? "The answer broke off"
    : status >= 300 && status < 400
      ? `Answered ${status}: redirects are not followed`
      : `Answered ${status}`
  return { type: "failed", failure, error, permanent: false, refused: false, ms }
}

/** Waits in real time, up to the end of the runtime, or of the next attempt where `until` is given. */
export const pause = (milliseconds: number, signal: AbortSignal, until?: Set<() => void>): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener("abort", done)
      until?.delete(done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    signal.addEventListener("abort", done)
    until?.add(done)
    if (signal.aborted) done()
  })

/** The JSON of an answer, or `undefined`. */
export const jsonOf = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}

/** The answer as an object; anything else is an empty one. */
export const replyOf = (outcome: AttemptOutcome | undefined) => {
  const reply = outcome?.type === "succeeded" ? jsonOf(outcome.body) : undefined
  return isObject(reply) ? reply : undefined
}
