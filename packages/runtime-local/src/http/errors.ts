/**
 * The runtime's error answers: `{ statusCode, message, error, code?, requestId }`.
 */
import { STATUS_CODES } from "node:http"
import type { Answer } from "./answer.ts"

/** What an error answer says beside its status and message. */
export interface HttpErrorOptions {
  /** Machine code, for clients that branch. */
  readonly code?: string
  /** Replaces the reason phrase in `error`, where the source API puts the machine code there. */
  readonly error?: string
  readonly headers?: Readonly<Record<string, string>>
  /** More members of the body. */
  readonly members?: Readonly<Record<string, unknown>>
  /**
   * Whether the answer is an outcome of the request that its idempotency key must repeat. Refusals that say nothing
   * about the domain (validation, auth, limits) leave the key free.
   */
  readonly outcome?: boolean
}

/** Ends the handling of a request with an error answer. */
export class HttpError extends Error {
  override readonly name = "HttpError"
  readonly status: number
  readonly body: string | ReadonlyArray<string>
  readonly options: HttpErrorOptions

  constructor(status: number, message: string | ReadonlyArray<string>, options: HttpErrorOptions = {}) {
    super(typeof message === "string" ? message : message.join("; "))
    this.status = status
    this.body = message
    this.options = options
  }
}

/** The answer for an error. `problem` asks for RFC 9457 with the same members beside its own. */
export const errorAnswer = (error: HttpError, requestId: string, problem: boolean): Answer => {
  const reason = STATUS_CODES[error.status] ?? "Error"
  const body = {
    ...(problem ? { type: "about:blank", title: reason, status: error.status, detail: error.message } : {}),
    statusCode: error.status,
    message: error.body,
    error: error.options.error ?? reason,
    ...(error.options.code === undefined ? {} : { code: error.options.code }),
    ...error.options.members,
    requestId
  }
  return {
    status: error.status,
    headers: {
      "content-type": problem ? "application/problem+json" : "application/json; charset=utf-8",
      ...error.options.headers
    },
    body: JSON.stringify(body)
  }
}

/** A validation error: one sentence per problem, each naming its path. */
export const invalid = (messages: ReadonlyArray<string>) => new HttpError(400, messages)

/** No such row in this organization. */
export const notFound = (what: string, id: string) =>
  new HttpError(404, `${what} ${id} was not found`, { outcome: true })

/** The row is in use: the source API puts the code into `error`. */
export const pinned = (code: string, message: string) =>
  new HttpError(409, message, { code, error: code, outcome: true })

/** The store does not work: the same request may work later. */
export const storeUnavailable = (problem: string) =>
  new HttpError(503, `The store does not work: ${problem}`, {
    code: "store_unavailable",
    headers: { "retry-after": "1" }
  })
