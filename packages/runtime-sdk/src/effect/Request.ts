/**
 * Routes of a runtime that this SDK has no operation for, as an Effect service.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type { RequestOptions } from "../call/CallOptions.ts"
import * as Errors from "../errors/Errors.ts"
import { effectObserver } from "./observe.ts"
import { explain } from "../schema/codec.ts"
import { text } from "../call/message.ts"
import { ResponseSink } from "../call/call.ts"
import { makeRequest } from "../call/rawRequest.ts"
import { Sink } from "../call/record.ts"
import { RuntimeConfig } from "../config/RuntimeConfig.ts"
import { Transport } from "../transport/Transport.ts"

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
 * @since 0.1.0
 * @category services
 */
export class Request extends Context.Service<
  Request,
  {
    /** Gives the JSON of the answer, unchecked; `undefined` for an empty one. */
    readonly send: (options: RequestOptions) => Effect.Effect<unknown, RequestError>
    /** Gives the answer if it is what the schema says, else fails with an UnexpectedResponse. */
    readonly sendFor: <A>(schema: Schema.Codec<A, unknown>, options: RequestOptions) => Effect.Effect<A, RequestError>
  }
>()("@aywa-ai/runtime-sdk/Request") {}

/**
 * Provides the service over a configuration and a transport.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Request, never, RuntimeConfig | Transport> = Layer.effect(
  Request,
  Effect.gen(function* () {
    const runtime = { config: yield* RuntimeConfig, transport: yield* Transport, observer: effectObserver }
    // `RequestError` is every error that an operation with both optional errors has.
    const send = (options: RequestOptions, sink?: Sink) =>
      makeRequest(runtime, options)({}, sink) as Effect.Effect<unknown, RequestError>
    return Request.of({
      send: (options) => send(options),
      sendFor: (schema, options) =>
        Effect.flatMap(ResponseSink, (outer) => {
          // Of its own: other calls may report to the outer one at the same time.
          const sink = new Sink()
          return Effect.flatMap(send(options, sink), (value) => {
            if (outer !== undefined) Object.assign(outer, sink)
            return Effect.mapError(Schema.decodeUnknownEffect(schema)(value), () =>
              unexpected(schema, options, sink, value)
            )
          })
        })
    })
  })
)

const unexpected = (
  schema: Schema.Codec<unknown, unknown>,
  { method, path }: RequestOptions,
  { attempts, outcome, idempotencyKey, info }: Sink,
  value: unknown
) => {
  const call = { operation: "request", method, path, attempts, outcome, idempotencyKey }
  const fields = { ...call, status: info?.status, requestId: info?.requestId }
  const issue = `the answer is not what the given schema says: ${explain(schema, value)
    .slice(0, 5)
    .map(({ path, message }) => `${path.join(".")}: ${message}`)
    .join("; ")}`
  return new Errors.UnexpectedResponse({ ...fields, issue, message: text(fields, issue) })
}
