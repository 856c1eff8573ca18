/**
 * What it means that no whole answer came: the connection failed, or time was up.
 */
import * as Errors from "../errors/Errors.ts"
import type { WireFailure, WireHead } from "../transport/port.ts"
import { sourceFailed } from "../transport/streaming.ts"
import { badPort, notHttp, portOf, proxyRefused, certificateCodes } from "../transport/wireFailure.ts"
import { type Fields, issueText, text } from "./message.ts"
import type { Failure, Subject } from "./outcome.ts"
import { redactCause } from "./redactCause.ts"

/** An attempt, or the whole call, ran out of time. */
export interface TimedOut {
  readonly _tag: "TimedOut"
  readonly scope: "attempt" | "deadline"
  /** How far the request had come: kept until its key is there, waiting for a connection, for its turn, or sent, as far as anybody knows. */
  readonly stage: "held" | "queued" | "waiting" | "sent"
  /** The head of the answer, if it had come. */
  readonly head: WireHead | undefined
}

const overflow = "(UND_ERR_HEADERS|HPE_HEADER)_OVERFLOW"
const noHttp1 = "ERR_SSL_\\w*NO_APPLICATION_PROTOCOL"

// A certificate that is wrong stays wrong, and so does a name. What is not here may pass: EAI_AGAIN says so itself.
const lastingCodes = new RegExp(
  `^(${sourceFailed}|NO_STREAM|ENOTFOUND|UND_ERR_INVALID_ARG|ERR_SSL_WRONG_VERSION_NUMBER|${proxyRefused}|${badPort}|${overflow}|${certificateCodes}|${noHttp1})`
)

/** What to say of a code, which itself stands in brackets: the first that fits. */
const messages: ReadonlyArray<readonly [RegExp, (code: string) => string]> = [
  [
    new RegExp(`^${badPort}$`),
    () =>
      'the platform\'s fetch sends nothing to this port. Leave out transport: "fetch", or give the runtime another port.'
  ],
  [
    new RegExp(`^${overflow}`),
    (code) =>
      `the answer has more headers than are taken${code}. Look at what the proxy in between adds, or start Node with --max-http-header-size.`
  ],
  [
    new RegExp(noHttp1),
    (code) =>
      `the runtime speaks another protocol than HTTP/1.1 there${code}. Let it, or the proxy before it, offer http/1.1.`
  ],
  [
    new RegExp(`^${sourceFailed}$`),
    () => "what was to be uploaded could not be read. Check the path, or the stream; its own error is the cause."
  ],
  [/^NO_STREAM$/, () => "this transport cannot move files: give it a `stream` beside `execute`."],
  [
    /^ECONNREFUSED$/,
    (code) => `nothing listens at the runtime's address${code}. Check baseUrl, and that the runtime is up.`
  ],
  [/^ENOTFOUND$/, (code) => `the runtime's host name does not exist${code}. Check baseUrl.`],
  [/^EAI_AGAIN$/, (code) => `the name server did not answer${code}.`],
  [
    /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNKNOWN_PROTOCOL|UNSUPPORTED_PROTOCOL)$/,
    (code) =>
      `this port does not speak TLS${code}; most likely it speaks plain HTTP. Let baseUrl begin with http://, or give the port that speaks TLS.`
  ],
  [
    new RegExp(`^${notHttp}$`),
    (code) =>
      `what answers there does not speak HTTP${code}. Check host and port of baseUrl; a port that speaks TLS needs https://.`
  ],
  [
    new RegExp(`^${proxyRefused}$`),
    (code) =>
      `the proxy does not let this request through${code}; its words are the cause. Give it what it asks for (name and password in HTTPS_PROXY), or name the runtime's host in NO_PROXY.`
  ],
  [
    /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/,
    (code) => `the runtime's certificate is not valid at this time${code}. Renew it, or set the clock of this machine.`
  ],
  [
    /^(ERR_TLS_CERT_ALTNAME|HOSTNAME_MISMATCH)/,
    (code) =>
      `the runtime's certificate is for another host name${code}. Give baseUrl the name that the certificate has.`
  ],
  [
    new RegExp(`^(${certificateCodes})`),
    (code) =>
      `the runtime's certificate is not trusted here${code}. Set NODE_EXTRA_CA_CERTS to the file of the certificate that signed it (its own, if it is self-signed), before the program starts.`
  ]
]

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
      code === sourceFailed && sent === "no"
        ? missingFile(call, failure.cause)
        : new Errors.ConnectionError({
            isRetryable: transient,
            ...call,
            code,
            cause,
            message: text(call, messageOf({ ...failure, code }, subject.origin))
          })
  }
}

/** What was to be uploaded could not even be opened: the program named something that is not there. */
const missingFile = (call: Fields, cause: unknown): Errors.InvalidRequest => {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined
  const what = cause instanceof TypeError ? cause.message : "It cannot be read"
  const message = `${what}${typeof code === "string" ? ` (${code}). Check the path` : ""}`
  const issue = { path: ["file"], message }
  return new Errors.InvalidRequest({
    ...call,
    issues: [issue],
    cause,
    message: text(call, `the request is wrong, and was not sent. ${issueText(issue)}`)
  })
}

const messageOf = ({ code, phase, sent, cause }: WireFailure, origin: string): string => {
  const suffix = code === undefined ? "" : ` (${code})`
  if (phase === "response") return `the answer broke off before its end${suffix}.`
  const port = code === "ECONNREFUSED" ? portOf(cause) : undefined
  if (port !== undefined && port !== portIn(origin)) {
    return `nothing listens at port ${port}${suffix}, which is not the runtime's: it must be a proxy's. Start the proxy, correct HTTP_PROXY and HTTPS_PROXY, or name the runtime's host in NO_PROXY.`
  }
  const message = messages.find(([pattern]) => pattern.test(code ?? ""))?.[1]
  if (message !== undefined) return message(suffix)
  return sent === "no"
    ? `no connection to the runtime could be made${suffix}. Check baseUrl, network and certificate.`
    : `the connection was lost before an answer came${suffix}.`
}

const portIn = (origin: string): number => {
  const { port, protocol } = new URL(origin)
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port)
}

const late = {
  held: ["not sent", ": the function that supplies the API key gave none"],
  queued: ["not sent", ": no connection was free or could be made. Allow more connections, or fewer calls at a time"],
  waiting: ["not sent", ""],
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
          ? `not done within ${millis} ms (the call's deadline)${late[stage][1]}.`
          : `${late[stage][0]} within ${millis} ms (the attempt's timeout${millis < 500 ? ", in milliseconds" : ""})${late[stage][1]}.`
      )
    })
})

/** The breaker let no attempt through. */
export const circuitOpen = (fields: Fields, retryAfterMillis: number | undefined): Errors.CircuitOpen =>
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
