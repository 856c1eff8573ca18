/**
 * The handler of `tool-calls` events as an Effect.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { quietly } from "../../config/callbacks.ts"
import type { ToolCall, ToolCalls } from "../../webhooks/events.ts"
import {
  answerOf,
  checkHandleOptions,
  contextsOf,
  type Delivery,
  type Ending,
  finderOf,
  type HandleOptions,
  millisOf,
  type ToolCallReport,
  type ToolResult,
  type ToolResults,
  unshown
} from "../calls.ts"
import type { AnyTool, Tool, ToolContext } from "../shape.ts"
import type { Toolkit } from "../Toolkit.ts"

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
 * import { Tool, Toolkit } from "@aywa-ai/runtime-sdk/tools/effect"
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
  checkHandleOptions("Toolkit.handle", options)
  const find = finderOf(toolkit.tools)
  const answer = (call: ToolCall, tool: AnyTool | undefined, ending: Ending, cause?: Cause.Cause<unknown>) => {
    const { result, report } = answerOf(call, tool, ending)
    return report === undefined ? Effect.succeed(result) : Effect.as(tell(options, report, cause), result)
  }
  const one = (
    call: ToolCall,
    contextOf: (signal: AbortSignal) => ToolContext,
    millis: number
  ): Effect.Effect<ToolResult, never, R> => {
    const { id, name } = call
    const tool = find(call)
    if ("_tag" in tool) return answer(call, undefined, tool)
    return Effect.scoped(
      Effect.flatMap(
        // Aborted when the call ends, however it ends: work that goes on then is for nobody.
        Effect.acquireRelease(
          Effect.sync(() => new AbortController()),
          (controller) => Effect.sync(() => controller.abort())
        ),
        ({ signal }) => run(tool, call, contextOf(signal))
      )
    ).pipe(
      Effect.timeoutOrElse({ duration: millis, orElse: () => Effect.succeed<Ending>({ _tag: "Late" }) }),
      Effect.matchCauseEffect({
        onSuccess: (ending) => answer(call, tool, ending),
        onFailure: (cause) => answer(call, tool, { _tag: "Failed", error: Cause.squash(cause) }, cause)
      }),
      Effect.withSpan("Toolkit.call", {
        attributes: { "gen_ai.tool.name": name, ...(id === undefined ? {} : { "gen_ai.tool.call.id": id }) }
      })
    )
  }
  return (message, delivery = {}) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const contextOf = contextsOf(message)
      const millis = millisOf(delivery, now)
      return Effect.map(
        Effect.forEach(message.toolCalls, (call) => one(call, (signal) => contextOf(call, signal), millis), {
          concurrency: "unbounded"
        }),
        (results) => ({ results })
      )
    })
}

/** Runs a call on the fiber of the request. */
const run = Effect.fnUntraced(function* <R>(
  tool: Tool<string, never, unknown, R>,
  call: ToolCall,
  context: ToolContext
): Effect.fn.Return<Ending, unknown, R> {
  const decoded = yield* soon(() => tool.decode(call.arguments))
  if ("failure" in decoded) return { _tag: "Failed", error: decoded.failure }
  // What was decoded is what the tool takes.
  const outcome: unknown = yield* Effect.try({
    try: () => tool.execute(decoded.value as never, context),
    catch: (error) => error
  })
  const result = Effect.isEffect(outcome)
    ? // The only Effect that it may return.
      yield* outcome as Effect.Effect<unknown, unknown, R>
    : yield* soon(() => tool.settle(outcome, context.signal))
  return yield* Effect.match(
    soon(() => tool.show(result)),
    {
      onSuccess: (text): Ending => ({ _tag: "Shown", text }),
      onFailure: (error): Ending => unshown(result, error)
    }
  )
})

const soon = <A>(step: () => A | PromiseLike<A>): Effect.Effect<A, unknown> =>
  Effect.tryPromise({ try: async () => step(), catch: (error) => error })

const tell = (
  { onFailure }: HandleOptions,
  report: ToolCallReport,
  cause: Cause.Cause<unknown> = Cause.fail(report.cause)
): Effect.Effect<void> =>
  onFailure === undefined
    ? Effect.logWarning(`Tool ${report.tool} failed (call ${report.toolCallId ?? "without an id"})`, cause)
    : Effect.sync(() => quietly(() => onFailure(report)))
