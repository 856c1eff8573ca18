/**
 * What tools are made of, as plain data.
 *
 * @since 0.1.0
 */

/**
 * A JSON Schema of one value, in the runtime's subset.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolSchema {
  readonly type: "string" | "number" | "integer" | "boolean" | "array" | "object"
  readonly title?: string
  readonly description?: string
  readonly enum?: ReadonlyArray<string>
  readonly pattern?: string
  readonly format?: string
  readonly items?: ToolSchema
  readonly properties?: { readonly [name: string]: ToolSchema }
  readonly required?: ReadonlyArray<string>
  /** Of tools with `strict: true`. */
  readonly additionalProperties?: false
}

/**
 * A rule that the runtime is not told in JSON Schema. It is checked when a call arrives.
 *
 * @since 0.1.0
 * @category models
 */
export interface LooseRule {
  readonly path: ReadonlyArray<string>
  readonly rule: string
}

/**
 * A tool as a model sees it.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolFunction {
  readonly name: string
  readonly description: string
  readonly parameters: ToolSchema
  readonly strict?: boolean
}
