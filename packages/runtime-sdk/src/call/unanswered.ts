/**
 * What it means that no whole answer came: the connection failed, or time was up.
 */
import type { CallFields } from "../errors/Errors.ts"
import * as Errors from "../errors/Errors.ts"
import type { WireFailure, WireHead } from "../transport/port.ts"
import { sourceFailed } from "../transport/streaming.ts"
import { certificateCodes } from "../transport/wireFailure.ts"
import { text } from "./message.ts"
import type { Failure, Subject } from "./outcome.ts"
import { redactCause } from "./redactCause.ts"

/** An attempt, or the whole call, ran out of time. */
export interface TimedOut {
  readonly _tag: "TimedOut"
  readonly scope: "attempt" | "deadline"
  /** How far the request had come: kept here, waiting for a connection, or sent, as far as anybody knows. */
  readonly stage: "held" | "queued" | "sent"
  /** The head of the answer, if it had come. */
  readonly head: WireHead | undefined
}

// A certificate that is wrong stays wrong, and so does a name. What is not here may pass: EAI_AGAIN says so itself.
const lastingCodes = new RegExp(`^(${sourceFailed}|NO_STREAM|ENOTFOUND|UND_ERR_INVALID_ARG|${certificateCodes})`)

/** What to say of a code, which itself stands in brackets. */
const messages = new Map<string, (code: string) => string>([
  [
    sourceFailed,
    () => "what was to be uploaded could not be read. Check the path, or the stream; its own error is the cause."
  ],
  ["NO_STREAM", () => "this transport cannot move files: give it a `stream` beside `execute`."],
  [
    "ECONNREFUSED",
    (code) => `nothing listens at the runtime's address${code}. Check baseUrl, and that the runtime is up.`
  ],
  ["ENOTFOUND", (code) => `the runtime's host name does not exist${code}. Check baseUrl.`],
  ["EAI_AGAIN", (code) => `the name server did not answer${code}.`]
])

/** No whole answer came. */
export const fromWire = (subject: Subject, failure: WireFailure): Failure => {
  const { head, sent } = failure
  const code = failure.code === undefined ? undefined : subject.redact(failure.code)
  // What was to be uploaded is the program's own, and so is its error.
  const cause = code === sourceFailed ? failure.cause : redactCause(failure.cause, subject.redact)
  const transient = !lastingCodes.test(code ?? "")
  return {
    outcome: sent === "no" ? "not-sent" : subject.reads ? "rejected" : "maybe-applied",
    transient,
    head,
    toError: (call) =>
      new Errors.ConnectionError({
        ...call,
        code,
        isRetryable: transient,
        cause,
        message: text(call, messageOf({ ...failure, code }))
      })
  }
}

const messageOf = ({ code, phase, sent }: Pick<WireFailure, "code" | "phase" | "sent">): string => {
  const suffix = code === undefined ? "" : ` (${code})`
  if (phase === "response") return `the answer broke off before its end${suffix}.`
  const message = messages.get(code ?? "")
  if (message !== undefined) return message(suffix)
  return sent === "no"
    ? `no connection to the runtime could be made${suffix}. Check baseUrl, network and certificate.`
    : `the connection was lost before an answer came${suffix}.`
}

const late = {
  held: ["not sent", ": the function that supplies the API key gave none"],
  queued: ["not sent", ": no connection was free or could be made. Allow more connections, or fewer calls at a time"],
  sent: ["no whole answer", ""]
} as const

/** Time was up: `allowed` milliseconds. */
export const fromTimeout = (subject: Subject, { scope, stage, head }: TimedOut, millis: number): Failure => ({
  outcome: stage !== "sent" ? "not-sent" : subject.reads ? "rejected" : "maybe-applied",
  transient: scope === "attempt",
  head,
  toError: (call) =>
    new Errors.TimeoutError({
      ...call,
      scope,
      timeoutMillis: millis,
      message: text(
        call,
        scope === "deadline"
          ? `not done within ${millis} ms (the call's deadline).`
          : `${late[stage][0]} within ${millis} ms (the attempt's timeout)${late[stage][1]}.`
      )
    })
})

/** The breaker let no attempt through. */
export const circuitOpen = (fields: CallFields, retryAfterMillis: number | undefined): Errors.CircuitOpen =>
  new Errors.CircuitOpen({
    ...fields,
    retryAfterMillis,
    message: text(
      fields,
      `not sent: the circuit breaker is open after repeated failures${
        retryAfterMillis === undefined ? "" : `; it tries again in ${Math.ceil(retryAfterMillis)} ms`
      }.`
    )
  })
