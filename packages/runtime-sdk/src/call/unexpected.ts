/**
 * Says what is wrong with an answer that the contract does not allow. Never quotes it.
 */
import type * as Schema from "effect/Schema"
import type { Issue } from "../errors/Errors.ts"
import { explain } from "../schema/codec.ts"
import { issueText } from "./message.ts"
import type { Redact } from "./redact.ts"
import type { WireHead, WireResponse } from "../transport/port.ts"

/** Whether an answer is a web page, which no operation gives. */
export const isPage = (response: WireResponse): boolean =>
  /^\s*(text\/html|application\/xhtml)/i.test(response.header("content-type") ?? "")

export const notJson = (response: WireResponse, redact: Redact): string => another(response, "JSON", redact)

export const notText = (response: WireResponse, redact: Redact): string => another(response, "plain text", redact)

/** An integer of the answer is too large for a number, and this platform has no other way to keep it. */
export const inexact =
  "an integer of the answer has more digits than a number holds, and would be another one here. Run this on Node, or ask for the row elsewhere"

/** The body came whole, and is not coded as its `content-encoding` says. */
export const notCoded = (response: WireHead, redact: Redact): string =>
  `status ${response.status} with a body that is not ${token(response.header("content-encoding"), redact)}, as its content-encoding says. Does something between here and the runtime compress answers, or cut them?`

/** A header that is a token, or a list of them, to be read by people. */
const token = (header: string | undefined, redact: Redact): string | undefined =>
  // Redacted before anything else is taken out of it: what is left of a secret would not be known as one.
  (header === undefined ? undefined : redact(header))
    ?.split(";")[0]
    ?.trim()
    .replace(/[^\w/+.,<> -]/g, "?")
    .slice(0, 60)

const another = (response: WireResponse, expected: string, redact: Redact): string => {
  const type = token(response.header("content-type"), redact)
  return `status ${response.status} with a body that is not ${expected}${type === undefined ? "" : ` (${type})`}. Does baseUrl point at the runtime, and not at a web page or a gateway?`
}

const shape = (issues: ReadonlyArray<Issue>): string =>
  `the answer has another shape than this SDK knows: ${issues.slice(0, 5).map(issueText).join("; ")}`

export const wrongShape = (schema: Schema.Codec<unknown, unknown>, value: unknown): string =>
  shape(explain(schema, value))

export const wrongRows = (schema: Schema.Codec<unknown, unknown>, rows: ReadonlyArray<unknown>): string =>
  shape(
    rows.flatMap((row, i) => explain(schema, row).map(({ path, message }) => ({ path: [String(i), ...path], message })))
  )
