/**
 * Schemas of other libraries, as they describe themselves: Standard Schema, and its part for JSON Schema. The types are
 * structural, so that no library is needed to read these declarations.
 *
 * @since 0.2.0
 */

/**
 * A schema of any library that follows Standard Schema (Zod, Valibot, ArkType, Effect, …).
 *
 * @since 0.2.0
 * @category models
 */
export interface StandardSchema<out Input = unknown, out Output = Input> {
  readonly "~standard": {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

/** What came of a validation. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: ReadonlyArray<StandardIssue> }

/** What is wrong, and where. */
export interface StandardIssue {
  readonly message: string
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined
}

/**
 * One that also says itself as JSON Schema.
 *
 * @since 0.2.0
 * @category models
 */
export interface StandardJsonSchema<out Input = unknown, out Output = Input> extends StandardSchema<Input, Output> {
  readonly "~standard": StandardSchema<Input, Output>["~standard"] & {
    readonly jsonSchema: {
      readonly input: (options: { readonly target: "draft-2020-12" }) => Record<string, unknown>
    }
  }
}

/** A JSON Schema of an object, as plain data. */
export interface JsonSchema {
  readonly type: "object"
  readonly [keyword: string]: unknown
}

/** A schema that is Standard Schema, and its JSON Schema beside it. */
export interface SchemaPair<out Input = unknown, out Output = Input> {
  readonly schema: StandardSchema<Input, Output>
  readonly jsonSchema: JsonSchema
}

const hasStandard = (value: unknown): value is { readonly "~standard": object } =>
  // ArkType's are functions.
  ((typeof value === "object" && value !== null) || typeof value === "function") &&
  "~standard" in value &&
  typeof value["~standard"] === "object" &&
  value["~standard"] !== null

/** Whether a value is Standard Schema. */
export const isStandard = (value: unknown): value is StandardSchema =>
  hasStandard(value) && "validate" in value["~standard"] && typeof value["~standard"].validate === "function"

/** Whether it says itself as JSON Schema, too. */
export const saysJsonSchema = (value: StandardSchema): value is StandardJsonSchema =>
  "jsonSchema" in value["~standard"] && typeof value["~standard"].jsonSchema === "object"
