/**
 * What the runtime reads in the reply of each event that asks, as schemas.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { numberIssues } from "../../contract/bodyRules.ts"
import { isObject } from "../../schema/isObject.ts"
import type { RequestType } from "./replies.ts"

type Fields = Readonly<Record<string, Schema.Codec<unknown, unknown>>>

/** The replies that are JSON. */
export type JsonType = Exclude<RequestType, "voice-request">

const object = Schema.Record(Schema.String, Schema.Unknown)

/** An empty text is nothing that can be spoken, read or looked up. */
const text = Schema.String.check(Schema.isMinLength(1))

/** By type of destination, the fields of which one must name where to, unless it is there as an object of that name. */
const places: Readonly<Record<string, ReadonlyArray<string>>> = {
  assistant: ["assistantName", "assistantId"],
  squad: ["squadId"]
}

/** A destination of one of the types that can be gone to, and where to. */
const destination = (...types: ReadonlyArray<string>) =>
  object.check(
    Schema.makeFilter((value) => {
      const { type, sipUri } = value
      if (typeof type !== "string" || !types.includes(type)) {
        return [{ path: ["type"], issue: `Expected ${types.join(", ").replace(/, (\w+)$/, " or $1")}` }]
      }
      if (type === "number") return numberIssues(value, [], "Expected E.164 such as +14155550123")
      if (type === "sip") {
        const issue = "Expected a SIP address such as sip:desk@pbx.example"
        return /^sips?:\S+$/i.test(String(sipUri)) ? [] : [{ path: ["sipUri"], issue }]
      }
      const [field = "", ...others] = places[type] ?? []
      if ([field, ...others].some((name) => isText(value[name])) || isObject(value[type])) return []
      return [{ path: [field], issue: "Expected a name or an id" }]
    })
  )

const isText = (value: unknown): boolean => typeof value === "string" && value !== ""

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
      assistantId: text,
      assistant: object,
      squadId: text,
      squad: object,
      workflowId: text,
      workflow: object,
      destination: destination("number", "sip"),
      error: text
    },
    more: { assistantOverrides: object, squadOverrides: object, workflowOverrides: object }
  },
  "tool-calls": { one: { results: Schema.Array(object), error: text } },
  "transfer-destination-request": {
    one: { destination: destination("number", "sip", "assistant"), error: text },
    more: { message: object }
  },
  "knowledge-base-request": { one: { documents, message: object } },
  "call.endpointing.request": { one: { timeoutSeconds: pause } },
  "handoff-destination-request": {
    one: { destination: destination("assistant", "squad", "number", "sip"), error: text },
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
  const cached = schemas.get(type)
  if (cached !== undefined) return cached
  const { one, more = {} } = fieldsOf[type]
  const entry = { schema: Schema.Struct({ ...optional(one), ...optional(more) }), one: Object.keys(one) }
  schemas.set(type, entry)
  return entry
}

/** What is sent of a reply: JSON has no `undefined`. */
export const definedOf = (reply: unknown): Readonly<Record<string, unknown>> | undefined =>
  isObject(reply) ? Object.fromEntries(Object.entries(reply).filter(([, value]) => value !== undefined)) : undefined
