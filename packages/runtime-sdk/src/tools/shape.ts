/**
 * The shape of a tool: data for the runtime, and the steps of a call. Promises and Effects drive the same steps.
 *
 * @since 0.1.0
 */
import type { CreateTool } from "../contract/tools.ts"
import type { Input, JsonObject } from "../contract/Operation.ts"
import type { ToolMessage } from "../contract/toolModels.ts"
import type { LooseRule, ToolFunction } from "./model.ts"
import type { ToolFailure } from "./ToolFailure.ts"

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
 * What a definition says beside its schemas and its work.
 *
 * @since 0.2.0
 * @category models
 */
export interface CommonOptions {
  /** What it does and when to use it, for the model. Models get worse from about 1,000 characters on. */
  readonly description: string
  /** Seconds that the runtime waits for this tool, 1 to 300, where that is not what the toolkit says for all. */
  readonly timeoutSeconds?: number | undefined
  /** Whether the runtime goes on without waiting for the result. Default false. */
  readonly async?: boolean | undefined
  /**
   * Whether the model's provider is to enforce the schema (OpenAI's strict mode). Every argument must be required then,
   * and every object have named fields: anything else is refused when the tool is defined.
   */
  readonly strict?: boolean | undefined
  /** What the assistant says while the tool runs. */
  readonly messages?: ReadonlyArray<Input<ToolMessage>> | undefined
}

/** What a step gives, at once or later. */
export type Soon<A> = A | PromiseLike<A>

/**
 * An Effect, by its shape: these declarations need none.
 *
 * @since 0.2.0
 * @category models
 */
export interface EffectLike<out A, out R> {
  readonly "~effect/Effect": { readonly _A: (_: never) => A; readonly _R: (_: never) => R }
}

/**
 * A tool. Make one with `Tool.make`; `./tools/effect` has one for Effect schemas and Effects.
 *
 * `Args` and `Result` are what `execute` takes and gives, `R` the services that an Effect of it needs.
 *
 * @since 0.1.0
 * @category models
 */
export interface Tool<out Name extends string = string, in Args = never, out Result = unknown, out R = never> {
  readonly name: Name
  /** What the model is told: the `function` of the runtime's tool. */
  readonly definition: ToolFunction
  /** Other fields of the runtime's tool that the definition sets. */
  readonly fields: Pick<CreateTool, "async" | "messages">
  readonly timeoutSeconds: number | undefined
  /** Rules that JSON Schema's part here cannot say: they stand in descriptions, and are checked when a call arrives. */
  readonly loose: ReadonlyArray<LooseRule>
  /** The work, as it was defined. */
  readonly execute: (args: Args, context: ToolContext) => Soon<Result> | EffectLike<Result, R>
  /** Checks what a model sent: the arguments for `execute`, or what is wrong with them. */
  readonly decode: (args: unknown) => Soon<{ readonly value: unknown } | { readonly failure: ToolFailure }>
  /** Runs what `execute` gave to its end, where no Effect does that. */
  readonly settle: (outcome: unknown, signal: AbortSignal) => Promise<unknown>
  /** A result as one line of text. Throws, or rejects, when it is not what the tool says. */
  readonly show: (result: unknown) => Soon<string>
  /** What the model is told about a failure. */
  readonly explain: (error: unknown) => string | undefined
}

/** Any tool, of whatever arguments, result and services. */
export type AnyTool = Tool<string, never, unknown, unknown>
