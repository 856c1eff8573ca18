/**
 * Schemas of the errors, for programs that send them elsewhere: over RPC, into a queue, into a log. Encoded they are
 * the JSON of `toJSON`; decoded they are the error classes again.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaIssue from "effect/SchemaIssue"
import * as Errors from "./Errors.ts"

/** An error class as a schema. */
type ErrorCodec<E> = Schema.Codec<E, { readonly [key: string]: unknown }>

const json = Schema.Record(Schema.String, Schema.Unknown)

const schemaOf = <E extends Errors.RuntimeError>(is: (u: unknown) => u is E): ErrorCodec<E> => {
  const error = Schema.declare(is)
  return json.pipe(
    Schema.decodeTo(error, {
      decode: SchemaGetter.transformEffect((input) => {
        const read = Errors.fromJSON(input)
        return is(read)
          ? Effect.succeed(read)
          : Effect.fail(new SchemaIssue.InvalidValue({ message: "Expected the JSON of an error" }))
      }),
      encode: SchemaGetter.transform((error) => error.toJSON())
    })
  )
}

const ofTag = <Tag extends Errors.RuntimeError["_tag"]>(tag: Tag): ErrorCodec<Errors.ErrorOf<Tag>> =>
  schemaOf((u): u is Errors.ErrorOf<Tag> => Errors.isRuntimeError(u) && u._tag === tag)

/**
 * Any error of the SDK.
 *
 * @since 0.1.0
 * @category schemas
 */
export const RuntimeError: ErrorCodec<Errors.RuntimeError> = schemaOf(Errors.isRuntimeError)

/**
 * @since 0.1.0
 * @category schemas
 */
export const AuthError: ErrorCodec<Errors.AuthError> = ofTag("AuthError")

/**
 * @since 0.1.0
 * @category schemas
 */
export const NotFound: ErrorCodec<Errors.NotFound> = ofTag("NotFound")

/**
 * @since 0.1.0
 * @category schemas
 */
export const InvalidRequest: ErrorCodec<Errors.InvalidRequest> = ofTag("InvalidRequest")

/**
 * @since 0.1.0
 * @category schemas
 */
export const ConflictError: ErrorCodec<Errors.ConflictError> = ofTag("ConflictError")

/**
 * @since 0.1.0
 * @category schemas
 */
export const RateLimited: ErrorCodec<Errors.RateLimited> = ofTag("RateLimited")

/**
 * @since 0.1.0
 * @category schemas
 */
export const ServerError: ErrorCodec<Errors.ServerError> = ofTag("ServerError")

/**
 * @since 0.1.0
 * @category schemas
 */
export const ConnectionError: ErrorCodec<Errors.ConnectionError> = ofTag("ConnectionError")

/**
 * @since 0.1.0
 * @category schemas
 */
export const TimeoutError: ErrorCodec<Errors.TimeoutError> = ofTag("AywaTimeoutError")

/**
 * @since 0.1.0
 * @category schemas
 */
export const UnexpectedResponse: ErrorCodec<Errors.UnexpectedResponse> = ofTag("UnexpectedResponse")

/**
 * @since 0.1.0
 * @category schemas
 */
export const CircuitOpen: ErrorCodec<Errors.CircuitOpen> = ofTag("CircuitOpen")

/**
 * @since 0.1.0
 * @category schemas
 */
export const ConfigError: ErrorCodec<Errors.ConfigError> = ofTag("AywaConfigError")
