/**
 * What an operation takes and gives, as JSON Schema.
 */
import type * as JsonSchema from "effect/JsonSchema"
import * as Schema from "effect/Schema"
import type { Entry } from "./table.ts"

/** A JSON Schema with an object at its root. */
export interface ObjectSchema {
  readonly type: "object"
  readonly properties: Readonly<Record<string, JsonSchema.JsonSchema>>
  readonly required?: ReadonlyArray<string>
  readonly additionalProperties?: unknown
}

/** The JSON Schema of a schema of the contract: they have no transformations and no recursion. */
export const jsonSchemaOf = (schema: Schema.Codec<unknown, unknown>): JsonSchema.JsonSchema =>
  Schema.toJsonSchemaDocument(schema).schema

/** The body; of an upload, with the text that is uploaded in place of a file. */
export const bodySchemaOf = ({ spec }: Entry): JsonSchema.JsonSchema | undefined => {
  if (spec.body === undefined) return undefined
  const schema = jsonSchemaOf(spec.body)
  if (!spec.multipart) return schema
  return {
    ...schema,
    properties: {
      file: { type: "string", description: "The content, as text" },
      name: { type: "string" },
      contentType: { type: "string" },
      ...Object(schema["properties"])
    },
    required: ["file"]
  }
}

/** The names of the fields that an answer is known to have. */
export const answerFieldsOf = ({ spec }: Entry): ReadonlyArray<string> => {
  const { ast } = spec.success
  return ast._tag === "Objects" ? ast.propertySignatures.map(({ name }) => String(name)) : []
}
