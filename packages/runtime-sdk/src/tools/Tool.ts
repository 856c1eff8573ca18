/**
 * A tool: one definition gives what the runtime is told, and the handler of its calls.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { CreateTool } from "../contract/tools.ts"
import type { Input, JsonObject } from "../contract/Operation.ts"
import type { ToolMessage } from "../contract/toolModels.ts"
import { resultNotShown } from "../webhooks/lines.ts"
import { type Names, unknownName } from "../config/unknownNames.ts"
import { argumentsOf } from "./arguments.ts"
import { toolSchemaOf } from "./jsonSchema.ts"
import type { LooseRule, ToolFunction } from "./model.ts"
import { oneLine } from "./oneLine.ts"
import { strictSchemaOf } from "./strict.ts"
import { ToolDefinitionError, type ToolDefinitionIssue } from "./ToolDefinitionError.ts"
import { ToolFailure } from "./ToolFailure.ts"

/**
 * What `execute` is told beside its arguments.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolContext {
  /**
   * The id of this tool call: an idempotency key for what the tool does. Undefined where it is none, because the model
   * gave no id, or the same one to several calls.
   */
  readonly toolCallId: string | undefined
  /** Of the event that brought the call, if it names one. */
  readonly callId: string | undefined
  /** The event's own fields: the call, the customer, the assistant. */
  readonly message: JsonObject
  /** Aborted when the time of the call is over. */
  readonly signal: AbortSignal
}

/**
 * Options of `Tool.make`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<P, S, E, R, O> {
  /** What it does and when to use it, for the model. Models get worse from about 1,000 characters on. */
  readonly description: string
  /** The arguments, a Struct. Without it the tool has none. */
  readonly parameters?: Schema.Codec<P, unknown> | undefined
  /** The result. Text is sent as it is, anything else as JSON. Without it the result is text. */
  readonly success?: S | undefined
  /** Does the work: a function that returns a value, a promise or an Effect. */
  readonly execute: (args: P, context: ToolContext) => O | PromiseLike<O> | Effect.Effect<O, E, R>
  /** What the model is told about a failure; nothing but that it failed, unless this says more. */
  readonly failure?: ((error: E) => string | undefined) | undefined
  /** Seconds that the runtime waits for this tool, 1 to 300, where that is not what the toolkit says for all. */
  readonly timeoutSeconds?: number | undefined
  /** Whether the runtime goes on without waiting for the result. Default false. */
  readonly async?: boolean | undefined
  /**
   * Whether the model's provider is to enforce the schema (OpenAI's strict mode). Every argument must be required then,
   * and every object a Struct: anything else is refused when the tool is defined.
   */
  readonly strict?: boolean | undefined
  /** What the assistant says while the tool runs. */
  readonly messages?: ReadonlyArray<Input<ToolMessage>> | undefined
}

/**
 * A tool. Make one with `Tool.make`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Tool<out Name extends string = string, out R = never> {
  readonly name: Name
  /** What the model is told: the `function` of the runtime's tool. */
  readonly definition: ToolFunction
  /** Other fields of the runtime's tool that the definition sets. */
  readonly fields: Pick<CreateTool, "async" | "messages">
  readonly timeoutSeconds: number | undefined
  /** Rules that JSON Schema's part here cannot say: they stand in descriptions, and are checked when a call arrives. */
  readonly loose: ReadonlyArray<LooseRule>
  /**
   * Runs one call: its arguments are decoded, its result is one line of text. Fails with what the model is told, and
   * with the cause, if it is not the model's own fault.
   */
  readonly call: (args: unknown, context: ToolContext) => Effect.Effect<string, ToolCallFailed, R>
}

/** A call that gave no result to tell. */
export interface ToolCallFailed {
  /** For the model. */
  readonly say: string
  /** For you; absent when the tool meant the model to hear this, or when the model's arguments are wrong. */
  readonly cause: Cause.Cause<unknown> | undefined
  /** Whether the tool did its work, and only its result is none that can be told. */
  readonly isDone?: boolean | undefined
}

/**
 * Defines a tool.
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
 * import { Tool, ToolFailure } from "@aywa-ai/runtime-sdk/tools"
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
): Tool<Name, R> => {
  const { description, timeoutSeconds, strict, async: isAsync, messages } = options
  const parameters: Schema.Constraint = options.parameters ?? Schema.Struct({})
  const root = "parameters"
  const { schema, loose, nullable, issues } = toolSchemaOf(parameters, root)
  const closed = strict === true && schema !== undefined ? strictSchemaOf(schema, root) : { schema, issues: [] }
  const all = [...checkOptions(name, options), ...issues, ...closed.issues]
  if (all.length > 0 || closed.schema === undefined) throw new ToolDefinitionError(`Tool ${name}`, all)
  const decode = argumentsOf<P>(name, parameters, { schema: closed.schema, nullable, root: [root] })
  const show = resultOf(options.success ?? Schema.String)
  return {
    name,
    definition: { name, description, parameters: closed.schema, ...(strict === undefined ? {} : { strict }) },
    fields: {
      ...(isAsync === undefined ? {} : { async: isAsync }),
      ...(messages === undefined ? {} : { messages })
    },
    timeoutSeconds,
    loose,
    call: (args, context) =>
      Effect.matchCauseEffect(
        Effect.flatMap(decode(args), (decoded) => execute(options.execute, decoded, context)),
        {
          onSuccess: show,
          // What was thrown is told to it as well: E is `unknown` for functions that return no Effect.
          onFailure: (cause) => Effect.fail(failed(name, cause, options.failure as Explain | undefined))
        }
      )
  }
}

/** Shows the model a result. One that cannot be shown is no failure: what the tool does is done. */
const resultOf = (success: Schema.Constraint): ((result: unknown) => Effect.Effect<string, ToolCallFailed>) => {
  const encode = Schema.encodeUnknownEffect(Schema.toCodecJson(success))
  return (result) =>
    // `encode` needs no services: those of the schemas are excluded by their types.
    Effect.flatMap(encode(result) as Effect.Effect<unknown, Schema.SchemaError>, (encoded) =>
      Effect.try({ try: () => oneLine(encoded), catch: (error) => error })
    ).pipe(Effect.catchCause((cause) => Effect.fail<ToolCallFailed>({ say: resultNotShown, cause, isDone: true })))
}

type Explain = (error: unknown) => string | undefined

/** Runs `execute`, whatever it returns; what it throws is a failure. */
const execute = <P, E, R, O>(
  run: Options<P, unknown, E, R, O>["execute"],
  args: P,
  context: ToolContext
): Effect.Effect<unknown, unknown, R> =>
  Effect.flatMap(
    Effect.try({ try: () => run(args, context), catch: (error) => error }),
    (outcome): Effect.Effect<unknown, unknown, R> => {
      if (Effect.isEffect(outcome)) return outcome as Effect.Effect<O, E, R> // The only Effect that it may return.
      return isThenable(outcome)
        ? Effect.tryPromise({ try: () => outcome, catch: (error) => error })
        : Effect.succeed(outcome)
    }
  )

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && "then" in value && typeof value.then === "function"

/** What the model is told, and what is kept for the operator. */
const failed = (name: string, cause: Cause.Cause<unknown>, explain: Explain | undefined): ToolCallFailed => {
  const error = Cause.squash(cause)
  if (error instanceof ToolFailure) return { say: error.message, cause: undefined }
  return { say: saidBy(explain, error) ?? `${name} failed.`, cause }
}

/** The text of `failure`; one that throws says nothing. */
const saidBy = (explain: Explain | undefined, error: unknown): string | undefined => {
  try {
    return explain?.(error)
  } catch {
    return undefined
  }
}

const optionNames: Names<Options<never, never, never, never, never>> = {
  description: true,
  parameters: true,
  success: true,
  execute: true,
  failure: true,
  timeoutSeconds: true,
  async: true,
  strict: true,
  messages: true
}

const checkOptions = (
  name: string,
  options: { readonly description: string; readonly timeoutSeconds?: number | undefined }
): ReadonlyArray<ToolDefinitionIssue> => {
  const { description, timeoutSeconds } = options
  const issues: Array<ToolDefinitionIssue> = []
  const unknown = unknownName(options, optionNames)
  if (unknown !== undefined) issues.push({ path: [unknown.name], message: unknown.message })
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
    issues.push({ path: ["name"], message: "must be 1 to 64 of the characters a-z A-Z 0-9 _ -" })
  }
  if (typeof description !== "string" || description.trim() === "") {
    issues.push({ path: ["description"], message: "is empty: the model decides by it when to use the tool" })
  }
  if (timeoutSeconds !== undefined && !(timeoutSeconds >= 1 && timeoutSeconds <= 300)) {
    issues.push({ path: ["timeoutSeconds"], message: "must be 1 to 300" })
  }
  return issues
}
