/** Tool calls through the handler, from events in every shape in which they arrive. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Tool, ToolDefinitionError, ToolFailure, Toolkit } from "../../src/tools/effect.ts"
import { generateWebhookSecret, parseAywaRuntimeWebhook, signAywaRuntimeWebhook } from "../../src/webhooks.ts"
import { nodeWebhookHandler } from "../../src/webhooks/handlers.ts"

const orders = Tool.make("lookupOrder", {
  description: "Finds an order",
  parameters: Schema.Struct({ orderId: Schema.String, limit: Schema.optionalKey(Schema.Int) }),
  success: Schema.Struct({ id: Schema.String, at: Schema.Date }),
  execute: ({ orderId }) => {
    if (orderId === "none") throw new ToolFailure("There is no such order.\nAsk again.")
    if (orderId === "boom") throw new Error("password=hunter2")
    return { id: orderId, at: new Date(0) }
  }
})
const weather = Tool.make("weather", {
  description: "The weather",
  execute: async (_, { toolCallId, callId, signal }) => `sun for ${toolCallId} of ${callId} ${signal.aborted}`
})
const dies = Tool.make("dies", { description: "Dies", execute: () => Effect.die(new Error("a defect")) })
const stops = Tool.make("stops", { description: "Interrupts itself", execute: () => Effect.interrupt })

/** The event, as it is read from a body. */
const eventOf = (message: object) => {
  const read = parseAywaRuntimeWebhook(JSON.stringify({ message: { type: "tool-calls", ...message } }))
  assert(read.type === "tool-calls")
  return read
}
const callOf = (name: string, args: object = {}, id = name) => ({
  id,
  type: "function",
  function: { name, arguments: JSON.stringify(args) }
})
const silent = { onFailure: () => {} }

describe("the handler of tool-calls", () => {
  const handle = Toolkit.handler(Toolkit.make(orders, weather, dies, stops), silent)

  it("arguments in all four places, as text and as an object, from all three lists", async () => {
    const args = { orderId: "A-1" }
    const places = [
      (given: unknown) => ({ function: { name: "lookupOrder", arguments: given } }),
      (given: unknown) => ({ function: { name: "lookupOrder", parameters: given } }),
      (given: unknown) => ({ name: "lookupOrder", arguments: given }),
      (given: unknown) => ({ name: "lookupOrder", parameters: given })
    ]
    const lists = [
      (call: object) => ({ toolCallList: [call] }),
      (call: object) => ({ toolCalls: [call] }),
      (call: object) => ({ toolWithToolCallList: [{ type: "function", toolCall: call }] })
    ]
    for (const place of places) {
      for (const given of [args, JSON.stringify(args)]) {
        for (const list of lists) {
          assert.deepStrictEqual(await handle(eventOf(list({ id: "tc_1", ...place(given) }))), {
            results: [
              { toolCallId: "tc_1", name: "lookupOrder", result: '{"id":"A-1","at":"1970-01-01T00:00:00.000Z"}' }
            ]
          })
        }
      }
    }
  })

  it("each call has a result or an error of its own, in the order of the calls, on one line", async () => {
    const reports: Array<Toolkit.ToolCallReport> = []
    const reply = await Toolkit.handler(Toolkit.make(orders, weather, dies, stops), {
      onFailure: (report) => {
        reports.push(report)
        throw new Error("a report that throws changes nothing")
      }
    })(
      eventOf({
        call: { id: "call_1" },
        toolCallList: [
          callOf("lookupOrder", { orderId: 7, limit: 1.5 }, "1"),
          callOf("weather", {}, "2"),
          callOf("unknown", {}, "3"),
          callOf("dies", {}, "4"),
          callOf("lookupOrder", { orderId: "none" }, "5"),
          callOf("lookupOrder", { orderId: "boom" }, "6"),
          callOf("stops", {}, "7"),
          { id: "8", function: { name: "weather", arguments: "{not json" } },
          callOf("lookupOrder", { orderId: "ok" }, "9")
        ]
      })
    )
    const said = reply.results.map(({ toolCallId, name, result, error }) => [
      toolCallId,
      name,
      result ?? `error: ${error}`
    ])
    assert.deepStrictEqual(
      said.map(([id, name]) => [id, name]),
      "1 lookupOrder,2 weather,3 unknown,4 dies,5 lookupOrder,6 lookupOrder,7 stops,8 weather,9 lookupOrder"
        .split(",")
        .map((one) => one.split(" "))
    )
    const texts = said.map(([, , text]) => text)
    assert.match(texts[0] ?? "", /^error: The arguments of lookupOrder are wrong\..*orderId: .*limit: /)
    assert.strictEqual(texts[1], "sun for 2 of call_1 false")
    assert.strictEqual(texts[2], "error: There is no tool unknown. There are: lookupOrder, weather, dies, stops.")
    assert.strictEqual(texts[3], "error: dies failed.")
    assert.strictEqual(texts[4], "error: There is no such order. Ask again.")
    assert.strictEqual(texts[5], "error: lookupOrder failed.")
    assert.strictEqual(texts[6], "error: stops failed.")
    assert.match(texts[7] ?? "", /^error: The arguments of weather are no JSON object/)
    assert.match(texts[8] ?? "", /"id":"ok"/)
    // Only what is not the model's fault is reported.
    assert.deepStrictEqual(reports.map(({ toolCallId }) => toolCallId).toSorted(), ["4", "6", "7"])
  })

  it("calls run side by side", async () => {
    let waiting = 0
    const all = Promise.withResolvers<void>()
    const meet = Tool.make("meet", {
      description: "Waits for the others",
      execute: async () => {
        if (++waiting === 3) all.resolve()
        await all.promise
        return "met"
      }
    })
    const { results } = await Toolkit.handler(Toolkit.make(meet))(
      eventOf({ toolCallList: ["1", "2", "3"].map((id) => callOf("meet", {}, id)) })
    )
    assert.deepStrictEqual(
      results.map(({ result }) => result),
      ["met", "met", "met"]
    )
  })

  it("a call that is late is an error before the deadline, its signal fires, and the others are not touched", async () => {
    const aborted = Promise.withResolvers<void>()
    const slow = Tool.make("slow", {
      description: "Never ends",
      execute: (_, { signal }) => {
        signal.addEventListener("abort", () => aborted.resolve())
        return new Promise<string>(() => {})
      }
    })
    const deadline = new Date(Date.now() + 1000)
    const { results } = await Toolkit.handler(Toolkit.make(slow, weather), silent)(
      eventOf({ toolCallList: [callOf("slow"), callOf("weather")] }),
      { deadline }
    )
    assert.match(results[0]?.error ?? "", /^slow gave no answer in time/)
    assert.match(results[1]?.result ?? "", /^sun/)
    await aborted.promise
  })

  it("an id is an idempotency key only where it names one call", async () => {
    const keys: Array<string | undefined> = []
    const keyed = Tool.make("keyed", {
      description: "Remembers its key",
      execute: (_, { toolCallId }) => {
        keys.push(toolCallId)
        return "ok"
      }
    })
    const { results } = await Toolkit.handler(Toolkit.make(keyed))(
      eventOf({ toolCallList: ["a", "a", "", null, "b"].map((id) => ({ id, name: "keyed" })) })
    )
    assert.deepStrictEqual(keys, [undefined, undefined, undefined, undefined, "b"])
    assert.deepStrictEqual(
      results.map(({ toolCallId }) => toolCallId),
      ["a", "a", "", "", "b"]
    )
  })

  it.effect("Effects with services; typed failures in words of the tool", () =>
    Effect.gen(function* () {
      class Stock extends Context.Service<Stock, { readonly of: (sku: string) => number }>()("test/Stock") {}
      class Empty {
        readonly _tag = "Empty"
        readonly sku: string
        constructor(sku: string) {
          this.sku = sku
        }
      }
      const stock = Tool.make("stock", {
        description: "How many are left",
        parameters: Schema.Struct({ sku: Schema.String }),
        success: Schema.Int,
        execute: ({ sku }) =>
          Effect.flatMap(Stock, (stock) => {
            const left = stock.of(sku)
            return left === 0 ? Effect.fail(new Empty(sku)) : Effect.succeed(left)
          }),
        failure: (error) => `None of ${error.sku} are left`
      })
      const program = Toolkit.handle(
        Toolkit.make(stock, weather),
        silent
      )(eventOf({ toolCallList: [callOf("stock", { sku: "a" }, "1"), callOf("stock", { sku: "" }, "2")] }))
      const { results } = yield* Effect.provideService(program, Stock, { of: (sku) => sku.length })
      assert.deepStrictEqual(
        results.map(({ result, error }) => result ?? error),
        ["1", "None of  are left"]
      )
    })
  )

  it("no result at all is `done`", async () => {
    const nothing = Tool.make("nothing", { description: "No result", success: Schema.Void, execute: () => {} })
    const { results } = await Toolkit.handler(Toolkit.make(nothing))(eventOf({ toolCallList: [callOf("nothing")] }))
    assert.deepStrictEqual(
      results.map(({ result }) => result),
      ["done"]
    )
  })

  it("results are one line, whatever text they hold", () =>
    fc.assert(
      fc.asyncProperty(fc.string({ unit: fc.constantFrom("a", "\n", "\r", "\u2028", "\u0085", '"') }), async (text) => {
        const echo = Tool.make("echo", { description: "Echoes", execute: () => text })
        const json = Tool.make("json", {
          description: "Echoes",
          success: Schema.Struct({ text: Schema.String }),
          execute: () => ({ text })
        })
        const { results } = await Toolkit.handler(Toolkit.make(echo, json))(
          eventOf({ toolCallList: [callOf("echo"), callOf("json")] })
        )
        for (const { result = "" } of results) assert.notMatch(result, /[\r\n\u0085\u2028\u2029]/)
        // Line breaks inside of JSON are escapes: they survive, but for those that JSON leaves as they are.
        const back = JSON.parse(results[1]?.result ?? "") as { readonly text: string }
        assert.strictEqual(back.text, text.replace(/[\u0085\u2028]+/g, " "))
      }),
      { numRuns: 100 }
    ))

  it("two tools of one name are refused", () => {
    assert.throws(() => Toolkit.make(weather, orders, weather), ToolDefinitionError, /weather is there more than once/)
  })
})

it("behind a real server: a signed event in, results out", async () => {
  const secret = generateWebhookSecret()
  const toolkit = Toolkit.make(orders, weather)
  const server = createServer(
    nodeWebhookHandler({ secret, handlers: { "tool-calls": Toolkit.handler(toolkit, silent) } })
  )
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const body = JSON.stringify({
    message: { type: "tool-calls", toolCallList: [callOf("lookupOrder", { orderId: "A-1" }), callOf("nope", {}, "2")] }
  })
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, {
    method: "POST",
    headers: { ...signAywaRuntimeWebhook({ body, secret }) },
    body
  })
  server.close()
  assert.strictEqual(response.status, 200)
  assert.deepStrictEqual(await response.json(), {
    results: [
      { toolCallId: "lookupOrder", name: "lookupOrder", result: '{"id":"A-1","at":"1970-01-01T00:00:00.000Z"}' },
      { toolCallId: "2", name: "nope", error: "There is no tool nope. There are: lookupOrder, weather." }
    ]
  })
})
