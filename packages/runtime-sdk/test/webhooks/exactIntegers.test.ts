/** Integers that a number cannot hold: an order or account number of 17 digits would be another one, silently. */
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { Tool, Toolkit } from "../../src/tools/effect.ts"
import { parseAywaRuntimeWebhook, type ToolCall, verifyAywaRuntimeWebhook } from "../../src/webhooks.ts"
import { signed } from "./support/delivery.ts"

/** One event for each way in which arguments arrive: as an object, and as text inside of JSON; each list, each place. */
const bodiesOf = (args: string): ReadonlyArray<string> => {
  const places = [args, JSON.stringify(args)].flatMap((given) => [
    `{"id":"1","function":{"name":"t","arguments":${given}}}`,
    `{"id":"1","function":{"name":"t","parameters":${given}}}`,
    `{"id":"1","name":"t","arguments":${given}}`,
    `{"id":"1","name":"t","parameters":${given}}`
  ])
  return places.flatMap((call) => [
    `{"message":{"type":"tool-calls","toolCallList":[${call}]}}`,
    `{"message":{"type":"tool-calls","toolCalls":[${call}]}}`,
    `{"message":{"type":"tool-calls","toolWithToolCallList":[{"toolCall":${call}}]}}`
  ])
}
const callOf = (body: string): ToolCall => {
  const message = parseAywaRuntimeWebhook(body)
  assert(message.type === "tool-calls")
  const [call] = message.toolCalls
  return call ?? assert.fail("no call")
}
const read = (args: string): unknown => {
  const all = bodiesOf(args).map((body) => callOf(body).arguments)
  for (const one of all) assert.deepStrictEqual(one, all[0])
  return all[0]
}

describe("an integer in the arguments of a tool call", () => {
  it("is text with all its digits where a number would be another one", () => {
    for (const [args, expected] of [
      ['{"n":9007199254740993}', { n: "9007199254740993" }],
      ['{"n":-9007199254740993}', { n: "-9007199254740993" }],
      ['{"n":12345678901234567890}', { n: "12345678901234567890" }],
      [
        '{ "n" : [ 12345678901234567891 , {"m":12345678901234567892} ] }',
        { n: ["12345678901234567891", { m: "12345678901234567892" }] }
      ],
      [`{"n":1${"0".repeat(399)}}`, { n: `1${"0".repeat(399)}` }],
      ['{"n":1e999,"m":-2E+400}', { n: "1e999", m: "-2E+400" }],
      ['{"12345678901234567890":12345678901234567891}', { "12345678901234567890": "12345678901234567891" }]
    ] as const) {
      assert.deepStrictEqual<unknown>(read(args), expected)
    }
  })
  it("is a number where one holds it, and what stands in text is left alone", () => {
    for (const args of [
      '{"n":9007199254740991,"m":-9007199254740991}',
      '{"n":9007199254740992,"m":100000000000000000000}',
      '{"n":0.12345678901234567890,"m":1e20,"k":1.5e-300,"z":-0}',
      '{"s":"12345678901234567890","t":"a \\"12345678901234567890\\" \\\\","u":": 12345678901234567890,"}',
      '{"s":"\\\\","n":1}',
      "{}"
    ]) {
      assert.deepStrictEqual(read(args), JSON.parse(args))
    }
  })
  it("is exact in an id of the call, and the message as it was sent is what JSON.parse gives", () => {
    const body =
      '{"message":{"type":"tool-calls","n":9007199254740993,"toolCallList":[{"id":9007199254740993,"name":"t"}]}}'
    const { message } = verifyAywaRuntimeWebhook(signed(body))
    assert(message.type === "tool-calls")
    assert.strictEqual(message.toolCalls[0]?.id, "9007199254740993")
    assert.deepStrictEqual([message["n"], message.toolCallList?.[0]?.["id"]], [9007199254740992, 9007199254740992])
  })
  it("law: nothing is lost of any JSON, and nothing but such integers is changed", () => {
    const json = fc.json({ maxDepth: 4 }).map((text) => `{"v":${text}}`)
    fc.assert(
      fc.property(json, fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }), (text, n) => {
        // A key called __proto__ is dropped from any body.
        fc.pre(!text.includes("__proto__"))
        const want = String(Number(n)) === `${n}` ? Number(n) : `${n}`
        const parsed = JSON.parse(text) as { readonly v: unknown }
        const args = `{"n":${n},"v":${text},"w":[${n}]}`
        assert.deepStrictEqual<unknown>(callOf(bodiesOf(args)[0] ?? "").arguments, { n: want, v: parsed, w: [want] })
        assert.deepStrictEqual<unknown>(callOf(bodiesOf(args)[12] ?? "").arguments, { n: want, v: parsed, w: [want] })
      }),
      { numRuns: 2000 }
    )
  })
})

describe("a tool", () => {
  const told = async (parameters: Schema.Codec<unknown, unknown>, args: string) => {
    const tool = Tool.make("t", { description: "d", parameters, execute: (given) => JSON.stringify(given) })
    const message = parseAywaRuntimeWebhook(bodiesOf(args)[0] ?? "")
    assert(message.type === "tool-calls")
    const { results } = await Toolkit.handler(Toolkit.make(tool))(message)
    return results[0]?.result ?? results[0]?.error
  }
  it("that takes text gets every digit", async () => {
    assert.strictEqual(
      await told(Schema.Struct({ account: Schema.String }), '{"account":12345678901234567890}'),
      '{"account":"12345678901234567890"}'
    )
  })
  it("that takes a number tells the model which one it cannot have", async () => {
    for (const number of [Schema.Int, Schema.Finite, Schema.Number]) {
      for (const n of ["12345678901234567890", "-9007199254740993", "1e999"]) {
        assert.match(
          (await told(Schema.Struct({ n: number }), `{"n":${n}}`)) ?? "",
          /n: is too large for a number to be exact.*9007199254740991/
        )
      }
    }
  })
})
