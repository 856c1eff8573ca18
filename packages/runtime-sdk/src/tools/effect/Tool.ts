/**
 * Tools of Effect schemas, whose work may be an Effect.
 *
 * @since 0.2.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import { defineTool } from "../define.ts"
import { oneLine } from "../oneLine.ts"
import type { CommonOptions, Tool, ToolContext } from "../shape.ts"
import { argumentsOf } from "./arguments.ts"
import { toolSchemaOf } from "./representation.ts"

export type { AnyTool, CommonOptions, EffectLike, Soon, Tool, ToolContext } from "../shape.ts"

/**
 * Options of `Tool.make`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<P, S, E, R, O> extends CommonOptions {
  /** The arguments, a Struct. Without it the tool has none. */
  readonly parameters?: Schema.Codec<P, unknown> | undefined
  /** The result. Text is sent as it is, anything else as JSON. Without it the result is text. */
  readonly success?: S | undefined
  /** Does the work: a function that returns a value, a promise or an Effect. */
  readonly execute: (args: P, context: ToolContext) => O | PromiseLike<O> | Effect.Effect<O, E, R>
  /** What the model is told about a failure; nothing but that it failed, unless this says more. */
  readonly failure?: ((error: E) => string | undefined) | undefined
}

/**
 * Defines a tool whose schemas are Effect's, and whose work may be an Effect.
 *
 * **Details**
 *
 * The schema of the arguments goes to the runtime in the part of JSON Schema that it takes. A rule that has no form
 * there (a minimum, a length, a check of your own) is added to the description in words and checked when a call
 * arrives. A schema that has none at all (`Unknown`, `NullOr` where the field is required, a union of objects, a
 * recursive one) throws `ToolDefinitionError`, which lists every such place and what to write instead.
 *
 * **Example**
 *
 * ```ts
 * import { Tool, ToolFailure } from "@aywa-ai/runtime-sdk/tools/effect"
 * import * as Schema from "effect/Schema"
 *
 * const orders = new Map([["A-1", "shipped"]])
 *
 * export const lookupOrder = Tool.make("lookupOrder", {
 *   description: "Finds the state of an order by its number",
 *   parameters: Schema.Struct({
 *     orderId: Schema.String.annotate({ description: "As on the invoice, such as A-1" }),
 *     detail: Schema.optionalKey(Schema.Literals(["short", "full"]))
 *   }),
 *   success: Schema.Struct({ status: Schema.String }),
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
  P = Readonly<Record<never, never>>,
  S extends Schema.Codec<unknown, unknown> = typeof Schema.String,
  E = unknown,
  R = never,
  // Literals that are returned stay literals: they are checked against the result's own.
  const O extends S["Type"] = S["Type"]
>(
  name: Name,
  options: Options<P, S, E, R, O>
): Tool<Name, P, O, R> => {
  const parameters: Schema.Constraint = options.parameters ?? Schema.Struct({})
  const root = "parameters"
  const { tool, reader } = defineTool(name, options, toolSchemaOf(parameters, root), root)
  // What was thrown is told to it as well: E is `unknown` for functions that return no Effect.
  const failure = options.failure as ((error: unknown) => string | undefined) | undefined
  return {
    ...tool,
    name,
    execute: options.execute,
    decode: argumentsOf(name, parameters, reader),
    settle: async (outcome, signal) =>
      Effect.isEffect(outcome)
        ? // Without services: the handler of promises takes no other tool.
          unwrap(await Effect.runPromiseExit(outcome as Effect.Effect<unknown, unknown>, { signal }))
        : outcome,
    show: showOf(options.success ?? Schema.String),
    explain: (error) => failure?.(error)
  }
}

const unwrap = (exit: Exit.Exit<unknown, unknown>): unknown => {
  if (exit._tag === "Success") return exit.value
  throw Cause.squash(exit.cause)
}

/** Shows the model a result. */
const showOf = (success: Schema.Constraint): Tool["show"] => {
  const encode = Schema.encodeUnknownEffect(Schema.toCodecJson(success))
  // `encode` needs no services: those of the schemas are excluded by their types.
  return (result) =>
    Effect.runPromise(Effect.map(encode(result) as Effect.Effect<unknown, Schema.SchemaError>, oneLine))
}
