/**
 * A tool: one definition gives what the runtime is told, and the handler of its calls.
 *
 * @since 0.1.0
 */
import { withoutRepeats, wrongArguments } from "./argumentErrors.ts"
import { defineTool } from "./define.ts"
import { oneLine } from "./oneLine.ts"
import { type ArgumentsOf, type ParametersSchema, parametersOf } from "./parameters.ts"
import { type ArgumentIssue, type ArgumentReader, readArguments } from "./readArguments.ts"
import type { StandardIssue, StandardSchema } from "./standard.ts"
import type { CommonOptions, Tool, ToolContext } from "./shape.ts"

export type { AnyTool, CommonOptions, EffectLike, Soon, Tool, ToolContext } from "./shape.ts"
export type { ArgumentsOf, ParametersSchema } from "./parameters.ts"
export { isFilledIn, variables, variablesIn, VariableValuesError } from "./variables.ts"
export type { VariableIssue, Variables, VariableUse } from "./variables.ts"
export type { JsonSchema, SchemaPair, StandardJsonSchema, StandardSchema } from "./standard.ts"

/**
 * Options of `Tool.make`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<P, S, O> extends CommonOptions {
  /** The arguments, an object. Without it the tool has none. */
  readonly parameters?: P | undefined
  /** The result. Text is sent as it is, anything else as JSON. Without it the result is text. */
  readonly success?: S | undefined
  /** Does the work. */
  readonly execute: (args: ArgumentsOf<P>, context: ToolContext) => O | PromiseLike<O>
  /** What the model is told about a failure; nothing but that it failed, unless this says more. */
  readonly failure?: ((error: unknown) => string | undefined) | undefined
}

/** The result that `execute` may give: what goes into the schema, or text. */
type ResultOf<S> = S extends StandardSchema<infer Input, unknown> ? Input : string

/**
 * Defines a tool.
 *
 * **Details**
 *
 * The schema of the arguments may be of Zod 4, Valibot, ArkType, or plain JSON Schema. It goes to the runtime in the part
 * of JSON Schema that the runtime takes. A rule that has no form there (a minimum, a length) is added to the description
 * in words and checked when a call arrives. A schema that has none at all (any value, `null` where the field is required,
 * a union of objects, a recursive one) throws `ToolDefinitionError`, which lists every such place and what to write
 * instead.
 *
 * **Example**
 *
 * ```ts
 * import { Tool, ToolFailure } from "@aywa-ai/runtime-sdk/tools"
 * import { z } from "zod"
 *
 * const orders = new Map([["A-1", "shipped"]])
 *
 * export const lookupOrder = Tool.make("lookupOrder", {
 *   description: "Finds the state of an order by its number",
 *   parameters: z.object({
 *     orderId: z.string().describe("As on the invoice, such as A-1"),
 *     detail: z.enum(["short", "full"]).optional()
 *   }),
 *   success: z.object({ status: z.string() }),
 *   execute: async ({ orderId }) => {
 *     const status = orders.get(orderId)
 *     if (status === undefined) throw new ToolFailure(`There is no order ${orderId}`)
 *     return { status }
 *   }
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <
  const Name extends string,
  P extends ParametersSchema = StandardSchemaOfNothing,
  S extends StandardSchema | undefined = undefined,
  // Literals that are returned stay literals: they are checked against the result's own.
  const O extends ResultOf<S> = ResultOf<S>
>(
  name: Name,
  options: Options<P, S, O>
): Tool<Name, ArgumentsOf<P>, O> => {
  const root = "parameters"
  const { schema, reduction } = parametersOf(options.parameters, root)
  const definition = defineTool(name, options, reduction, root)
  return {
    ...definition.tool,
    name,
    execute: options.execute,
    decode: decoderOf(name, schema, definition.reader),
    settle: async (outcome) => {
      if (!isEffect(outcome)) return outcome
      throw new Error(
        `execute of ${name} returned an Effect, and nobody here runs it: take Tool from @aywa-ai/runtime-sdk/tools/effect`
      )
    },
    show: showOf(options.success),
    explain: (error) => options.failure?.(error)
  }
}

/** The arguments of a tool without parameters. */
type StandardSchemaOfNothing = SchemaOf<Readonly<Record<never, never>>>
/**
 * A schema of nothing but its type: of tools without parameters.
 *
 * @since 0.2.0
 * @category models
 */
export interface SchemaOf<A> {
  readonly schema: StandardSchema<A, A>
  readonly jsonSchema: { readonly type: "object" }
}

const isEffect = (value: unknown): boolean => typeof value === "object" && value !== null && "~effect/Effect" in value

const issueOf = ({ message, path = [] }: StandardIssue): ArgumentIssue => ({
  path: path.map((segment) => String(typeof segment === "object" ? segment.key : segment)),
  message
})

/** Reads what a model sent, then validates it. */
const decoderOf = (name: string, schema: StandardSchema, reader: ArgumentReader): Tool["decode"] => {
  const { validate } = schema["~standard"]
  return async (args) => {
    const { value, issues } = readArguments(reader, args)
    const validated = await validate(value)
    const all = withoutRepeats(issues, (validated.issues ?? []).map(issueOf))
    return all.length > 0 || validated.issues !== undefined
      ? { failure: wrongArguments(name, all) }
      : { value: validated.value }
  }
}

/** Shows the model a result. */
const showOf = (success: StandardSchema | undefined): Tool["show"] => {
  if (success === undefined) {
    return (result) => {
      if (typeof result === "string") return oneLine(result)
      throw new TypeError(`The result is ${typeof result}, and without a schema of its own (success) it must be text`)
    }
  }
  const { validate } = success["~standard"]
  return async (result) => {
    const validated = await validate(result)
    if (validated.issues === undefined) return oneLine(validated.value)
    const issues = validated.issues.map(issueOf)
    throw new TypeError(issues.map(({ path, message }) => [path.join("."), message].join(" ").trim()).join("; "))
  }
}
