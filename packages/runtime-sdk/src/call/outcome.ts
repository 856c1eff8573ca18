/**
 * What an answer that is no success means: which error it becomes, whether the runtime may have acted, and whether it
 * is of a kind that passes. The decision to try again and the error that the caller sees are both made from this.
 */
import type { OperationError, Outcome, RuntimeError } from "../errors/Errors.ts"
import type { WireHead } from "../transport/port.ts"
import { readErrorBody } from "./errorBody.ts"
import { type Fields, plain, sentence, text } from "./message.ts"
import type { Redact } from "./redact.ts"
import { redactCause } from "./redactCause.ts"
import { retryAfter } from "./retryAfter.ts"
import { errors, lost, rowOf } from "./statuses.ts"

/** A failed attempt. */
export interface Failure {
  readonly outcome: Outcome
  /** Whether another attempt may succeed. */
  readonly transient: boolean
  /** Milliseconds that the runtime asks to wait. */
  readonly retryAfter?: number | undefined
  /** The head of the answer, if one came. */
  readonly head?: WireHead | undefined
  /** Builds the error, once it is known how the whole call went. */
  readonly toError: (call: Fields) => RuntimeError
}

/** What the classification has to know of the operation. */
export interface Subject {
  /** Whether the operation only reads: then nothing can have been applied. */
  readonly reads: boolean
  readonly errors: ReadonlyArray<OperationError>
  /** Scheme, host and port of the runtime. */
  readonly origin: string
  /** Takes secrets out of a text that the runtime sent. */
  readonly redact: Redact
}

/**
 * An answer whose status is no success. `body` is `undefined` when it did not come whole: the status counts all the same.
 * `wall` is what time it is here, in epoch milliseconds.
 */
export const fromStatus = (
  subject: Subject,
  head: WireHead,
  body: string | undefined,
  wall: number,
  cause?: unknown
): Failure => {
  const { status } = head
  const { messages, code, details } = body === undefined ? lostBody : readErrorBody(body, subject.redact)
  const row = rowOf(subject.errors, status, code)
  // What the contract does not know is not tried again, whatever it says of itself.
  const isInContract = row.tag !== "UnexpectedResponse"
  const wait = isInContract ? retryAfter(head, wall) : undefined
  const override = isInContract ? head.header("x-should-retry") : undefined
  const transient = override === "true" || (override !== "false" && row.transient)
  const answer = {
    status,
    code: code === lost ? undefined : code,
    words: code === lost ? " The rest of its answer did not come." : wordsOf(messages),
    messages,
    retryAfter: wait === undefined ? undefined : wait / 1000,
    transient,
    contentType: contentTypeOf(subject, head)
  }
  const what = row.message(answer)
  return {
    outcome: subject.reads ? "rejected" : row.outcome,
    transient,
    retryAfter: wait,
    head,
    toError: (call) =>
      errors[row.tag](
        { ...call, details, cause: redactCause(cause, subject.redact), message: text(call, what) },
        answer,
        what
      )
  }
}

const lostBody = { messages: [], code: lost, details: undefined } as const

/** The runtime answered something that the contract does not allow. */
export const fromUnexpected = (subject: Subject, response: WireHead, description: string): Failure => {
  // It may name keys of the answer, or its type.
  const issue = subject.redact(description)
  const contentType = contentTypeOf(subject, response)
  return {
    outcome: subject.reads ? "rejected" : "maybe-applied",
    transient: false,
    head: response,
    toError: (call) => errors.UnexpectedResponse({ ...call, message: text(call, issue) }, { contentType }, issue)
  }
}

const wordsOf = (messages: ReadonlyArray<string>): string =>
  messages.length === 0 ? "" : ` The runtime says: ${sentence(messages.join("; ").slice(0, 2000))}`

const contentTypeOf = ({ redact }: Subject, head: WireHead): string | undefined =>
  plain(head.header("content-type"), 100, redact)
