/**
 * The schemas that a tool takes, whoever wrote them, as one kind.
 */
import { saidBy } from "./flags.ts"
import { reduceJsonSchema, type Source, type ToolSchemaOf } from "./jsonSchema.ts"
import { fromJsonSchema } from "./plainSchema.ts"
import {
  isStandard,
  type JsonSchema,
  saysJsonSchema,
  type SchemaPair,
  type StandardJsonSchema,
  type StandardSchema
} from "./standard.ts"
import type { ToolDefinitionIssue } from "./ToolDefinitionError.ts"
import { refusals } from "./words.ts"

/**
 * What `parameters` may be: a schema that says itself as JSON Schema (Zod 4, ArkType 2, Valibot with
 * `toStandardJsonSchema`, Effect with `Schema.toStandardJSONSchemaV1`), any Standard Schema with its JSON Schema beside
 * it, or plain JSON Schema.
 *
 * @since 0.2.0
 * @category models
 */
export type ParametersSchema = StandardJsonSchema | SchemaPair | JsonSchema

/**
 * The arguments that `execute` gets of a schema: what its validation gives.
 *
 * @since 0.2.0
 * @category models
 */
export type ArgumentsOf<P> =
  P extends StandardSchema<unknown, infer Output>
    ? Output
    : P extends SchemaPair<unknown, infer Output>
      ? Output
      : Readonly<Record<string, unknown>>

/** A schema, and what the model is told of it. */
export interface Parameters {
  readonly schema: StandardSchema
  readonly reduction: ToolSchemaOf
}

const none: JsonSchema = { type: "object", properties: {} }

/** A schema, and itself as JSON Schema; or why it is none. */
export type ReadSchema =
  | {
      readonly schema: StandardSchema
      readonly document: Readonly<Record<string, unknown>>
      /** Who checks it, and how its patterns are written. */
      readonly source?: Source
    }
  | { readonly refusal: string }

/** Reads a schema of any library. */
export const readSchema = (given: unknown): ReadSchema => {
  if (isStandard(given)) {
    if (saysJsonSchema(given)) return standard(given)
    const { vendor } = given["~standard"]
    return { refusal: `is a schema (${vendor}) that does not say itself as JSON Schema: ${adviceFor(vendor)}` }
  }
  if (isEffectSchema(given)) {
    return {
      refusal:
        "is a schema of Effect: take Tool from @aywa-ai/runtime-sdk/tools/effect, or give Schema.toStandardJSONSchemaV1(Schema.toStandardSchemaV1(schema))"
    }
  }
  if (isPair(given)) return { schema: given.schema, document: given.jsonSchema }
  if (isJsonSchema(given)) return { schema: fromJsonSchema(given), document: given, source: { vendor: "json-schema" } }
  return { refusal: "is no schema: give one of Zod, Valibot, ArkType or Effect, or a JSON Schema of an object" }
}

/** Reads `parameters`. */
export const parametersOf = (parameters: unknown, root: string): Parameters => {
  const read = readSchema(parameters === undefined ? none : parameters)
  if ("refusal" in read) return refused(root, read.refusal)
  try {
    return { schema: read.schema, reduction: reduceJsonSchema(read.document, root, read.source) }
  } catch (error) {
    return refused(root, noForm(error))
  }
}

const refused = (root: string, message: string): Parameters => ({
  schema: fromJsonSchema(none),
  reduction: {
    schema: undefined,
    loose: [],
    nullable: new Set(),
    issues: [{ path: [root], message }] satisfies ReadonlyArray<ToolDefinitionIssue>
  }
})

const standard = (schema: StandardJsonSchema): ReadSchema => {
  try {
    const { document, flagged } = saidBy(schema)
    return { schema, document, source: { vendor: schema["~standard"].vendor, flagged } }
  } catch (error) {
    return { refusal: noForm(error) }
  }
}

const noForm = (error: unknown): string => {
  // Whoever follows what has no end runs out of stack.
  if (error instanceof RangeError) return refusals.recursive
  const reason = error instanceof Error ? error.message : String(error)
  return `has no form as JSON Schema: ${reason} Use what JSON has, such as a text for a date.`
}

const adviceFor = (vendor: string): string =>
  vendor === "valibot"
    ? "write toStandardJsonSchema(schema), of @valibot/to-json-schema"
    : vendor === "effect"
      ? "write Schema.toStandardJSONSchemaV1(schema)"
      : "write { schema, jsonSchema } with its JSON Schema beside it"

const isObjectLike = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function"

const isEffectSchema = (value: unknown): boolean => isObjectLike(value) && "~effect/Schema/Schema" in value

const isPair = (value: unknown): value is SchemaPair =>
  isObjectLike(value) &&
  "schema" in value &&
  isStandard(value.schema) &&
  "jsonSchema" in value &&
  isObjectLike(value.jsonSchema)

const isJsonSchema = (value: unknown): value is JsonSchema =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  ["type", "properties", "$ref", "anyOf", "oneOf", "allOf"].some((keyword) => Object.hasOwn(value, keyword))
