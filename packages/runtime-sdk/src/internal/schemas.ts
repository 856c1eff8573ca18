/**
 * Schemas that several resources share. Wire schemas have no transformations: what is checked is what is returned.
 */
import * as Schema from "effect/Schema"
import type { BackoffPlan, FunctionDefinition, ListQuery, OpenAIMessage, Server } from "../contract/shared.ts"
import { codec } from "./codec.ts"

/** An optional field. The runtime stores `null` for a cleared field, and `null` is not the same as absent. */
export const opt = <S extends Schema.Codec<unknown, unknown>>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

/** A JSON object with any keys. */
export const object = Schema.Record(Schema.String, Schema.Unknown)

export const objects = Schema.Array(object)

export const strings = Schema.Array(Schema.String)

/** Text of at most `max` characters. */
export const atMost = (max: number) => Schema.String.check(Schema.isMaxLength(max))

/** Text of `min` to `max` characters. */
export const between = (min: number, max: number) =>
  Schema.String.check(Schema.isMinLength(min), Schema.isMaxLength(max))

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

/** Query of every list. */
export const listQuery = codec<ListQuery>()(
  Schema.Struct({
    limit: Schema.optionalKey(
      Schema.Union([Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000 })), Schema.Undefined])
    ),
    cursor: Schema.optionalKey(Schema.Union([Schema.String, Schema.Undefined])),
    createdAtGt: time,
    createdAtLt: time,
    createdAtGe: time,
    createdAtLe: time,
    updatedAtGt: time,
    updatedAtLt: time,
    updatedAtGe: time,
    updatedAtLe: time
  })
)

const backoffPlan = codec<BackoffPlan>()(
  Schema.Struct({
    type: Schema.String,
    maxRetries: Schema.Finite,
    baseDelaySeconds: Schema.Finite,
    excludedStatusCodes: opt(Schema.Array(Schema.Finite))
  })
)

export const server = codec<Server>()(
  Schema.Struct({
    url: opt(Schema.String),
    timeoutSeconds: opt(Schema.Finite),
    credentialId: opt(Schema.String),
    headers: opt(Schema.Record(Schema.String, Schema.String)),
    backoffPlan: opt(backoffPlan)
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
