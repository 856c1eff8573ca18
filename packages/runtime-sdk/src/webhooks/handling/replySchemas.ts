/**
 * What the runtime reads in the reply of each event that asks, as schemas.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { isObject } from "../../schema/isObject.ts"
import type { RequestType } from "./replies.ts"

type Fields = Readonly<Record<string, Schema.Codec<unknown, unknown>>>

/** The replies that are JSON. */
export type JsonType = Exclude<RequestType, "voice-request">

const object = Schema.Record(Schema.String, Schema.Unknown)

/** By type of destination, the fields of which one must be there. */
const destinationFields: Readonly<Record<string, ReadonlyArray<string>>> = {
  number: ["number"],
  sip: ["sipUri"],
  assistant: ["assistantName", "assistantId"]
}

/** A destination names where to: each type has its own field for that. */
const destination = object.check(
  Schema.makeFilter((value) => {
    const { type } = value
    if (typeof type !== "string") return [{ path: ["type"], issue: "Expected number, sip or assistant" }]
    const fields = Object.hasOwn(destinationFields, type) ? (destinationFields[type] ?? []) : []
    const [field] = fields
    if (field === undefined || fields.some((name) => typeof value[name] === "string")) return []
    return [{ path: [field], issue: "Expected string" }]
  })
)

const documents = Schema.Array(
  Schema.Struct({
    content: Schema.String,
    similarity: Schema.Finite,
    uuid: Schema.optionalKey(Schema.NullOr(Schema.Union([Schema.String, Schema.Undefined])))
  })
)

const pause = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 15 }))

/** Of each reply: the fields of which exactly one must be there, and those that may be there too. */
const fieldsOf: Readonly<Record<JsonType, { readonly one: Fields; readonly more?: Fields }>> = {
  "assistant-request": {
    one: {
      assistantId: Schema.String,
      assistant: object,
      squadId: Schema.String,
      squad: object,
      workflowId: Schema.String,
      workflow: object,
      destination,
      error: Schema.String
    },
    more: { assistantOverrides: object, squadOverrides: object, workflowOverrides: object }
  },
  "tool-calls": { one: { results: Schema.Array(object), error: Schema.String } },
  "transfer-destination-request": { one: { destination, error: Schema.String }, more: { message: object } },
  "knowledge-base-request": { one: { documents, message: object } },
  "call.endpointing.request": { one: { timeoutSeconds: pause } },
  "handoff-destination-request": {
    one: { destination: object, error: Schema.String },
    more: { result: Schema.String }
  },
  "campaign.predial": { one: { eligible: Schema.Boolean } }
}

/** A reply: its schema, and what exactly one of must be there. */
interface ReplySchema {
  readonly schema: Schema.Codec<unknown, unknown>
  readonly one: ReadonlyArray<string>
}

const optional = (fields: Fields) =>
  Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, Schema.optionalKey(field)]))

const schemas = new Map<JsonType, ReplySchema>()

/** The schema of a reply, made when it is first needed. */
export const replySchema = (type: JsonType): ReplySchema => {
  const known = schemas.get(type)
  if (known !== undefined) return known
  const { one, more = {} } = fieldsOf[type]
  const made = { schema: Schema.Struct({ ...optional(one), ...optional(more) }), one: Object.keys(one) }
  schemas.set(type, made)
  return made
}

/** What is sent of a reply: JSON has no `undefined`. */
export const definedOf = (reply: unknown): Readonly<Record<string, unknown>> | undefined =>
  isObject(reply) ? Object.fromEntries(Object.entries(reply).filter(([, value]) => value !== undefined)) : undefined
