/**
 * What one attempt that failed means: which error it becomes, whether the runtime may have acted, and whether it is
 * of a kind that passes. The retry decision and the error that the caller sees are both made from this.
 */
import type { CallFields, OperationError, Outcome, RuntimeError } from "../errors/Errors.ts"
import * as Errors from "../errors/Errors.ts"
import type { WireFailure, WireResponse } from "../transport/port.ts"
import type { Redact } from "./redact.ts"
import { redactCause } from "./redactCause.ts"
import { sourceFailed } from "../transport/streaming.ts"
import { retryAfter } from "./retryAfter.ts"
import { readErrorBody } from "./errorBody.ts"

/** A failed attempt. */
export interface Failure {
  readonly outcome: Outcome
  /** Whether another attempt may succeed. */
  readonly transient: boolean
  /** Milliseconds that the runtime asks to wait. */
  readonly retryAfter: number | undefined
  readonly status: number | undefined
  readonly requestId: string | undefined
  /** Builds the error, once it is known how the whole call went. */
  readonly toError: (call: CallFields) => RuntimeError
}

/** What the classification has to know of the operation. */
export interface Subject {
  /** Whether the operation only reads: then nothing can have been applied. */
  readonly reads: boolean
  readonly errors: ReadonlyArray<OperationError>
  /** Takes secrets out of a text that the runtime sent. All that comes from an answer goes through it. */
  readonly redact: Redact
}

/** No whole answer came. */
export const fromWire = (subject: Subject, failure: WireFailure): Failure => {
  const code = failure.code === undefined ? undefined : subject.redact(failure.code)
  // What was to be uploaded is the program's own, and so is its error.
  const cause = code === sourceFailed ? failure.cause : redactCause(failure.cause, subject.redact)
  // A wrong certificate or a name that does not exist stays wrong; EAI_AGAIN says itself that it may pass.
  const transient =
    code === undefined ||
    !/^(UPLOAD_SOURCE|NO_STREAM|ENOTFOUND|UND_ERR_INVALID_ARG|CERT_|ERR_TLS_CERT|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED)/.test(
      code
    )
  return {
    outcome: failure.sent === "no" ? "not-sent" : subject.reads ? "rejected" : "maybe-applied",
    transient,
    retryAfter: undefined,
    status: undefined,
    requestId: undefined,
    toError: (call) =>
      new Errors.ConnectionError({
        ...call,
        code,
        isRetryable: transient,
        cause,
        message: text(call, wireText({ ...failure, code }))
      })
  }
}

const wireText = (failure: Pick<WireFailure, "code" | "phase" | "sent">): string => {
  const code = failure.code === undefined ? "" : ` (${failure.code})`
  if (failure.phase === "response") return `the answer broke off before its end${code}.`
  switch (failure.code) {
    case "ECONNREFUSED":
      return `nothing listens at the runtime's address${code}. Check baseUrl, and that the runtime is up.`
    case "ENOTFOUND":
      return `the runtime's host name does not exist${code}. Check baseUrl.`
    case sourceFailed:
      return "what was to be uploaded could not be read. Check the path, or the stream; its own error is the cause."
    case "NO_STREAM":
      return "this transport cannot move files: give it a `stream` beside `execute`."
    case "EAI_AGAIN":
      return `the name server did not answer${code}.`
    default:
      return failure.sent === "no"
        ? `no connection to the runtime could be made${code}. Check baseUrl, network and certificate.`
        : `the connection was lost before an answer came${code}.`
  }
}

/** An attempt, or the whole call, ran out of time. */
export const fromTimeout = (
  subject: Subject,
  scope: "attempt" | "deadline",
  timeoutMillis: number,
  sent: boolean
): Failure => ({
  outcome: !sent ? "not-sent" : subject.reads ? "rejected" : "maybe-applied",
  transient: scope === "attempt",
  retryAfter: undefined,
  status: undefined,
  requestId: undefined,
  toError: (call) =>
    new Errors.TimeoutError({
      ...call,
      scope,
      timeoutMillis,
      message: text(
        call,
        scope === "deadline"
          ? `not done within ${timeoutMillis} ms (the call's deadline).`
          : sent
            ? `no whole answer within ${timeoutMillis} ms (the attempt's timeout).`
            : `not sent within ${timeoutMillis} ms (the attempt's timeout): the function that supplies the API key gave none.`
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

/** The runtime answered something that the contract does not allow. */
export const fromUnexpected = (subject: Subject, response: WireResponse, description: string): Failure => {
  // It may name keys of the answer, or its type.
  const issue = subject.redact(description)
  return {
    outcome: subject.reads ? "rejected" : "maybe-applied",
    transient: false,
    retryAfter: undefined,
    status: response.status,
    requestId: requestIdOf(response, subject),
    toError: (call) =>
      new Errors.UnexpectedResponse({
        ...call,
        issue,
        contentType: plain(response.header("content-type"), 100, subject.redact),
        message: text(call, issue)
      })
  }
}

/** An answer with a status that is not a success. `now` is epoch milliseconds. */
export const fromStatus = (subject: Subject, response: WireResponse, now: number): Failure => {
  const { status } = response
  const body = readErrorBody(response.body, subject.redact)
  const said =
    body.messages.length === 0 ? "" : ` The runtime says: ${sentence(body.messages.join("; ").slice(0, 2000))}`
  const wait = retryAfter(response.header("retry-after"), now)
  const seconds = wait === undefined ? undefined : wait / 1000
  const override = response.header("x-should-retry")
  const passes = (transient: boolean): boolean => override === "true" || (override !== "false" && transient)
  const failure = <F extends object>(
    [transient, outcome]: readonly [transient: boolean, outcome: Outcome],
    Type: new (init: Errors.Init<F>) => RuntimeError,
    fields: F,
    what: string
  ): Failure => ({
    outcome: subject.reads ? "rejected" : outcome,
    transient: passes(transient),
    retryAfter: wait,
    status,
    requestId: requestIdOf(response, subject),
    toError: (call) => new Type({ ...call, ...fields, details: body.details, message: text(call, what) })
  })
  const refused = [false, "rejected"] as const

  if (status === 401) {
    return failure(
      refused,
      Errors.AuthError,
      { kind: "unauthenticated" },
      `the runtime does not accept the API key (401).${said} Check AYWA_RUNTIME_API_KEY: it may be mistyped, revoked, or a key of another runtime.`
    )
  }
  if (status === 402 || status === 403) {
    return failure(
      refused,
      Errors.AuthError,
      { kind: "forbidden" },
      `the API key may not do this (${status}).${said} Check that the key belongs to the organization in AYWA_RUNTIME_ORGANIZATION_ID, and what it may do.`
    )
  }
  if ((status === 404 || status === 410) && subject.errors.includes("NotFound")) {
    return failure(refused, Errors.NotFound, {}, `no such row in this organization (${status}).${said}`)
  }
  if ((status === 409 || status === 412) && subject.errors.includes("ConflictError")) {
    const code = body.code ?? (status === 412 ? "precondition_failed" : "conflict")
    return failure(
      code === "idempotency_key_in_use" ? [true, "maybe-applied"] : refused,
      Errors.ConflictError,
      { code },
      `conflict ${code} (${status}).${said}${conflictHint(code)}`
    )
  }
  if (status === 400 || status === 413 || status === 415 || status === 422) {
    const { code } = body
    return failure(
      refused,
      Errors.InvalidRequest,
      { code, issues: body.messages.map((message) => ({ path: [], message })) },
      `the runtime refuses the request (${status}${code === undefined ? "" : ` ${code}`}).${said}${conflictHint(code)}`
    )
  }
  if (status === 429) {
    // A limiter acts before the handler. With another machine code it is not the limiter that speaks.
    const limiter = body.code === undefined || body.code === "rate_limited"
    return failure(
      [true, limiter ? "rejected" : "maybe-applied"],
      Errors.RateLimited,
      { retryAfter: seconds },
      `too many requests (429)${seconds === undefined ? "" : `; it asks to wait ${seconds} s`}.${said}`
    )
  }
  if (status >= 500 || status === 408 || status === 425) {
    const transient = status !== 501 && status !== 505
    return failure(
      [transient, "maybe-applied"],
      Errors.ServerError,
      { retryAfter: seconds, isRetryable: passes(transient) },
      `the runtime failed (${status}).${said}`
    )
  }
  if (status >= 300 && status < 400) {
    return fromUnexpected(
      subject,
      response,
      `a redirect (${status}), which is never followed: it could carry the key elsewhere. Point baseUrl at the runtime itself (often: https instead of http).`
    )
  }
  return {
    ...fromUnexpected(subject, response, `status ${status}, which this operation never has.${said}${hint(status)}`),
    outcome: subject.reads || (status >= 400 && status < 500) ? "rejected" : "maybe-applied"
  }
}

const hint = (status: number): string =>
  status === 404 || status === 405 ? " Does baseUrl have the right path? This route should exist." : ""

const conflictHint = (code: string | undefined): string => {
  switch (code) {
    case "idempotency_key_in_use":
      return " An earlier attempt with this key is still running: wait, then repeat with the same key."
    case "idempotency_key_reused":
      return " This key was used for another request: take a new key for a new request."
    case "assistant_pinned":
    case "tool_pinned":
      return " Remove what refers to it first."
    default:
      return ""
  }
}

/** A header's value as far as it may be shown. */
const plain = (value: string | undefined, max: number, redact: Redact): string | undefined =>
  value === undefined
    ? undefined
    : redact(value)
        .replace(/[^\x20-\x7e]/g, "?")
        .slice(0, max)

export const requestIdOf = (
  response: Pick<WireResponse, "header">,
  secrets: { readonly redact: Redact }
): string | undefined => plain(response.header("x-request-id"), 200, (value) => secrets.redact(value))

const afterwards = Symbol("afterwards")

/** Added to the fields of a call whose body cannot be sent again: its message says so. */
export const sentOnce = {
  [afterwards]:
    " The content came from a stream, which can be read only once, so it was not sent again: give a path, a Blob, bytes, or a function that opens the stream, and uploads are repeated."
}

/** Ends a text as a sentence, so that another can follow. */
const sentence = (text: string): string => (/[.!?…]["')\]]?$/.test(text) ? text : `${text}.`)

/** The sentence that every message opens with, and what follows from the outcome. */
export const text = (call: CallFields, what: string): string => {
  const facts = [
    `${call.method} ${call.path}`,
    ...(call.requestId === undefined ? [] : [`request ${call.requestId}`]),
    `${call.attempts} attempt${call.attempts === 1 ? "" : "s"}`
  ]
  const next =
    call.outcome !== "maybe-applied"
      ? ""
      : call.idempotencyKey === undefined
        ? " It may have taken effect: read before you repeat it."
        : ` It may have taken effect: repeat it with idempotencyKey ${JSON.stringify(call.idempotencyKey)}, which cannot apply it twice.`
  const last: unknown = Reflect.get(call, afterwards)
  return `${call.operation}: ${sentence(what)}${next}${typeof last === "string" ? last : ""} [${facts.join(", ")}]`
}
