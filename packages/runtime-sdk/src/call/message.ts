/**
 * What the errors of a call say: the sentence, what follows from the outcome, and the facts to quote.
 */
import type { CallFields, Issue } from "../errors/Errors.ts"
import type { WireHead } from "../transport/port.ts"
import type { Redact } from "./redact.ts"

/** What an error is made from; `isRetryable` where the call must not be made once more as it is. */
export interface Fields extends CallFields {
  readonly isRetryable?: false
}

const afterwards = Symbol("afterwards")

/** Added to the fields of a call whose body cannot be sent again: its message says so. */
export const sentOnce = {
  [afterwards]:
    " The content came from a stream, which can be read only once, so it was not sent again: give a path, a Blob, bytes, or a function that opens the stream, and uploads are repeated."
}

/** Added to the fields of a call that cannot be sent again, and why: its message says so. */
export const notSentAgain = (why: string) => ({ [afterwards]: ` It was not sent again: ${why}` })

export const ignoring = "this runtime ignores idempotency keys (runtimeProfile)"

const ignored = Symbol("ignored")

/** Added to the fields of a call to a runtime that ignores its key. */
export const keyless = { [ignored]: true }

/** The sentence that every message opens with, and what follows from the outcome. */
export const text = (call: Fields, what: string): string => {
  const facts = [
    `${call.method} ${call.path}`,
    ...(call.requestId === undefined ? [] : [`request ${call.requestId}`]),
    `${call.attempts} attempt${call.attempts === 1 ? "" : "s"}`,
    ...(call.idempotencyScope === undefined ? [] : [`scope ${call.idempotencyScope}`])
  ]
  const last: unknown = Reflect.get(call, afterwards)
  return `${call.operation}: ${sentence(what)}${nextOf(call)}${typeof last === "string" ? last : ""} [${facts.join(", ")}]`
}

/** What follows from the outcome. */
const nextOf = (call: Fields): string => {
  const { outcome, idempotencyKey, idempotencyScope, isRetryable } = call
  if (outcome !== "maybe-applied") return ""
  const why = ignored in call ? `, for ${ignoring}` : ""
  if (idempotencyKey === undefined && isRetryable !== false)
    return " It may have taken effect: a repeat cannot apply it twice."
  if (idempotencyKey === undefined || why !== "") return ` It may have taken effect: read before you repeat it${why}.`
  const key = JSON.stringify(idempotencyKey)
  if (idempotencyScope !== undefined) {
    return ` It may have taken effect: run the idempotency scope again, or repeat it with idempotencyKey ${key}: neither can apply it twice.`
  }
  const otherwise = isRetryable === false ? "; without that key it would be another call" : ""
  return ` It may have taken effect: repeat it with idempotencyKey ${key}, which cannot apply it twice${otherwise}.`
}

/** A thing that is wrong, with its place. */
export const issueText = ({ path, message }: Issue): string =>
  path.length === 0 ? message : `${path.join(".")}: ${message}`

/** Ends a text as a sentence, so that another can follow. */
export const sentence = (text: string): string => (/[.!?…]["')\]]?$/.test(text) ? text : `${text}.`)

/** A header's value as far as it may be shown. */
export const plain = (value: string | undefined, max: number, redact: Redact): string | undefined =>
  value === undefined
    ? undefined
    : redact(value)
        .replace(/[^\x20-\x7e]/g, "?")
        .slice(0, max)

export const requestIdOf = (head: Pick<WireHead, "header">, redact: Redact): string | undefined =>
  plain(head.header("x-request-id"), 200, redact)
