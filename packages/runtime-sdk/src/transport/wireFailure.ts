/**
 * Reads from an error of the platform whether the request can have left this process.
 */
import type { WireFailure, WireHead } from "./port.ts"

// The connection was never made, so nothing was sent. Everything else (resets above all) is unknown.
const unsent = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EAI_FAIL",
  "EAI_NODATA",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "EACCES",
  "EPERM",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_INVALID_ARG",
  "ConnectionRefused",
  "FailedToOpenSocket"
])
const tls = /^(CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH)/

/** The innermost code of an error and its causes. Bounded: a cause may point back. */
export const codeOf = (error: unknown): string | undefined => {
  let code: string | undefined
  let current = error
  for (let depth = 0; depth < 5 && typeof current === "object" && current !== null; depth++) {
    if ("code" in current && typeof current.code === "string") code = current.code
    // Happy eyeballs: every address failed; the first error speaks for them.
    if ("errors" in current && Array.isArray(current.errors) && current.errors.length > 0) current = current.errors[0]
    else current = "cause" in current ? current.cause : undefined
  }
  return code
}

/** `head` is that of the answer, if it had begun. */
export const connectionFailure = (cause: unknown, head?: WireHead): ConstructorParameters<typeof WireFailure>[0] => {
  const code = codeOf(cause)
  return {
    sent: code !== undefined && (unsent.has(code) || tls.test(code)) ? "no" : "unknown",
    phase: head === undefined ? "connection" : "response",
    code,
    cause,
    head
  }
}
