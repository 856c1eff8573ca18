/** Toolkits of `effect/ai`: they answer a runtime, and tools of a runtime serve a model. */
import { createServer } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, describe, it } from "@effect/vitest"
import { AiError, LanguageModel, Tool as AiTool, Toolkit as AiToolkit } from "effect/ai"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { AywaWebhooks } from "../../src/effect.ts"
import { Tool, ToolDefinitionError, ToolFailure, Toolkit } from "../../src/tools/effect.ts"
import { generateWebhookSecret, signAywaRuntimeWebhook } from "../../src/webhooks.ts"
import { WebhookRoute } from "../../src/webhooks/http.ts"

class Warehouse extends Context.Service<Warehouse, { readonly name: string }>()("test/Warehouse") {}

class NoSuchOrder extends Schema.TaggedError<NoSuchOrder>()("NoSuchOrder", { orderId: Schema.String }) {}

const modes = (failureMode: "error" | "return") =>
  AiTool.make(`lookup_${failureMode}`, {
    description: "Finds an order",
    parameters: Schema.Struct({
      orderId: Schema.String.check(Schema.isMinLength(2)),
      since: Schema.optionalKey(Schema.Date),
      limit: Schema.optionalKey(Schema.FiniteFromString.check(Schema.isGreaterThan(0)))
    }),
    success: Schema.Struct({ id: Schema.String, at: Schema.Date }),
    failure: NoSuchOrder,
    failureMode,
    dependencies: [Warehouse]
  })
const [failing, returning] = [modes("error"), modes("return")]
const ping = AiTool.make("ping", { description: "Answers", success: Schema.String })
const progress = AiTool.make("progress", { description: "Takes long", success: Schema.Int })
const raw = AiTool.dynamic("raw", {
  description: "Of a JSON Schema",
  parameters: { type: "object", properties: { n: { type: "integer", minimum: 1 } }, required: ["n"] },
  success: Schema.ReadonlyMap(Schema.String, Schema.Int)
})
const picture = AiTool.make("picture", {
  description: "Shows",
  success: Schema.String,
  toModelOutput: (text) => [{ type: "text", text: `seen: ${text}` }] as never
})
const kit = AiToolkit.make(failing, returning, ping, progress, raw, picture)

const lookup = Effect.fnUntraced(function* ({ orderId }: { readonly orderId: string }) {
  if (orderId === "none") return yield* new NoSuchOrder({ orderId })
  if (orderId === "boom") return yield* Effect.die(new Error("password=hunter2"))
  if (orderId === "quota") {
    return yield* AiError.make({
      module: "x",
      method: "y",
      reason: new AiError.ToolConfigurationError({ toolName: "x", description: "key=hunter2" })
    })
  }
  // What is no date has no JSON: the tool ran, and its result cannot be told.
  return { id: (yield* Warehouse).name, at: orderId === "later" ? ("never" as never) : new Date(0) }
})
const handlers = kit.toLayer({
  lookup_error: lookup,
  lookup_return: lookup,
  ping: (_, { toolCallId }) => Effect.succeed(`pong ${toolCallId}`),
  progress: (_, { preliminary }) => Effect.as(Effect.andThen(preliminary(1), preliminary(2)), 3),
  raw: (args) => Effect.succeed(new Map([[JSON.stringify(args), 1]])),
  picture: () => Effect.succeed("x")
})

const secret = generateWebhookSecret()

/** Posts signed tool calls to a route on a port. */
const serving = <E>(routes: Layer.Layer<never, E, HttpRouter.HttpRouter>) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(
      HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true }).pipe(
        Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" }))
      )
    )
    const { address } = Context.get(context, HttpServer.HttpServer)
    const url = `http://127.0.0.1:${"port" in address ? address.port : 0}/webhooks`
    return (...calls: ReadonlyArray<readonly [name: string, args?: object]>) =>
      Effect.promise(async (signal) => {
        const toolCallList = calls.map(([name, args = {}], i) => ({ id: `tc_${i}`, name, arguments: args }))
        const body = JSON.stringify({ message: { type: "tool-calls", toolCallList } })
        const headers = signAywaRuntimeWebhook({ body, secret })
        const response = await fetch(url, { method: "POST", body, headers, signal })
        const { results } = (await response.json()) as Toolkit.ToolResults
        return results.map(({ result, error }) => result ?? `! ${error}`)
      })
  })

describe("a toolkit of effect/ai", () => {
  it.effect("answers signed tool calls on a socket, with its failure modes", () =>
    Effect.gen(function* () {
      const reports: Array<readonly [string, unknown]> = []
      const toolkit = yield* Toolkit.fromAi(kit)
      const answer = Toolkit.handle(toolkit, { onFailure: ({ tool, cause }) => void reports.push([tool, cause]) })
      const routes = WebhookRoute.layer("/webhooks", {
        handlers: {
          "tool-calls": (message, delivery) =>
            Effect.provideService(answer(message, delivery), Warehouse, { name: "north" })
        }
      })
      const post = yield* serving(Layer.provide(routes, AywaWebhooks.layer({ secret })))
      const found = '{"id":"north","at":"1970-01-01T00:00:00.000Z"}'
      assert.deepStrictEqual(
        yield* post(["ping"], ["ping", { more: 1 }], ["progress"], ["raw", { n: 2 }], ["picture"], ["nobody"]),
        [
          "pong tc_0",
          "pong tc_1",
          "3",
          '[["{\\"n\\":2}",1]]',
          "seen: x",
          "! There is no tool nobody. There are: lookup_error, lookup_return, ping, progress, raw, picture."
        ]
      )
      for (const mode of ["error", "return"]) {
        const name = `lookup_${mode}`
        const [good, dated, defect, aiError, unshown, short, wrong, none] = yield* post(
          [name, { orderId: "A-1" }],
          [name, { orderId: "A-1", since: "2030-01-31T16:30:00Z" }],
          [name, { orderId: "boom" }],
          [name, { orderId: "quota" }],
          [name, { orderId: "later" }],
          [name, { orderId: "A" }],
          [name, { orderId: 7, since: "soon" }],
          // Of the value that the text is decoded to.
          [name, { orderId: "A-1", limit: "0" }]
        )
        assert.deepStrictEqual([good, dated], [found, found])
        assert.deepStrictEqual([defect, aiError], [`! ${name} failed.`, `! ${name} failed.`])
        assert.strictEqual(unshown, "done, result not shown")
        assert.match(short ?? "", /^! The arguments of lookup_\w+ are wrong\. orderId: .*length.*Correct them/)
        assert.match(none ?? "", /^! The arguments of lookup_\w+ are wrong\. .*greater than 0.*limit.*Correct them/)
        assert.match(wrong ?? "", /^! The arguments of lookup_\w+ are wrong\. (?=.*since: ).*orderId: /)
        assert.deepStrictEqual(
          reports.map(([tool]) => tool),
          [name, name, name]
        )
        reports.length = 0
      }
      const unknown = { orderId: "none" }
      assert.deepStrictEqual(yield* post(["lookup_error", unknown], ["lookup_return", unknown]), [
        "! lookup_error failed.",
        '! {"_tag":"NoSuchOrder","orderId":"none"}'
      ])
      assert.strictEqual(reports.length, 1)
      assert.instanceOf(reports[0]?.[1], NoSuchOrder)
    }).pipe(Effect.provide(handlers), Effect.scoped)
  )

  it.effect("refuses what nobody can answer in a call, in the error channel", () =>
    Effect.gen(function* () {
      const base = { description: "Something" }
      const search = AiTool.providerDefined({ id: "x.search", customName: "Search", providerName: "search" })(undefined)
      for (const [tool, message] of [
        [AiTool.make("mute"), /^Tool mute: description is empty/],
        [AiTool.make("ask", { ...base, needsApproval: true }), /^Tool ask: needsApproval cannot be asked for/],
        [AiTool.make("any", { ...base, parameters: Schema.Struct({ x: Schema.Unknown }) }), /^Tool any: parameters.x/],
        [search, /^Tool Search: .*a model's provider/]
      ] as const) {
        const one = AiToolkit.make(tool as AiTool.Any)
        const error = yield* Effect.flip(
          Toolkit.fromAi(Effect.succeed({ tools: one.tools, handle: () => Effect.die("") } as never))
        )
        assert.instanceOf(error, ToolDefinitionError)
        assert.match(error.message, message)
      }
    })
  )

  it.effect("is told as tools of our own are", () =>
    Effect.gen(function* () {
      const toolkit = yield* Toolkit.fromAi(kit)
      const own = Tool.make("lookup_error", {
        description: "Finds an order",
        parameters: failing.parametersSchema,
        execute: () => ""
      })
      assert.deepStrictEqual(toolkit.tools[0]?.definition, own.definition)
    }).pipe(Effect.provide(handlers))
  )
})

describe("tools of a runtime in effect/ai", () => {
  const own = Toolkit.make(
    Tool.make("stock", {
      description: "How many are left",
      parameters: Schema.Struct({ sku: Schema.String }),
      success: Schema.Struct({ left: Schema.Int }),
      execute: ({ sku }, { toolCallId }) => {
        if (sku === "none") throw new ToolFailure("There is no such thing.")
        if (sku === "boom") throw new Error("password=hunter2")
        return Effect.map(Warehouse, ({ name }) => ({ left: name.length + (toolCallId?.length ?? 0) }))
      }
    })
  )
  const services = Layer.succeed(Warehouse, { name: "north" })

  it.effect("a model reads their results and failures, and reports stay with the program", () =>
    Effect.gen(function* () {
      const reports: Array<string> = []
      const ai = yield* Toolkit.toAi(own, { onFailure: ({ tool }) => void reports.push(tool) })
      const read = (params: unknown) =>
        Effect.flatMap(ai.handle("stock", params as never, "tc_1"), Stream.runCollect).pipe(
          Effect.map((results) => results.map(({ isFailure, encodedResult }) => [isFailure, encodedResult]))
        )
      assert.deepStrictEqual(yield* read({ sku: "a" }), [[false, '{"left":9}']])
      assert.deepStrictEqual(yield* read({ sku: "none" }), [[true, "There is no such thing."]])
      assert.deepStrictEqual(yield* read({ sku: "boom" }), [[true, "stock failed."]])
      assert.deepStrictEqual(yield* read("sku"), [[true, "The arguments of stock are no JSON object. Send one."]])
      assert.match(JSON.stringify(yield* read({ sku: 1 })), /The arguments of stock are wrong. sku: /)
      assert.deepStrictEqual(reports, ["stock"])
      assert.deepStrictEqual(AiTool.getJsonSchema(ai.tools.stock), { ...own.tools[0]?.definition.parameters })
    }).pipe(Effect.provide(services))
  )

  it.effect("go through a language model, and come back as they went", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const model = yield* LanguageModel.make({
        generateText: ({ tools }) => {
          seen.push(...tools.map(({ name }) => name))
          return Effect.succeed([{ type: "tool-call", id: "tc_1", name: "stock", params: { sku: "a" } }])
        },
        streamText: () => Stream.empty
      })
      const { toolResults } = yield* LanguageModel.generateText({ prompt: "?", toolkit: Toolkit.toAi(own) }).pipe(
        Effect.provideService(LanguageModel.LanguageModel, model)
      )
      assert.deepStrictEqual(seen, ["stock"])
      assert.deepStrictEqual(
        toolResults.map(({ result }) => result),
        ['{"left":9}']
      )
      const back = yield* Toolkit.fromAi(Toolkit.toAi(own))
      assert.deepStrictEqual(back.tools[0]?.definition, own.tools[0]?.definition)
      const toolCalls = [{ id: "tc_1", name: "stock", arguments: { sku: "none" } }]
      assert.deepStrictEqual(yield* Toolkit.handle(back)({ toolCalls }), {
        results: [{ toolCallId: "tc_1", name: "stock", error: "There is no such thing." }]
      })
    }).pipe(Effect.provide(services))
  )
})
