/**
 * What each status means that is no success: which error it becomes, whether the runtime may have acted, and whether
 * another attempt may succeed. A table: the first row that fits counts.
 */
import type { Init, OperationError, Outcome } from "../errors/Errors.ts"
import * as Errors from "../errors/Errors.ts"

/** Stands for the code of a body that did not come whole: it may have been any. */
export const lost = Symbol("lost")

type Code = string | undefined | typeof lost

/** What an answer means. */
export interface Row {
  readonly statuses: ReadonlyArray<number | readonly [from: number, to: number]>
  /** The body's codes that it is for; any when left out. */
  readonly codes?: ReadonlyArray<Code>
  /** The error it becomes. NotFound and ConflictError only where the operation has them. */
  readonly tag: keyof typeof errors
  readonly transient: boolean
  /** What it means for a call that writes. */
  readonly outcome: Outcome
  readonly message: (answer: Answer) => string
}

/** What the rows say their messages and errors with. */
export interface Answer {
  readonly status: number
  readonly code: string | undefined
  /** The runtime's own words as a sentence, with a space before it. */
  readonly words: string
  readonly messages: ReadonlyArray<string>
  /** Seconds to wait. */
  readonly retryAfter: number | undefined
  readonly transient: boolean
  readonly contentType: string | undefined
}

const hints: ReadonlyMap<string, string> = new Map([
  [
    "idempotency_key_in_use",
    " An earlier attempt with this key is still running: wait, then repeat with the same key."
  ],
  [
    "idempotency_key_reused",
    " What it made stands: to change that, update it; a new key makes another one. (In an idempotency scope: make the same creates in the same order, or give the scope another name.)"
  ],
  ["assistant_pinned", " Remove what refers to it first."],
  ["tool_pinned", " Remove what refers to it first."]
])

const codeHint = (code: string | undefined): string => hints.get(code ?? "") ?? ""

const conflictCode = ({ code, status }: Answer): string => code ?? (status === 412 ? "precondition_failed" : "conflict")

const conflict = (answer: Answer): string =>
  `conflict ${conflictCode(answer)} (${answer.status}).${answer.words}${codeHint(answer.code)}`

const tooMany = ({ retryAfter, words }: Answer): string =>
  `too many requests (429)${retryAfter === undefined ? "" : `; it asks to wait ${retryAfter} s`}.${words}`

const failed = ({ status, words }: Answer): string => `the runtime failed (${status}).${words}`

const unlisted = ({ status, words }: Answer): string =>
  `status ${status}${status === 206 ? " (a part of the content)" : ""}, which this operation never has.${words}`

const rows: ReadonlyArray<Row> = [
  {
    statuses: [401],
    tag: "AuthError",
    transient: false,
    outcome: "rejected",
    message: ({ words }) =>
      `the runtime does not accept the API key (401).${words} Check AYWA_RUNTIME_API_KEY: it may be mistyped, revoked, or a key of another runtime.`
  },
  {
    statuses: [402, 403],
    tag: "AuthError",
    transient: false,
    outcome: "rejected",
    message: ({ status, words }) =>
      `the API key may not do this (${status}).${words} Check that the key belongs to the organization in AYWA_RUNTIME_ORGANIZATION_ID, and what it may do.`
  },
  {
    statuses: [404, 410],
    tag: "NotFound",
    transient: false,
    outcome: "rejected",
    message: ({ status, words }) => `no such row in this organization (${status}).${words}`
  },
  {
    // An earlier attempt with this key is under way, or may be.
    statuses: [409, 412],
    codes: ["idempotency_key_in_use", lost],
    tag: "ConflictError",
    transient: true,
    outcome: "maybe-applied",
    message: conflict
  },
  {
    statuses: [409, 412],
    tag: "ConflictError",
    transient: false,
    outcome: "rejected",
    message: conflict
  },
  {
    statuses: [400, 413, 415, 422],
    tag: "InvalidRequest",
    transient: false,
    outcome: "rejected",
    message: ({ status, code, words }) =>
      `the runtime refuses the request (${status}${code === undefined ? "" : ` ${code}`}).${words}${codeHint(code)}`
  },
  {
    // A limiter acts before the handler.
    statuses: [429],
    codes: [undefined, "rate_limited"],
    tag: "RateLimited",
    transient: true,
    outcome: "rejected",
    message: tooMany
  },
  {
    // With another code it is not the limiter that speaks, and without a body nobody knows.
    statuses: [429],
    tag: "RateLimited",
    transient: true,
    outcome: "maybe-applied",
    message: tooMany
  },
  {
    // Not implemented, and a version of HTTP that is not supported: both stay so.
    statuses: [501, 505],
    tag: "ServerError",
    transient: false,
    outcome: "maybe-applied",
    message: failed
  },
  {
    statuses: [408, 425, [500, 999]],
    tag: "ServerError",
    transient: true,
    outcome: "maybe-applied",
    message: failed
  },
  {
    statuses: [304],
    tag: "UnexpectedResponse",
    transient: false,
    outcome: "maybe-applied",
    message: () =>
      "an answer for a cache (304), though nothing asked for one: a proxy in between adds conditions to requests."
  },
  {
    statuses: [[300, 399]],
    tag: "UnexpectedResponse",
    transient: false,
    outcome: "maybe-applied",
    message: ({ status }) =>
      `a redirect (${status}), which is never followed: it could carry the key elsewhere. Point baseUrl at the runtime itself (often: https instead of http).`
  },
  {
    statuses: [404, 405],
    tag: "UnexpectedResponse",
    transient: false,
    outcome: "rejected",
    message: (answer) => `${unlisted(answer)} Does baseUrl have the right path? This route should exist.`
  },
  {
    statuses: [[400, 499]],
    tag: "UnexpectedResponse",
    transient: false,
    outcome: "rejected",
    message: unlisted
  }
]

/** Fits whatever no other row fits. */
const otherwise: Row = {
  statuses: [],
  tag: "UnexpectedResponse",
  transient: false,
  outcome: "maybe-applied",
  message: unlisted
}

/** Builds the error of a row; `what` is the row's message. */
export const errors = {
  AuthError: (init: Init<object>, { status }: Answer) =>
    new Errors.AuthError({ ...init, kind: status === 401 ? "unauthenticated" : "forbidden" }),
  NotFound: (init: Init<object>) => new Errors.NotFound(init),
  ConflictError: (init: Init<object>, answer: Answer) =>
    new Errors.ConflictError({ isRetryable: answer.transient, ...init, code: conflictCode(answer) }),
  InvalidRequest: (init: Init<object>, { code, messages }: Answer) =>
    new Errors.InvalidRequest({ ...init, code, issues: messages.map((message) => ({ path: [], message })) }),
  RateLimited: (init: Init<object>, { retryAfter }: Answer) => new Errors.RateLimited({ ...init, retryAfter }),
  ServerError: (init: Init<object>, { retryAfter, transient }: Answer) =>
    new Errors.ServerError({ isRetryable: transient, ...init, retryAfter }),
  UnexpectedResponse: (init: Init<object>, { contentType }: Pick<Answer, "contentType">, issue: string) =>
    new Errors.UnexpectedResponse({ ...init, issue, contentType })
}

/** The row of an answer, for an operation that has these errors beside the common ones. */
export const rowOf = (errors: ReadonlyArray<OperationError>, status: number, code: Code): Row =>
  rows.find((row) => hasStatus(row, status) && hasCode(row, code) && isKnown(row, errors)) ?? otherwise

const hasStatus = ({ statuses }: Row, status: number): boolean =>
  statuses.some((one) => (typeof one === "number" ? one === status : one[0] <= status && status <= one[1]))

const hasCode = ({ codes }: Row, code: Code): boolean => codes === undefined || codes.includes(code)

const isKnown = ({ tag }: Row, errors: ReadonlyArray<OperationError>): boolean =>
  (tag !== "NotFound" && tag !== "ConflictError") || errors.includes(tag)
