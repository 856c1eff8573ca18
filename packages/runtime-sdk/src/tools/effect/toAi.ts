/**
 * Tools of a runtime for a model of `effect/ai`.
 */
import * as AiTool from "effect/ai/Tool"
import * as AiToolkit from "effect/ai/Toolkit"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { isObject } from "../../schema/isObject.ts"
import type { HandleOptions } from "../calls.ts"
import type { AnyTool } from "../shape.ts"
import type { Toolkit } from "../Toolkit.ts"
import { handle } from "./handle.ts"

/**
 * Tools of a runtime, as `effect/ai` has them: arguments are JSON, result and failure are what the model reads.
 *
 * @since 0.2.0
 * @category effect/ai
 */
export type AiTools<Name extends string> = { readonly [K in Name]: AiToolOf<K> }

type AiToolOf<Name extends string> = AiTool.Dynamic<
  Name,
  {
    readonly parameters: { readonly [keyword: string]: unknown }
    readonly success: typeof Schema.String
    readonly failure: typeof Schema.String
    readonly failureMode: "return"
  }
>

/**
 * A toolkit for a `LanguageModel` of `effect/ai`, with its handlers.
 *
 * **Details**
 *
 * The model is told what the runtime's model is told, and reads the same words: `failureMode` is `"return"`, the failure
 * of a call is its text. What the tool failed with goes to `onFailure`, or the log. A tool has the time that a runtime
 * gives it: its `timeoutSeconds`, or 18 seconds.
 *
 * **Example**
 *
 * ```ts
 * import { Tool, Toolkit } from "@aywa-ai/runtime-sdk/tools/effect"
 * import { LanguageModel } from "effect/ai"
 *
 * const now = Tool.make("now", { description: "The time", execute: () => new Date().toISOString() })
 *
 * export const answer = (prompt: string) =>
 *   LanguageModel.generateText({ prompt, toolkit: Toolkit.toAi(Toolkit.make(now)) })
 * ```
 *
 * @since 0.2.0
 * @category effect/ai
 */
export const toAi = <Name extends string, R>(
  toolkit: Toolkit<Name, R>,
  options: HandleOptions = {}
): Effect.Effect<AiToolkit.WithHandler<AiTools<Name>>, never, R> => {
  const answer = handle(toolkit, options)
  const ai = AiToolkit.make(...toolkit.tools.map(aiToolOf))
  return Effect.flatMap(Effect.context<R>(), (services) => {
    const call =
      ({ name, timeoutSeconds }: AnyTool) =>
      (params: unknown, { toolCallId }: { readonly toolCallId?: string | undefined }) =>
        Effect.gen(function* () {
          const args = isObject(params) ? { arguments: params } : { arguments: {}, invalidArguments: oneText(params) }
          const now = yield* Clock.currentTimeMillis
          const { results } = yield* answer(
            { toolCalls: [{ id: toolCallId, name, ...args }] },
            timeoutSeconds === undefined ? {} : { deadline: new Date(now + timeoutSeconds * 1000) }
          )
          const [result] = results
          return result?.result ?? (yield* Effect.fail(result?.error ?? `${name} gave no answer.`))
        }).pipe(Effect.provide(services))
    const handlers = Object.fromEntries(toolkit.tools.map((tool) => [tool.name, call(tool)]))
    return Effect.map(
      Effect.flatMap(ai.toHandlers(handlers), (context) => Effect.provide(ai, context)),
      // Each tool of the toolkit has one of its names: the compiler only knows of names.
      (ready) => ready as unknown as AiToolkit.WithHandler<AiTools<Name>>
    )
  })
}

const aiToolOf = ({ name, definition: { description, parameters, strict } }: AnyTool) => {
  const tool = AiTool.dynamic(name, {
    description,
    parameters: { ...parameters },
    success: Schema.String,
    failure: Schema.String,
    failureMode: "return"
  })
  return strict === undefined ? tool : tool.annotate(AiTool.Strict, strict)
}

const oneText = (value: unknown): string =>
  typeof value === "string" ? value : (JSON.stringify(value) ?? String(value))
