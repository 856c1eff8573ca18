/**
 * Routes of a runtime that this SDK has no operation for.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { CurrentRecord, type Runtime } from "../call/call.ts"
import type { RequestOptions } from "../call/CallOptions.ts"
import { issueText, text } from "../call/message.ts"
import { makeRequest } from "../call/rawRequest.ts"
import { CallRecord } from "../call/record.ts"
import * as Errors from "../errors/Errors.ts"
import { explain } from "../schema/codec.ts"

/**
 * Errors of a request: those of every operation, and those that only some have.
 *
 * @since 0.1.0
 * @category models
 */
export type RequestError = Errors.CommonError | Errors.NotFound | Errors.ConflictError

/**
 * Asks routes that this SDK has no operation for: the same authorization, policy and errors as everywhere, below the
 * base URL and nowhere else.
 *
 * @since 0.2.0
 * @category models
 */
export interface Service {
  /** Gives the JSON of the answer, unchecked; `undefined` for an empty one. */
  readonly request: (options: RequestOptions) => Effect.Effect<unknown, RequestError>
  /** Gives the answer if it is what the schema says, else fails with an UnexpectedResponse. */
  readonly requestFor: <A>(schema: Schema.Codec<A, unknown>, options: RequestOptions) => Effect.Effect<A, RequestError>
}

/** Builds the part of a client that asks such routes. */
export const makeRequests = (runtime: Runtime): Service => {
  // `RequestError` is every error that an operation with both optional errors has.
  const send = (options: RequestOptions, record?: CallRecord) =>
    makeRequest(runtime, options)({}, record) as Effect.Effect<unknown, RequestError>
  return {
    request: (options) => send(options),
    requestFor: (schema, options) =>
      Effect.flatMap(CurrentRecord, (outer) => {
        // Of its own: other calls may report to the outer one at the same time.
        const record = new CallRecord()
        return Effect.flatMap(send(options, record), (value) => {
          if (outer !== undefined) Object.assign(outer, record)
          return Effect.mapError(Schema.decodeUnknownEffect(schema)(value), () =>
            unexpected(schema, options, record, value)
          )
        })
      })
  }
}

const unexpected = (
  schema: Schema.Codec<unknown, unknown>,
  { method, path }: RequestOptions,
  record: CallRecord,
  value: unknown
) => {
  const { attempts, outcome, idempotencyKey, info } = record
  const call = { operation: "request", method, path, attempts, outcome, idempotencyKey }
  const fields = { ...call, status: info?.status, requestId: info?.requestId }
  const issues = explain(schema, value).slice(0, 5).map(issueText).join("; ")
  const issue = record.redact(`the answer is not what the given schema says: ${issues}`)
  return new Errors.UnexpectedResponse({ ...fields, issue, message: text(fields, issue) })
}
