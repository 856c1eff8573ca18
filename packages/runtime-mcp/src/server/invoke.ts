/**
 * One call of a tool, from the protocol's side: the arguments to the tool, its answer or its error to the client, and
 * a person's confirmation by the way that the client's protocol has for it.
 */
import { createHmac, timingSafeEqual } from "node:crypto"
import * as McpSchema from "effect/ai/McpSchema"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { showError } from "../errors/McpFailure.ts"
import type { Confirm, Confirmation } from "../guard/confirm.ts"
import { type Shown, showAnswer, showFailure } from "../show/answer.ts"
import type { MaskOptions } from "../show/mask.ts"
import type { Invocation, Tool } from "../tools/tool.ts"

/** What calls of one server share. */
export interface CallContext {
  readonly mask: MaskOptions
  /** Signs what a client brings back with a person's answer. */
  readonly seal: Buffer
  readonly note: (line: string) => void
  readonly notifyProgress: (payload: ProgressPayload) => Effect.Effect<void>
}

/** How far something is, as the protocol says it. */
export interface ProgressPayload {
  readonly progressToken: string | number
  readonly progress: number
  readonly total?: number | undefined
  readonly message?: string | undefined
}

/** A tool has a question, and the client's protocol brings the answer with a second call. */
class Asked extends Error {
  readonly question: string
  constructor(question: string) {
    super("asked")
    this.question = question
  }
}

const form = {
  type: "object",
  properties: {
    place: { type: "boolean", title: "Yes, do it", description: "Nothing is done otherwise", default: false }
  },
  required: ["place"]
} as const

const settled = (response: unknown): Confirmation => {
  const action: unknown = Reflect.get(Object(response), "action")
  const content: unknown = Reflect.get(Object(response), "content")
  return action === "accept" && Reflect.get(Object(content), "place") === true ? "accepted" : "declined"
}

/** What a client brings back proves that the person was asked this very question about this very call. */
const sealOf = (key: Buffer, tool: Tool, input: unknown, question: string): string =>
  createHmac("sha256", key)
    .update(JSON.stringify([tool.name, input, question]))
    .digest("hex")

const isSeal = (seal: string, state: string | undefined): boolean =>
  state !== undefined && state.length === seal.length && timingSafeEqual(Buffer.from(state), Buffer.from(seal))

type Request = McpSchema.McpRequestContext["Service"]

const confirmIn = (
  request: Request,
  context: Context.Context<never>,
  { seal }: CallContext,
  { tool, input, signal }: { readonly tool: Tool; readonly input: unknown; readonly signal: AbortSignal }
): Confirm => {
  const client = Context.getOrUndefined(context, McpSchema.McpServerClient)
  const capable = request.clientCapabilities.elicitation !== undefined
  return async (question) => {
    if (!capable) return "unable"
    if (client === undefined) {
      const answer = request.inputResponses?.["confirm"]
      if (answer === undefined) throw new Asked(question)
      return isSeal(sealOf(seal, tool, input, question), request.requestState) ? settled(answer) : "declined"
    }
    const asking = Effect.scoped(
      Effect.flatMap(client.getClient, (reverse) =>
        // The schema of the form is the protocol's own.
        reverse.elicit(
          new McpSchema.ElicitRequestFormParams({ mode: "form", message: question, requestedSchema: form })
        )
      )
    )
    const exit = await Effect.runPromiseExit(asking, { signal })
    return Exit.isSuccess(exit) ? settled(exit.value) : "unable"
  }
}

const resultOf = ({ text, data, isError }: Shown): McpSchema.CallToolResult =>
  new McpSchema.CallToolResult({ isError, structuredContent: data, content: [{ type: "text", text }] })

const progressTokenOf = ({ requestMetadata }: Request): string | number | undefined => {
  const token: unknown = Reflect.get(Object(requestMetadata), "progressToken")
  return typeof token === "string" || typeof token === "number" ? token : undefined
}

/** A tool that throws before it waits rejects like any other. */
const run = async (tool: Tool, input: unknown, invocation: Invocation) => tool.run(input, invocation)

/** Runs a tool. It fails for nothing: whatever went wrong is a result that says so. */
export const invoke = (tool: Tool, call: CallContext) =>
  Effect.fnUntraced(function* (
    input: unknown
  ): Effect.fn.Return<McpSchema.CallToolResult | McpSchema.InputRequired, never, McpSchema.McpRequestContext> {
    const request = yield* McpSchema.McpRequestContext
    const context = yield* Effect.context<never>()
    const token = progressTokenOf(request)
    const outcome = yield* Effect.callback<Shown | Asked>((resume) => {
      const controller = new AbortController()
      const { signal } = controller
      let told: Promise<unknown> = Promise.resolve()
      const aborted = new Promise((gone) => signal.addEventListener("abort", gone, { once: true }))
      const isOver = run(tool, input, {
        signal,
        confirm: confirmIn(request, context, call, { tool, input, signal }),
        progress: (progress, total, message) => {
          if (token === undefined) return
          const notice = call.notifyProgress({ progressToken: token, progress, total, message })
          told = told.then(() => Effect.runPromiseExitWith(context)(notice))
        }
      })
        .then(
          (answer): Shown | Asked => showAnswer(answer, call.mask),
          (error: unknown) => (error instanceof Asked ? error : failure(tool, error, call))
        )
        // After the answer a client takes no news any more; one that has gone away takes none at all.
        .then((outcome) => Promise.race([told, aborted]).then(() => outcome))
        .then((outcome) => resume(Effect.succeed(outcome)))
      return Effect.suspend(() => {
        controller.abort(new Error("The client cancelled the call"))
        // What was under way is noted before the call counts as over.
        return Effect.promise(() => isOver)
      })
    })
    if (!(outcome instanceof Asked)) return resultOf(outcome)
    const { question } = outcome
    return new McpSchema.InputRequired({
      inputRequests: {
        confirm: { method: "elicitation/create", params: { mode: "form", message: question, requestedSchema: form } }
      },
      requestState: sealOf(call.seal, tool, input, question)
    })
  })

const failure = (tool: Tool, error: unknown, { mask, note }: CallContext): Shown => {
  const shown = showError(error)
  if (shown.code === "defect")
    note(`${tool.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  return showFailure(shown, mask)
}
