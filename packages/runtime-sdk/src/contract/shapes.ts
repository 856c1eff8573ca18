/**
 * Schemas that several resources share. Wire schemas have no transformations: what is checked is what is returned.
 */
import * as Schema from "effect/Schema"
import type { BackoffPlan, FunctionDefinition, ListQuery, OpenAIMessage, Server } from "./shared.ts"
import { codec, described, type Proven } from "../schema/codec.ts"
import type { JsonObject } from "./Operation.ts"

/** An optional field. The runtime stores `null` for a cleared field, and `null` is not the same as absent. */
export const opt = <S extends Schema.Codec<unknown, unknown>>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

/** A JSON object with any keys. */
export const object = Schema.Record(Schema.String, Schema.Unknown)

export const objects = Schema.Array(object)

/** An object that an interface describes, passed through unchecked: plans, which a runtime may change. */
export const objectOf = <I extends JsonObject>() => object as unknown as Proven<I>

/** A list of objects that an interface describes, unchecked. */
export const listOf = <I extends JsonObject>() => objects as unknown as Proven<ReadonlyArray<I>>

export const strings = Schema.Array(Schema.String)

/** Characters as JSON Schema counts them: an emoji is one, of two code units. */
export const lengthOf = (text: string): number => {
  let pairs = 0
  for (let i = 0; i < text.length; i++) if ((text.codePointAt(i) ?? 0) > 0xffff) pairs++
  return text.length - pairs
}

const longest = (maxLength: number) =>
  Schema.makeFilter((text: string) => text.length <= maxLength || lengthOf(text) <= maxLength, {
    expected: `a value with a length of at most ${maxLength}`,
    toJsonSchema: () => ({ maxLength }),
    arbitraryConstraint: { maxLength }
  })

const shortest = (minLength: number) =>
  Schema.makeFilter((text: string) => lengthOf(text) >= minLength, {
    expected: `a value with a length of at least ${minLength}`,
    toJsonSchema: () => ({ minLength }),
    arbitraryConstraint: { minLength }
  })

/** Text of at most `max` characters. */
export const atMost = (max: number) => Schema.String.check(longest(max))

/** Text of `min` to `max` characters. */
export const between = (min: number, max: number) => Schema.String.check(shortest(min), longest(max))

/** Text that is one of a few values, where the set is closed. */
export const oneOf = (...values: ReadonlyArray<string>) =>
  Schema.String.check(Schema.makeFilter((value) => values.includes(value), { expected: `one of ${values.join(", ")}` }))

/** A whole number or fraction within limits, both included. */
export const within = (minimum: number, maximum: number) => Schema.Finite.check(Schema.isBetween({ minimum, maximum }))

/** Fields of every stored row. */
export const row = {
  id: Schema.String,
  orgId: Schema.String,
  createdAt: Schema.String,
  updatedAt: Schema.String
}

const isoTime = Schema.String.check(
  Schema.isPattern(/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/, {
    expected: "an ISO 8601 time such as 2026-01-31T09:00:00Z"
  })
)

const time = Schema.optionalKey(Schema.Union([isoTime, Schema.Undefined]))

/** Optional text of a query. */
export const text = Schema.optionalKey(Schema.Union([Schema.String, Schema.Undefined]))

/** Query fields of every list. */
export const listFields = {
  limit: Schema.optionalKey(
    Schema.Union([Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000 })), Schema.Undefined])
  ),
  cursor: text,
  createdAtGt: time,
  createdAtLt: time,
  createdAtGe: time,
  createdAtLe: time,
  updatedAtGt: time,
  updatedAtLt: time,
  updatedAtGe: time,
  updatedAtLe: time
}

/** Query of every list. */
export const listQuery = codec<ListQuery>()(Schema.Struct(listFields))

const serverFields = {
  url: opt(Schema.String),
  timeoutSeconds: opt(Schema.Finite),
  credentialId: opt(Schema.String),
  headers: opt(Schema.Record(Schema.String, Schema.String)),
  staticIpAddressesEnabled: opt(Schema.Boolean),
  encryptedPaths: opt(strings),
  secret: opt(Schema.String)
}

const backoffPlan = codec<BackoffPlan>()(
  Schema.Struct({
    type: Schema.String,
    maxRetries: Schema.Finite,
    baseDelaySeconds: Schema.Finite,
    excludedStatusCodes: opt(Schema.Array(Schema.Finite))
  })
)

export const server = described<Server>()(Schema.Struct({ ...serverFields, backoffPlan: opt(backoffPlan) }))

/** A server in a create, with its limits. */
export const newServer = described<Server>()(
  Schema.Struct({
    ...serverFields,
    timeoutSeconds: opt(within(1, 300)),
    backoffPlan: opt(
      codec<BackoffPlan>()(
        Schema.Struct({
          type: oneOf("fixed", "exponential"),
          maxRetries: within(0, 10),
          baseDelaySeconds: within(0, 10),
          excludedStatusCodes: opt(Schema.Array(Schema.Finite))
        })
      )
    )
  })
)

export const openAIMessage = codec<OpenAIMessage>()(Schema.Struct({ role: Schema.String, content: opt(Schema.String) }))

export const functionDefinition = codec<FunctionDefinition>()(
  Schema.Struct({
    name: Schema.String,
    description: opt(Schema.String),
    parameters: opt(object),
    strict: opt(Schema.Boolean)
  })
)
