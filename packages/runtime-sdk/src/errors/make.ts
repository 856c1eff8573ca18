/**
 * Errors of mocks and tests.
 *
 * @since 0.2.0
 */
import * as Errors from "./Errors.ts"

/** The fields that an error of a tag has beside those of `Error`. */
type DataOf<E> = Omit<E, keyof Error | "_tag" | "toJSON" | typeof Symbol.iterator>

/**
 * What `make` may be told: the fields of the error, its message and its cause.
 *
 * @since 0.2.0
 * @category models
 */
export type MakeOptions<Tag extends Errors.RuntimeError["_tag"]> = Partial<DataOf<Errors.ErrorOf<Tag>>> & {
  readonly message?: string | undefined
  readonly cause?: unknown
} & (Tag extends "AywaConfigError" ? { readonly field: string } : { readonly operation: string })

const rejected = { outcome: "rejected", attempts: 1 }
const unclear = { outcome: "maybe-applied", attempts: 1 }

/** The class of a tag, and what such an error says when nothing else is known: what the runtime most often means. */
const kinds: { readonly [Tag in Errors.RuntimeError["_tag"]]: readonly [constructor: unknown, usual: object] } = {
  AuthError: [Errors.AuthError, { ...rejected, status: 401, kind: "unauthenticated" }],
  NotFound: [Errors.NotFound, { ...rejected, status: 404 }],
  InvalidRequest: [Errors.InvalidRequest, { outcome: "not-sent", attempts: 0, issues: [] }],
  ConflictError: [Errors.ConflictError, { ...rejected, status: 409, code: "conflict" }],
  RateLimited: [Errors.RateLimited, { ...rejected, status: 429 }],
  ServerError: [Errors.ServerError, { ...unclear, status: 500 }],
  ConnectionError: [Errors.ConnectionError, unclear],
  AywaTimeoutError: [Errors.TimeoutError, { ...unclear, scope: "attempt", timeoutMillis: 30_000 }],
  UnexpectedResponse: [
    Errors.UnexpectedResponse,
    { ...unclear, status: 200, issue: "the answer is not what the type says" }
  ],
  CircuitOpen: [Errors.CircuitOpen, { outcome: "not-sent", attempts: 0 }],
  Aborted: [Errors.Aborted, unclear],
  AywaConfigError: [Errors.ConfigError, { field: "baseUrl" }]
}

/**
 * Makes an error as a call would fail with it, for mocks and tests: the fields that matter are given, the others are
 * what the runtime most often means by the tag (`NotFound` is a 404 that was `rejected` at the first attempt).
 *
 * **Example**
 *
 * ```ts
 * import { Errors } from "@aywa-ai/runtime-sdk/effect"
 *
 * export const missing = Errors.make("NotFound", { operation: "assistants.get" })
 * export const busy = Errors.make("RateLimited", { operation: "calls.create", retryAfter: 2 })
 * ```
 *
 * @since 0.2.0
 * @category constructors
 */
export const make = <Tag extends Errors.RuntimeError["_tag"]>(
  tag: Tag,
  options: MakeOptions<Tag>
): Errors.ErrorOf<Tag> => {
  const [constructor, usual] = kinds[tag]
  const about = { operation: "request", method: "GET", path: "/", ...usual, ...options }
  const subject = "field" in about ? about.field : about.operation
  const fields = { message: `${String(subject)}: ${tag}`, ...about }
  return new (constructor as new (init: object) => Errors.ErrorOf<Tag>)(fields) // The table is keyed by tag.
}
