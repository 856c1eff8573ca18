/**
 * Toolkits of `effect/ai` answer the calls of a runtime.
 */
import * as AiError from "effect/ai/AiError"
import * as AiTool from "effect/ai/Tool"
import * as AiToolkit from "effect/ai/Toolkit"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { wrongArguments } from "../argumentErrors.ts"
import { oneLine } from "../oneLine.ts"
import type { Tool as RuntimeTool, ToolContext } from "../shape.ts"
import * as JsonSchemaTool from "../Tool.ts"
import { ToolDefinitionError, type ToolDefinitionIssue } from "../ToolDefinitionError.ts"
import { ToolFailure } from "../ToolFailure.ts"
import { make, type Toolkit } from "../Toolkit.ts"
import * as Tool from "./Tool.ts"

/** The toolkits that are made of tools of `effect/ai`: by the same names, with the services of their handlers. */
type FromAi<Tools extends Record<string, AiTool.Any>> = Toolkit<
  keyof Tools & string,
  AiTool.HandlerServices<Tools[keyof Tools & string]>
>

/**
 * A toolkit of `effect/ai` with its handlers, as one that a runtime is told of and that answers its calls. One set of
 * tools then serves a model in the process and a voice agent.
 *
 * **Details**
 *
 * | in `effect/ai` | what the runtime's model reads |
 * |---|---|
 * | a result | its JSON, or the text parts of `toModelOutput` |
 * | a failure, `failureMode: "return"` | the failure, as its schema writes it |
 * | a failure, `failureMode: "error"` | that the tool failed; the failure goes to `onFailure` |
 * | an `AiError` of the handler, a defect | that the tool failed; the cause goes to `onFailure` |
 * | wrong arguments | what is wrong with them, in both modes |
 * | a result that its schema does not take | `done, result not shown`: the tool did run |
 *
 * Preliminary results are dropped: a call on the phone has one answer. A tool of a model's provider, one that needs an
 * approval, and one without a description fail with `ToolDefinitionError`, and so does a schema that `Tool.make` refuses.
 *
 * **Example**
 *
 * ```ts
 * import { Toolkit } from "@aywa-ai/runtime-sdk/tools/effect"
 * import { Tool as AiTool, Toolkit as AiToolkit } from "effect/ai"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 *
 * const stock = AiTool.make("stock", {
 *   description: "How many are left",
 *   parameters: Schema.Struct({ sku: Schema.String }),
 *   success: Schema.Struct({ left: Schema.Int })
 * })
 * const kit = AiToolkit.make(stock)
 *
 * export const program = Effect.gen(function* () {
 *   const toolkit = yield* Toolkit.fromAi(kit)
 *   return Toolkit.handle(toolkit) // for `tool-calls` of WebhookRoute
 * }).pipe(Effect.provide(kit.toLayer({ stock: () => Effect.succeed({ left: 3 }) })))
 * ```
 *
 * @since 0.2.0
 * @category effect/ai
 */
export const fromAi = <Tools extends Record<string, AiTool.Any>, E, R>(
  toolkit: Effect.Effect<AiToolkit.WithHandler<Tools>, E, R>
): Effect.Effect<FromAi<Tools>, E | ToolDefinitionError, R> =>
  Effect.flatMap(toolkit, (handlers) =>
    Effect.try({
      // The names are those of the record.
      try: () => make(...namesOf(handlers.tools).map((name) => toolOf(handlers, name))) as FromAi<Tools>,
      catch: (error) => {
        if (error instanceof ToolDefinitionError) return error
        throw error
      }
    })
  )

const namesOf = <Tools extends object>(tools: Tools): ReadonlyArray<keyof Tools & string> =>
  Object.keys(tools) as Array<keyof Tools & string>

/** How a call ended that is no failure. */
type Ended =
  | { readonly _tag: "Result"; readonly value: unknown }
  | { readonly _tag: "Unshown"; readonly error: unknown }

const toolOf = <Tools extends Record<string, AiTool.Any>, Name extends keyof Tools & string>(
  handlers: AiToolkit.WithHandler<Tools>,
  name: Name
): RuntimeTool<Name, never, unknown, AiTool.HandlerServices<Tools[Name]>> => {
  const tool = handlers.tools[name]
  const refusals = refusalsOf(tool)
  if (tool === undefined || refusals.length > 0) throw new ToolDefinitionError(`Tool ${name}`, refusals)
  const strict = AiTool.getStrictMode(tool)
  const options = { description: AiTool.getDescription(tool) ?? "", ...(strict === undefined ? {} : { strict }) }
  return {
    ...shapeOf(name, tool, options),
    execute: (args: unknown, context: ToolContext) =>
      Effect.flatMap(
        // It takes what is encoded, and that is what `decode` left it.
        handlers.handle(name, args as AiTool.ParametersEncoded<Tools[Name]>, context.toolCallId, { errors: "all" }),
        Stream.runLast
      ).pipe(
        Effect.catchCause((cause) => afterCause(name, cause)),
        Effect.flatMap((last) =>
          Option.isOption(last)
            ? Option.match(last, {
                onNone: () => Effect.die(new Error(`${name} of effect/ai ended without a result`)),
                onSome: (result) => afterResult(tool, result)
              })
            : Effect.succeed(last)
        )
      ),
    show: (ended) => {
      const { _tag, ...rest } = ended as Ended // Of `execute`.
      if ("error" in rest) throw rest.error
      return oneLine(rest.value)
    }
  }
}

/** Data, and the checks of arguments. What they are decoded to is what `handle` of `effect/ai` decodes itself. */
const shapeOf = <Name extends string>(
  name: Name,
  tool: AiTool.Any,
  options: { readonly description: string; readonly strict?: boolean }
): RuntimeTool<Name> => {
  const execute = () => ""
  if (AiTool.isDynamic(tool) && tool.jsonSchema !== undefined) {
    const { settle } = Tool.make(name, { ...options, execute })
    return { ...JsonSchemaTool.make(name, { ...options, parameters: tool.jsonSchema, execute }), settle }
  }
  if (tool.parametersSchema === AiTool.EmptyParams) return Tool.make(name, { ...options, execute })
  // Only its shape is read: its services are asked for by `handle`.
  const parameters = tool.parametersSchema as Schema.Codec<unknown, unknown>
  const { decode } = Tool.make(name, { ...options, parameters: Schema.toEncoded(parameters), execute })
  return { ...Tool.make(name, { ...options, parameters, execute }), decode }
}

const refusalsOf = (tool: AiTool.Any | undefined): ReadonlyArray<ToolDefinitionIssue> => {
  if (AiTool.isProviderDefined(tool)) {
    return [{ path: [], message: "is a tool of a model's provider, and runs there: leave it out of this toolkit" }]
  }
  if (tool?.needsApproval !== undefined && tool.needsApproval !== false) {
    return [
      { path: ["needsApproval"], message: "cannot be asked for in a call: leave the tool out, or let it ask itself" }
    ]
  }
  return []
}

/** A failure in the error channel; what is no failure (a defect, an interruption) goes on as it is. */
const afterCause = (name: string, cause: Cause.Cause<unknown>): Effect.Effect<Ended, unknown> => {
  const error = Cause.findErrorOption(cause)
  if (Option.isNone(error) || Cause.hasDies(cause)) return Effect.failCause(cause)
  return afterFailure(name, error.value, Context.get(Cause.annotations(cause), AiToolkit.FailureOrigin))
}

const afterResult = (tool: AiTool.Any, last: AiTool.HandlerResult<AiTool.Any>): Effect.Effect<Ended, unknown> => {
  const { result, isFailure, failureOrigin, modelOutput } = last
  if (!isFailure) {
    const texts = modelOutput?.flatMap((part) => (part.type === "text" ? [part.text] : [])) ?? []
    if (texts.length > 0) return Effect.succeed({ _tag: "Result", value: texts.join(" ") })
    return Effect.match(jsonOf(tool.successSchema, result), {
      onSuccess: (value): Ended => ({ _tag: "Result", value }),
      onFailure: (error): Ended => ({ _tag: "Unshown", error })
    })
  }
  return failureOrigin === "handler" && !AiError.isAiError(result)
    ? Effect.flatMap(jsonOf(tool.failureSchema, result), (value) => Effect.fail(new ToolFailure(oneLine(value))))
    : afterFailure(tool.name, result, failureOrigin ?? "result")
}

const afterFailure = (name: string, error: unknown, origin: AiTool.FailureOrigin): Effect.Effect<Ended, unknown> => {
  switch (origin) {
    case "parameters":
      return Effect.fail(wrongArguments(name, [{ path: [], message: reasonOf(error) }]))
    case "result":
      return Effect.succeed({ _tag: "Unshown", error })
    case "handler":
      return Effect.fail(error)
  }
}

/** What the schema says of arguments, without what `effect/ai` says around it. */
const reasonOf = (error: unknown): string =>
  AiError.isAiError(error) && error.reason._tag === "ToolParameterValidationError"
    ? error.reason.description
    : String(error)

/** A value as JSON. The services that its schema needs are among those of the call. */
const jsonOf = (schema: Schema.Constraint, value: unknown): Effect.Effect<unknown, Schema.SchemaError> =>
  Schema.encodeUnknownEffect(Schema.toCodecJson(schema))(value) as Effect.Effect<unknown, Schema.SchemaError>
