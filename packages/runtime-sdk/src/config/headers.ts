/**
 * Headers that a program adds to its calls: which it may give, and what may stand in them.
 */
import * as Redacted from "effect/Redacted"
import type { Secret } from "../contract/Operation.ts"
import type { Issue } from "../errors/Errors.ts"

/** Headers by name; a value that is a secret may be wrapped, so that it cannot be printed on its way here. */
export type ExtraHeaders = Readonly<Record<string, Secret | undefined>>

const fault = (path: string, message: string): Issue => ({ path: [path], message })

// Set by the SDK on every call; another value of one of these would change who asks, or what is asked.
const reserved = new Set([
  "authorization",
  "x-api-key",
  "x-organization-id",
  "idempotency-key",
  "x-aywa-attempt",
  "host",
  "connection",
  "content-length",
  "content-type",
  "transfer-encoding",
  "accept",
  "accept-encoding",
  "expect",
  "upgrade",
  "te",
  "trailer",
  "keep-alive",
  "proxy-authorization"
])
const instead: Readonly<Record<string, string>> = {
  authorization: "give apiKey to the client",
  "x-api-key": "give apiKey to the client",
  "x-organization-id": "use the organizationId option",
  "idempotency-key": "use the idempotencyKey option"
}

/** Puts extra headers into a header list, each in place of one of the same name, or says what is wrong with one. */
export const putHeaders = (list: Array<string>, extra: ExtraHeaders): Issue | undefined => {
  // `Headers` and a Map have no fields of their own: what is in them would not be sent, and nobody would know.
  if (typeof extra !== "object" || Symbol.iterator in extra) {
    return fault(
      "headers",
      "Expected an object of names and values; of Headers or a Map give Object.fromEntries(headers)"
    )
  }
  for (const name of Object.keys(extra)) {
    const value = textOf(extra[name])
    if (value === undefined) continue
    const lower = name.toLowerCase()
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(lower))
      return fault("headers", "A header name has a character that headers cannot have")
    if (reserved.has(lower)) {
      return fault(`headers.${lower}`, `Set by the SDK; ${instead[lower] ?? "it cannot be given"}`)
    }
    if (value === foreign) return fault(`headers.${lower}`, foreignSecret)
    if (typeof value !== "string" || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      return fault(`headers.${lower}`, "Expected text without line breaks or characters beyond Latin-1")
    }
    const at = list.findIndex((name, i) => i % 2 === 0 && name === lower)
    if (at === -1) list.push(lower, value)
    else list[at + 1] = value
  }
  return undefined
}

/** A secret that another copy of Effect wrapped: only that one can unwrap it. */
const foreign = Symbol("foreign")

/** What to do about it. */
export const foreignSecret =
  "A Redacted was made by another copy of Effect; use `redacted` of this package, or unwrap it"

/** The text of a header's value, wrapped or not; no text where nobody here can unwrap it. */
export const textOf = (value: unknown): unknown => {
  if (!Redacted.isRedacted(value)) return value
  try {
    return Redacted.value(value)
  } catch {
    return foreign
  }
}
