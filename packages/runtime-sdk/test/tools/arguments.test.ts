/** Arguments as models send them: what is left out, what is no number, no date, and results that cannot be told. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { assert, describe, it } from "vitest"
import { Tool, Toolkit } from "../../src/tools/effect.ts"
import { parseAywaRuntimeWebhook } from "../../src/webhooks.ts"
import { handlers, isWebhookHandlerError, type WebhookHandlerMap } from "../../src/webhooks/handlers.ts"

const eventOf = (...calls: ReadonlyArray<object>) => {
  const toolCallList = calls.map((call, index) => ({ id: `call_${index}`, ...call }))
  const read = parseAywaRuntimeWebhook(JSON.stringify({ message: { type: "tool-calls", toolCallList } }))
  assert(read.type === "tool-calls")
  return read
}

/** What the model reads of a call of a tool with these arguments, which tells what it was given. */
const told = async (parameters: Schema.Codec<unknown, unknown>, given: unknown): Promise<string> => {
  const tool = Tool.make("t", { description: "d", parameters, execute: (args) => JSON.stringify(args) })
  const { results } = await Toolkit.handler(Toolkit.make(tool))(eventOf({ name: "t", arguments: given }))
  const [result] = results
  return result?.result ?? `error: ${result?.error}`
}

describe("null", () => {
  const parameters = Schema.Struct({
    id: Schema.String,
    note: Schema.optionalKey(Schema.String),
    size: Schema.optional(Schema.Literals(["s", "m"])),
    clear: Schema.optionalKey(Schema.NullOr(Schema.String)),
    inner: Schema.optionalKey(
      Schema.Struct({
        a: Schema.optionalKey(Schema.Int),
        list: Schema.Array(Schema.Struct({ b: Schema.optionalKey(Schema.Int) }))
      })
    )
  })
  it("of an optional argument is left out, at every depth", async () => {
    assert.strictEqual(
      await told(parameters, { id: "1", note: null, size: null, inner: { a: null, list: [{ b: null }, { b: 1 }] } }),
      '{"id":"1","inner":{"list":[{},{"b":1}]}}'
    )
    assert.strictEqual(await told(parameters, { id: "1", inner: null }), '{"id":"1"}')
  })
  it("is a value where the schema takes it", async () => {
    assert.strictEqual(await told(parameters, { id: "1", clear: null }), '{"id":"1","clear":null}')
  })
  it("of a required argument, or in a list, is wrong", async () => {
    assert.match(await told(parameters, { id: null }), /^error: .*id: /)
    assert.match(await told(parameters, { id: "1", inner: { list: [null] } }), /^error: .*inner\.list\.0: /)
  })
})

describe("a tool without parameters", () => {
  const nothing = ["null", " ", "", "{}", "\n", " null ", null, undefined, {}]
  for (const given of nothing) {
    it(`runs when the model sends ${JSON.stringify(given)}`, async () => {
      const tool = Tool.make("t", { description: "d", execute: () => "ran" })
      const handle = Toolkit.handler(Toolkit.make(tool))
      for (const call of [
        { name: "t", arguments: given },
        { function: { name: "t", arguments: given } },
        { function: { name: "t", parameters: given } }
      ]) {
        assert.strictEqual((await handle(eventOf(call))).results[0]?.result, "ran")
      }
    })
  }
  it("and one with required ones says which are missing", async () => {
    for (const given of nothing) {
      assert.match(await told(Schema.Struct({ id: Schema.String }), given), /^error: .*id: /)
    }
  })
})

describe("what the model was told", () => {
  it("is a number, so that no text is one", async () => {
    const parameters = Schema.Struct({ n: Schema.Number, list: Schema.optionalKey(Schema.Array(Schema.Number)) })
    assert.strictEqual(await told(parameters, { n: 1.5, list: [1] }), '{"n":1.5,"list":[1]}')
    for (const text of ["NaN", "Infinity", "-Infinity", "1", ""]) {
      assert.match(await told(parameters, { n: text }), /^error: .*n: must be a number/)
      assert.match(await told(parameters, { n: 1, list: [2, text] }), /^error: .*list\.1: must be a number/)
    }
  })

  const dates = Schema.Struct({
    date: Schema.Date,
    utc: Schema.optionalKey(Schema.DateTimeUtc),
    fromText: Schema.optional(Schema.DateFromString),
    utcFromText: Schema.optionalKey(Schema.NullOr(Schema.DateTimeUtcFromString)),
    list: Schema.optionalKey(Schema.Array(Schema.Date)),
    inner: Schema.optionalKey(Schema.Struct({ utc: Schema.DateTimeUtc }))
  })
  it("is a date and time, and the decoder takes nothing else", async () => {
    const tool = Tool.make("t", { description: "d", parameters: dates, execute: () => "" })
    const dateTime = { type: "string", format: "date-time" } as const
    assert.deepStrictEqual(tool.definition.parameters.properties, {
      date: dateTime,
      utc: dateTime,
      fromText: dateTime,
      utcFromText: dateTime,
      list: { type: "array", items: dateTime },
      inner: { type: "object", properties: { utc: dateTime }, required: ["utc"] }
    })
    const at = "2030-01-31T16:30:00Z"
    const all = { date: at, utc: at, fromText: at, utcFromText: at, list: [at], inner: { utc: at } }
    assert.notMatch(await told(dates, all), /^error/)
    const wrong: ReadonlyArray<readonly [path: string, value: object]> = [
      ["date", { ...all, date: "tomorrow" }],
      ["date", { ...all, date: "2030" }],
      ["date", { ...all, date: "2030-01-31" }],
      ["date", { ...all, date: "2030-01-31T16:30:00" }],
      ["date", { ...all, date: "2030-02-31T16:30:00Z" }],
      ["utc", { ...all, utc: "1" }],
      ["fromText", { ...all, fromText: "31 Jan 2030" }],
      ["utcFromText", { ...all, utcFromText: "2030-01-31 16:30" }],
      ["list.1", { ...all, list: [at, "2030"] }],
      ["inner.utc", { ...all, inner: { utc: "2030" } }]
    ]
    for (const [path, value] of wrong) {
      assert.include(
        await told(dates, value),
        `${path}: must be a date and time with its offset from UTC, such as 2030-01-31T16:30:00Z`
      )
    }
  })
  it("says nothing of a date that is written in another notation", () => {
    const epoch = Schema.Struct({ at: Schema.DateFromMillis })
    const tool = Tool.make("t", { description: "d", parameters: epoch, execute: () => "" })
    assert.deepStrictEqual(tool.definition.parameters.properties, { at: { type: "integer" } })
  })

  const formats: Readonly<Record<string, readonly [right: ReadonlyArray<string>, wrong: ReadonlyArray<string>]>> = {
    "date-time": [
      ["2030-01-31T00:00:00Z", "2028-02-29t23:59:59.123+05:30", "2030-12-01 00:00:00z"],
      [
        "2030-13-01T00:00:00Z",
        "2029-02-29T00:00:00Z",
        "2030-01-31T24:00:00Z",
        "2030-01-31T00:00Z",
        "12030-01-31T00:00:00Z"
      ]
    ],
    date: [["2030-01-31"], ["2030-02-30", "31.01.2030", "2030-1-1", "today", "2030-01-31T"]],
    time: [
      ["16:30:00Z", "16:30:00.5-08:00"],
      ["16:30", "25:00:00Z", "4pm"]
    ],
    duration: [
      ["PT30M", "P1DT2H", "P2W", "P1Y"],
      ["P", "PT", "30 minutes", "P1DT", "PT1.5H"]
    ],
    email: [["a@b.example"], ["a", "a@", "@b", "a b@c", "a@b@c"]],
    hostname: [
      ["a", "a-b.example"],
      ["-a", "a..b", "a_b", ""]
    ],
    ipv4: [["127.0.0.1"], ["127.0.0.256", "1.2.3", "01.2.3.4"]],
    ipv6: [
      ["::1", "2001:db8::8:800:200c:417a", "::ffff:1.2.3.4"],
      ["1.2.3.4", ":::", "::1%eth0", "g::"]
    ],
    uuid: [["1ae8ae5a-b551-4458-81e9-21c3d9cd8049"], ["1ae8ae5a", "1ae8ae5ab551445881e921c3d9cd8049"]]
  }
  for (const [format, [right, wrong]] of Object.entries(formats)) {
    it(`is text in the format ${format}`, async () => {
      const parameters = Schema.Struct({ x: Schema.String.annotate({ format }) })
      for (const x of right) assert.strictEqual(await told(parameters, { x }), JSON.stringify({ x }))
      for (const x of wrong) assert.match(await told(parameters, { x }), /^error: .*x: must be a/, x)
    })
  }
  it("is no format that nobody knows", async () => {
    assert.strictEqual(
      await told(Schema.Struct({ x: Schema.String.annotate({ format: "phone" }) }), { x: "1" }),
      '{"x":"1"}'
    )
  })

  it("all that is wrong is said once, whoever finds it", async () => {
    const said = await told(Schema.Struct({ a: Schema.Number, b: Schema.Date, c: Schema.String, d: Schema.Finite }), {
      a: "NaN",
      b: "soon",
      c: 7,
      d: "8"
    })
    for (const path of ["a", "b", "c", "d"]) assert.strictEqual(said.split(` ${path}: `).length, 2, said)
  })
})

describe("a result that cannot be told", () => {
  const reports: Array<Toolkit.ToolCallReport> = []
  const toolOf = (name: string, success: Schema.Codec<unknown, unknown>, value: unknown) =>
    Tool.make(name, { description: "d", success, execute: () => value, failure: () => "it failed" })
  const circular: { self?: unknown } = {}
  circular.self = circular
  const kit = Toolkit.make(
    toolOf("wrong", Schema.Int, 1.5),
    toolOf("bigint", Schema.Any, { n: 1n }),
    toolOf("circular", Schema.Any, circular),
    toolOf("date", Schema.Struct({ at: Schema.Date }), { at: new Date(Number.NaN) }),
    Tool.make("effect", {
      description: "d",
      success: Schema.Int,
      execute: () => Effect.succeed(JSON.parse("1.5") as number)
    }),
    toolOf("right", Schema.Int, 1)
  )
  const names = ["wrong", "bigint", "circular", "date", "effect", "right"]

  it("is done, and never failed; the operator is told why", async () => {
    const handle = Toolkit.handler(kit, { onFailure: (report) => void reports.push(report) })
    const { results } = await handle(eventOf(...names.map((name) => ({ name }))))
    assert.deepStrictEqual(
      results.map(({ name, result, error }) => [name, result, error]),
      names.map((name) => [name, name === "right" ? "1" : "done, result not shown", undefined])
    )
    assert.deepStrictEqual(
      reports.map(({ tool, answer }) => [tool, answer]),
      names.slice(0, -1).map((name) => [name, "done, result not shown"])
    )
  })

  it("is the same from a handler without a toolkit, and the other results stand", async () => {
    const map: WebhookHandlerMap = {
      "tool-calls": ({ toolCalls }) => ({
        results: toolCalls.map(({ id, name }) => ({ toolCallId: id, result: name === "bigint" ? { n: 1n } : "fine" }))
      })
    }
    const answer = await handlers(map).answer(eventOf({ name: "bigint" }, { name: "right" }), { id: "evt_1" })
    assert.strictEqual(answer.status, 200)
    assert.deepStrictEqual(JSON.parse(String(answer.body)), {
      results: [
        { toolCallId: "call_0", name: "bigint", result: "done, result not shown" },
        { toolCallId: "call_1", name: "right", result: "fine" }
      ]
    })
    assert(isWebhookHandlerError(answer.error))
    assert.deepStrictEqual(
      [answer.error.reason._tag, answer.error.fallback, answer.error.id],
      ["InvalidReply", false, "evt_1"]
    )
    assert.match(answer.error.message, /results\.0\.result\.n: expected JSON, not a bigint/)
  })
})
