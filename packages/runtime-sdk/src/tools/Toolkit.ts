/**
 * The tools of one server, and the handler of `tool-calls` events.
 *
 * @since 0.1.0
 */
import { quietly } from "../config/callbacks.ts"
import { startDeadline, within } from "../webhooks/handling/within.ts"
import type { ToolCall, ToolCalls } from "../webhooks/events.ts"
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
} from "./calls.ts"
import type { AnyTool, Tool, ToolContext } from "./shape.ts"
import { ToolDefinitionError } from "./ToolDefinitionError.ts"

export type { HandleOptions, ToolCallReport, ToolResult, ToolResults } from "./calls.ts"

/**
 * Tools by name.
 *
 * @since 0.1.0
 * @category models
 */
export interface Toolkit<out Name extends string = string, out R = never> {
  readonly tools: ReadonlyArray<Tool<Name, never, unknown, R>>
}

/** Any toolkit, whatever its tools need. */
export type AnyToolkit = Toolkit<string, unknown>

type NameOf<T> = T extends Tool<infer Name, never, unknown, unknown> ? Name : never
type ServicesOf<T> = T extends Tool<string, never, unknown, infer R> ? R : never

/**
 * Puts tools together. Throws `ToolDefinitionError` when two have the same name.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <const Tools extends ReadonlyArray<AnyTool>>(
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
  return {
    tools: tools as ReadonlyArray<AnyTool> as Toolkit<NameOf<Tools[number]>, ServicesOf<Tools[number]>>["tools"]
  }
}

/**
 * The handler of `tool-calls`: what `handlers` of `./webhooks/handlers` takes.
 *
 * **Details**
 *
 * The calls of one event run side by side. Each has a result or an error of its own: wrong arguments, an unknown tool,
 * a failure, or no result in time (a little before the deadline of the event) is an error that the model reads, and does
 * not touch the other calls. A result that `success` does not take is `done, result not shown`, and is reported: the tool
 * did run. Calls that share an id, or have none, are run and answered in their order. It never rejects.
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
  checkHandleOptions("Toolkit.handler", options)
  const find = finderOf(toolkit.tools)
  const report = options.onFailure ?? warn
  const answer = (call: ToolCall, tool: AnyTool | undefined, ending: Ending): ToolResult => {
    const said = answerOf(call, tool, ending)
    const { report: failure } = said
    // Whoever is told must not break the reply.
    if (failure !== undefined) quietly(() => report(failure))
    return said.result
  }
  return async (message, delivery = {}) => {
    const contextOf = contextsOf(message)
    const millis = millisOf(delivery, Date.now())
    const one = async (call: ToolCall): Promise<ToolResult> => {
      const tool = find(call)
      return "_tag" in tool
        ? answer(call, undefined, tool)
        : answer(
            call,
            tool,
            await bounded(millis, delivery.signal, (signal) => run(tool, call, contextOf(call, signal)))
          )
    }
    return { results: await Promise.all(message.toolCalls.map(one)) }
  }
}

/** A call that ends in time, or is late. Its signal fires when it ends, however that is: work that goes on is for nobody. */
const bounded = async (
  millis: number,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<Ending>
): Promise<Ending> => {
  const deadline = startDeadline(millis, outer)
  const end = new AbortController()
  const outcome = await within(deadline, () => work(AbortSignal.any([deadline.signal, end.signal])))
  deadline.close()
  end.abort()
  switch (outcome._tag) {
    case "Done":
      return outcome.value
    case "Late":
      return { _tag: "Late" }
    case "Failed":
      return { _tag: "Failed", error: outcome.cause }
  }
}

const run = async (tool: Tool, call: ToolCall, context: ToolContext): Promise<Ending> => {
  const decoded = await tool.decode(call.arguments)
  if ("failure" in decoded) return { _tag: "Failed", error: decoded.failure }
  // What was decoded is what the tool takes.
  const result = await tool.settle(tool.execute(decoded.value as never, context), context.signal)
  try {
    return { _tag: "Shown", text: await tool.show(result) }
  } catch (error) {
    return unshown(result, error)
  }
}

const warn = ({ tool, toolCallId, cause }: ToolCallReport): void => {
  const detail = cause instanceof Error ? (cause.stack ?? String(cause)) : String(cause)
  const text = `Tool ${tool} failed (call ${toolCallId ?? "without an id"})`
  // Not every platform has processes.
  if (typeof process === "object") process.emitWarning(text, { type: "AywaRuntimeTool", detail })
}
