/**
 * What comes of an attempt: success, failure, or the end of the runtime in the middle of it.
 */
import { isObject, type JsonObject } from "../json/object.ts"
import { failureWords } from "./failureWords.ts"
import type { Job } from "./jobs.ts"
import type { RequestResult } from "./request.ts"
import type { Failure } from "./schedule.ts"

/** An attempt that was acknowledged. */
export interface Success {
  readonly type: "succeeded"
  readonly status: number
  readonly body: Buffer
  readonly contentType: string
  readonly ms: number
}

/** An attempt that was not. */
export interface FailedAttempt {
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

/** The runtime stops: nothing may be written any more. */
export interface StoppedAttempt {
  readonly type: "stopped"
}

/** What came of an attempt. */
export type AttemptOutcome = Success | FailedAttempt | StoppedAttempt

/** The outbound policy does not let the request out. */
export interface Refusal {
  readonly type: "refused"
  readonly error: string
  readonly permanent: boolean
}

/** Reads a result as an outcome of a job. */
export const outcomeOf = (result: RequestResult | Refusal, job: Job, ms: number): Success | FailedAttempt => {
  if (result.type === "refused") {
    const failure = { kind: "connection", status: undefined, retryAfter: undefined } as const
    return { type: "failed", failure, error: result.error, permanent: result.permanent, refused: false, ms }
  }
  if (result.type === "failure") {
    const failure = { kind: result.kind, status: undefined, retryAfter: undefined }
    const error = failureWords(result, job.url)
    const refused = !result.sent && result.kind === "connection" && result.code !== "DROPPED"
    return { type: "failed", failure, error, permanent: false, refused, ms }
  }
  const { status, headers, body, complete } = result
  const ok = status >= 200 && status < 300
  // Any 2xx acknowledges a notice; where the answer is used, all of it must be there.
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

/** The JSON of an answer, or `undefined`. */
export const jsonOf = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}

/** The answer as an object, or `undefined`. */
export const replyOf = (outcome: AttemptOutcome): JsonObject | undefined => {
  const reply = outcome.type === "succeeded" ? jsonOf(outcome.body) : undefined
  return isObject(reply) ? reply : undefined
}
