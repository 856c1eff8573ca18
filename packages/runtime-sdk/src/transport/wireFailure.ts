/**
 * Reads from an error of the platform whether the request can have left this process.
 */
import type { WireFailure, WireHead } from "./port.ts"

/** The code of a WireFailure whose answer came whole, and is not what its `content-encoding` says. */
export const badCoding = "BAD_CODING"

/** What an error and its causes say of themselves. */
interface Facts {
  /** The innermost code. */
  readonly code: string | undefined
  /** What the system was asked for when it failed; beside the innermost code. */
  readonly syscall: string | undefined
  /** The innermost message. */
  readonly message: string
  /** The port that could not be connected to. */
  readonly port: number | undefined
}

/** A proxy answered, and lets nothing through. */
export const proxyRefused = "PROXY_REFUSED"

/** What came back is no answer of HTTP. */
export const notHttp = "NOT_HTTP"

/** `fetch` sends nothing to some ports, whoever listens there. */
export const badPort = "BAD_PORT"

// System calls that come before a connection is there. Everything else (a read or a write above all) comes after it.
const connectSyscall = /^(connect|bind|getaddrinfo|query)/

// Codes of a connection that was never made, wherever no system call is named. EHOSTUNREACH and its like are not among
// them: they also end a connection that was there.
const neverMade =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|UND_ERR_INVALID_ARG|FailedToOpenSocket|PROXY_REFUSED|BAD_PORT)$/

/** How the codes of a certificate begin that is not trusted. */
export const certificateCodes = "CERT_|ERR_TLS_CERT|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH"

// The two sides did not agree on TLS; other codes of it can come in the middle of an answer.
const handshake = new RegExp(
  `^(${certificateCodes}|ERR_SSL_\\w*(WRONG_VERSION|HANDSHAKE_FAIL|PROTOCOL|UNRECOGNIZED_NAME|NO_APPLICATION_PROTOCOL))`
)

// Node's words for a handshake that was cut, and Deno's for all that precedes a request: neither has a code for it.
const words = /before secure TLS connection was established|client error \(Connect\)/

/** What platforms call by names of their own, or describe; a message is looked at where there is no code of the system. */
const codes: ReadonlyArray<readonly [RegExp, string]> = [
  [/^ConnectionRefused$|\(Connect\).*refused/, "ECONNREFUSED"],
  [/\(Connect\): dns.*Temporary/, "EAI_AGAIN"],
  [/\(Connect\): dns/, "ENOTFOUND"],
  [/^HPE_INVALID_(CONSTANT|VERSION)|does not match the HTTP|invalid HTTP version/, notHttp],
  [/^bad port$/, badPort],
  [/^Proxy response \(|^Proxy Authentication Required/, proxyRefused]
]

/** Bounded: a cause may point back. */
const factsOf = (error: unknown): Facts => {
  let code: string | undefined
  let syscall: string | undefined
  let message = ""
  let port: number | undefined
  let current = error
  for (let depth = 0; depth < 5 && typeof current === "object" && current !== null; depth++) {
    if ("code" in current && typeof current.code === "string") {
      code = current.code
      syscall = "syscall" in current && typeof current.syscall === "string" ? current.syscall : undefined
    }
    if ("port" in current && typeof current.port === "number") ({ port } = current)
    if ("message" in current && typeof current.message === "string") ({ message } = current)
    // Happy eyeballs: every address failed; the first error speaks for them.
    if ("errors" in current && Array.isArray(current.errors) && current.errors.length > 0) current = current.errors[0]
    else current = "cause" in current ? current.cause : undefined
  }
  // undici's own codes say less than its words.
  const words = code === undefined || code.startsWith("UND_ERR") ? message : code
  return { code: codes.find(([pattern]) => pattern.test(words))?.[1] ?? code, syscall, message, port }
}

/** The port that could not be connected to, where the system tells. */
export const portOf = (error: unknown): number | undefined => factsOf(error).port

const neverLeft = ({ code, syscall, message }: Facts): boolean =>
  syscall !== undefined
    ? connectSyscall.test(syscall)
    : (code !== undefined && (neverMade.test(code) || handshake.test(code))) || words.test(message)

// What Node's zlib says of content that is not what its coding says: then the answer came, and is wrong.
const coding = /^(Z_|ERR__ERROR_FORMAT|ERR__ERROR_DICT|ERR_BROTLI|ZSTD_)/

/** `head` is the head of the answer, if it had begun. */
export const connectionFailure = (cause: unknown, head?: WireHead): ConstructorParameters<typeof WireFailure>[0] => {
  const facts = factsOf(cause)
  if (head !== undefined && coding.test(facts.code ?? "")) {
    return { sent: "unknown", phase: "response", code: badCoding, cause, head }
  }
  return {
    sent: head === undefined && neverLeft(facts) ? "no" : "unknown",
    phase: head === undefined ? "connection" : "response",
    code: facts.code,
    cause,
    head
  }
}
