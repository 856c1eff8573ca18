/**
 * The tools of one server, and the handler of `tool-calls` events.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { type Names, unknownName } from "../config/unknownNames.ts"
import type { ToolCall, ToolCalls } from "../webhooks/events.ts"
import { oneLine } from "./oneLine.ts"
import type { Tool, ToolCallFailed, ToolContext } from "./Tool.ts"
import { ToolDefinitionError } from "./ToolDefinitionError.ts"

/**
 * Tools by name.
 *
 * @since 0.1.0
 * @category models
 */
export interface Toolkit<out Name extends string = string, out R = never> {
  readonly tools: ReadonlyArray<Tool<Name, R>>
}

type NameOf<T> = T extends Tool<infer Name, unknown> ? Name : never
type ServicesOf<T> = T extends Tool<string, infer R> ? R : never

/**
 * Puts tools together. Throws `ToolDefinitionError` when two have the same name.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <const Tools extends ReadonlyArray<Tool<string, unknown>>>(
  ...tools: Tools
): Toolkit<NameOf<Tools[number]>, ServicesOf<Tools[number]>> => {
  const names = tools.map(({ name }) => name)
  const twice = [...new Set(names.filter((name, i) => names.indexOf(name) !== i))]
  if (twice.length > 0) {
    throw new ToolDefinitionError(
      "Toolkit",
      twice.map((name) => ({ path: [name], message: "is there more than once: a model calls tools by name" }))
    )
  }
  // Each tool has one of the names and needs some of the services: that is what the two types say.
  return { tools: tools as unknown as ReadonlyArray<Tool<NameOf<Tools[number]>, ServicesOf<Tools[number]>>> }
}

/**
 * The outcome of one tool call, as the runtime reads it. `toolCallId` is empty where the call had no id.
 *
 * @since 0.1.0
 * @category models
 */
export type ToolResult =
  | { readonly toolCallId: string; readonly name: string; readonly result: string; readonly error?: undefined }
  | { readonly toolCallId: string; readonly name: string; readonly error: string; readonly result?: undefined }

/**
 * The reply to a `tool-calls` event: one outcome per call, in their order.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolResults {
  readonly results: ReadonlyArray<ToolResult>
  readonly error?: undefined
}

/**
 * A failed call, for your log.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolCallReport {
  readonly tool: string
  /** Absent when the model gave none. */
  readonly toolCallId: string | undefined
  /** What the model was told. */
  readonly said: string
  readonly cause: Cause.Cause<unknown>
}

/**
 * Options of the handlers.
 *
 * @since 0.1.0
 * @category models
 */
export interface HandleOptions {
  /** Told about each call that failed through no fault of the model. A log line of level warning by default. */
  readonly onFailure?: ((report: ToolCallReport) => void) | undefined
}

/** What handlers are told about the delivery; the context of the webhook adapters has it all. */
interface Delivery {
  readonly deadline?: Date | undefined
  readonly signal?: AbortSignal | undefined
}

// What the whole reply needs after its last call.
const reserveMillis = 250

/** Without a word about the deadline: less than the 20 seconds that a server waits by default. */
const defaultMillis = 18_000

/**
 * The handler of `tool-calls` as an Effect, for the routes of `effect/http`.
 *
 * **Details**
 *
 * The calls of one event run side by side. Each has a result or an error of its own: wrong arguments, an unknown tool,
 * a failure, a defect, or no result in time (a little before the deadline of the event) is an error that the model
 * reads, and does not touch the other calls. A result that `success` does not encode is `done, result not shown`, and is
 * reported: the tool did run. Calls that share an id, or have none, are run and answered in their order.
 * It never fails.
 *
 * **Example**
 *
 * ```ts
 * import { AywaWebhooks } from "@aywa-ai/runtime-sdk/effect"
 * import { Tool, Toolkit } from "@aywa-ai/runtime-sdk/tools"
 * import { WebhookRoute } from "@aywa-ai/runtime-sdk/webhooks/http"
 * import * as Layer from "effect/Layer"
 *
 * const now = Tool.make("now", { description: "The time", execute: () => new Date().toISOString() })
 *
 * export const routes = WebhookRoute.layer("/webhooks", {
 *   handlers: { "tool-calls": Toolkit.handle(Toolkit.make(now)) }
 * }).pipe(Layer.provide(AywaWebhooks.layerConfig()))
 * ```
 *
 * @since 0.1.0
 * @category handlers
 */
export const handle = <R>(
  toolkit: Toolkit<string, R>,
  options: HandleOptions = {}
): ((message: Pick<ToolCalls, "toolCalls">, delivery?: Delivery) => Effect.Effect<ToolResults, never, R>) => {
  const unknown = unknownName(options, { onFailure: true } satisfies Names<HandleOptions>)
  if (unknown !== undefined) {
    throw new ToolDefinitionError("Toolkit.handle", [{ path: [unknown.name], message: unknown.message }])
  }
  const byName = new Map(toolkit.tools.map((tool) => [tool.name, tool] as const))
  const names = toolkit.tools.map(({ name }) => name).join(", ")
  const report = options.onFailure

  const fail = (call: ToolCall, { say, cause, isDone = false }: ToolCallFailed): Effect.Effect<ToolResult> => {
    const message = oneLine(say)
    const about = { toolCallId: call.id ?? "", name: call.name }
    const outcome: ToolResult = isDone ? { ...about, result: message } : { ...about, error: message }
    if (cause === undefined) return Effect.succeed(outcome)
    const what = isDone ? "gave a result that cannot be told" : "failed"
    return Effect.as(
      report === undefined
        ? Effect.logWarning(`Tool ${call.name} ${what} (call ${call.id ?? "without an id"})`, cause)
        : Effect.ignoreCause(Effect.sync(() => report({ tool: call.name, toolCallId: call.id, said: message, cause }))),
      outcome
    )
  }

  const one = (
    call: ToolCall,
    message: Pick<ToolCalls, "toolCalls">,
    unique: ReadonlySet<string | undefined>,
    millis: number
  ): Effect.Effect<ToolResult, never, R> => {
    const { id, name } = call
    const tool = byName.get(name)
    if (tool === undefined) {
      return fail(call, { say: `There is no tool ${name || "without a name"}. There are: ${names}.`, cause: undefined })
    }
    if (call.invalidArguments !== undefined) {
      return fail(call, { say: `The arguments of ${name} are no JSON object. Send one.`, cause: undefined })
    }
    const late = Effect.fail<ToolCallFailed>({
      say: `${name} gave no answer in time. It is not known whether it was done.`,
      cause: undefined
    })
    return Effect.scoped(
      Effect.flatMap(
        // Aborted when the call ends, however it ends: work that goes on then is for nobody.
        Effect.acquireRelease(
          Effect.sync(() => new AbortController()),
          (controller) => Effect.sync(() => controller.abort())
        ),
        ({ signal }) => tool.call(call.arguments, contextOf(unique.has(id) ? id : undefined, message, signal))
      )
    ).pipe(
      Effect.timeoutOrElse({ duration: millis, orElse: () => late }),
      Effect.matchEffect({
        onSuccess: (result) => Effect.succeed<ToolResult>({ toolCallId: id ?? "", name, result }),
        onFailure: (failure) => fail(call, failure)
      }),
      Effect.withSpan("Toolkit.call", {
        attributes: { "gen_ai.tool.name": name, ...(id === undefined ? {} : { "gen_ai.tool.call.id": id }) }
      })
    )
  }

  return (message, delivery = {}) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const remaining = delivery.deadline === undefined ? defaultMillis : delivery.deadline.getTime() - now
      const millis = Math.max(remaining - Math.min(reserveMillis, remaining / 4), 0)
      const unique = uniqueIds(message.toolCalls)
      return Effect.map(
        Effect.forEach(message.toolCalls, (call) => one(call, message, unique, millis), { concurrency: "unbounded" }),
        (results) => ({ results })
      )
    })
}

/**
 * The handler of `tool-calls` for code without Effect: what `handlers` of `./webhooks/handlers` takes.
 *
 * **Example**
 *
 * ```ts
 * import { Tool, Toolkit } from "@aywa-ai/runtime-sdk/tools"
 * import { nodeWebhookHandler } from "@aywa-ai/runtime-sdk/webhooks/handlers"
 *
 * const now = Tool.make("now", { description: "The time", execute: () => new Date().toISOString() })
 *
 * export const listener = nodeWebhookHandler({
 *   secret: process.env["AYWA_RUNTIME_WEBHOOK_SECRET"],
 *   handlers: { "tool-calls": Toolkit.handler(Toolkit.make(now)) }
 * })
 * ```
 *
 * @since 0.1.0
 * @category handlers
 */
export const handler = (
  toolkit: Toolkit,
  options: HandleOptions = {}
): ((message: Pick<ToolCalls, "toolCalls">, delivery?: Delivery) => Promise<ToolResults>) => {
  const run = handle(toolkit, options)
  return (message, delivery) => Effect.runPromise(run(message, delivery), { signal: delivery?.signal })
}

/** The ids that name one call of an event, and no other. */
const uniqueIds = (calls: ReadonlyArray<ToolCall>): ReadonlySet<string | undefined> => {
  const byId = Map.groupBy(calls, ({ id }) => id)
  return new Set([...byId].filter(([, { length }]) => length === 1).map(([id]) => id))
}

const contextOf = (
  toolCallId: string | undefined,
  message: Pick<ToolCalls, "toolCalls">,
  signal: AbortSignal
): ToolContext => {
  const about: ToolContext["message"] = { ...message }
  const from = about["call"]
  const id = typeof from === "object" && from !== null && "id" in from ? from.id : undefined
  return { toolCallId, callId: typeof id === "string" ? id : undefined, message: about, signal }
}
