/** Schemas of any library: equal tools, equal refusals, and nothing but what was told is taken. */
import { assert, describe, it } from "vitest"
import * as Schema from "effect/Schema"
import * as v from "valibot"
import { z } from "zod"
import { Tool, ToolDefinitionError, ToolFailure, Toolkit } from "../../src/tools.ts"
import { Tool as EffectTool } from "../../src/tools/effect.ts"
import { parseAywaRuntimeWebhook } from "../../src/webhooks.ts"
import { handlers, type WebhookHandlerMap } from "../../src/webhooks/handlers.ts"
import { inLibraries, refused, type Same, told } from "./libraries.ts"

type Any = Tool.AnyTool

/** A tool of the same schema in each library; its result is what `execute` was given. */
const toolsOf = (schemas: Same): Readonly<Record<string, () => Any>> => {
  const execute = (args: unknown) => JSON.stringify(args)
  const description = "d"
  const { zod, valibot, arktype } = inLibraries(schemas)
  return {
    zod: () => Tool.make("t", { description, parameters: zod as never, execute }),
    valibot: () => Tool.make("t", { description, parameters: valibot, execute }),
    arktype: () => Tool.make("t", { description, parameters: arktype as never, execute }),
    effect: () => EffectTool.make("t", { description, parameters: schemas.effect, execute })
  }
}

const eventOf = (args: unknown) => {
  const read = parseAywaRuntimeWebhook(
    JSON.stringify({ message: { type: "tool-calls", toolCallList: [{ id: "1", name: "t", arguments: args }] } })
  )
  assert(read.type === "tool-calls")
  return read
}

const answerOf = async (tool: Any, args: unknown) => {
  const { results } = await Toolkit.handler({ tools: [tool as never] })(eventOf(args))
  return results[0]
}

/** The order of keys, and of the names of required fields, says nothing. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, key === "required" && Array.isArray(inner) ? inner.toSorted() : sorted(inner)])
  )
}

const textOf = ({ definition, loose }: Any) => JSON.stringify(sorted({ definition, loose }))

const issuesOf = (make: () => unknown): ReadonlyArray<unknown> => {
  try {
    make()
    return []
  } catch (error) {
    assert.instanceOf(error, ToolDefinitionError)
    return error.issues
  }
}

describe("25 schemas in four libraries", () => {
  it.for(told.map((schemas) => [schemas.name, schemas] as const))("%s: the same tool", async ([, schemas]) => {
    const tools = Object.entries(toolsOf(schemas)).map(([library, make]) => [library, make()] as const)
    const [first] = tools
    assert(first !== undefined)
    for (const [library, tool] of tools) assert.strictEqual(textOf(tool), textOf(first[1]), library)
    // Plain JSON Schema, as the others say it; words of rules are no rules.
    if (first[1].loose.length === 0) {
      const parameters = { ...first[1].definition.parameters, type: "object" } as const
      const plain = Tool.make("t", { description: "d", parameters, execute: (args) => JSON.stringify(args) })
      assert.strictEqual(textOf(plain), textOf(first[1]), "plain")
    }
    for (const [library, tool] of tools) {
      for (const a of schemas.right) {
        const answer = await answerOf(tool, { a })
        assert.isString(answer?.result, `${library} takes ${JSON.stringify(a)}: ${answer?.error}`)
      }
      for (const a of schemas.wrong) {
        const answer = await answerOf(tool, { a })
        assert.match(answer?.error ?? "", /^The arguments of t are wrong\. a/, `${library} takes ${JSON.stringify(a)}`)
      }
    }
  })

  it("are 25", () => assert.strictEqual(told.length, 25))

  it.for(refused.map((schemas) => [schemas.name, schemas] as const))("%s: the same refusal", ([, schemas]) => {
    const refusals = Object.entries(toolsOf(schemas)).map(([library, make]) => [library, issuesOf(make)] as const)
    const [first] = refusals
    assert(first !== undefined)
    assert.strictEqual(first[1].length, 1)
    for (const [library, issues] of refusals) assert.deepStrictEqual(issues, first[1], library)
  })
})

describe("a schema", () => {
  const define = (parameters: unknown) => () =>
    Tool.make("t", { description: "d", parameters: parameters as never, execute: () => "" })
  const messageOf = (parameters: unknown) => {
    const [issue] = issuesOf(define(parameters))
    return String(Object(issue).message)
  }

  it("that does not say itself as JSON Schema is refused with the line to write", () => {
    assert.match(messageOf(v.object({ a: v.string() })), /toStandardJsonSchema\(schema\)/)
    assert.match(
      messageOf({ "~standard": { version: 1, vendor: "x", validate: () => ({}) } }),
      /\{ schema, jsonSchema \}/
    )
    assert.match(messageOf(42), /is no schema/)
    assert.match(messageOf(z.string()), /must be an object/)
    assert.match(messageOf(z.object({ at: z.date() })), /has no form as JSON Schema: .*Date/)
  })

  it("of Effect is refused with both ways to give it", async () => {
    const Schema = await import("effect/Schema")
    const schema = Schema.Struct({ a: Schema.String })
    assert.match(messageOf(schema), /tools\/effect.*toStandardJSONSchemaV1/)
    const standard = Schema.toStandardJSONSchemaV1(Schema.toStandardSchemaV1(schema))
    const tool = Tool.make("t", { description: "d", parameters: standard, execute: ({ a }) => a })
    assert.strictEqual((await answerOf(tool, { a: "x" }))?.result, "x")
  })

  it("and its JSON Schema beside it, validated by the first", async () => {
    const schema = v.object({ a: v.pipe(v.string(), v.transform(Number)) })
    const tool = Tool.make("t", {
      description: "d",
      parameters: { schema, jsonSchema: { type: "object", properties: { a: { type: "string" } }, required: ["a"] } },
      execute: ({ a }) => String(a + 1)
    })
    assert.strictEqual((await answerOf(tool, { a: "41" }))?.result, "42")
  })

  it("that validates later, with defaults and transforms: the model is told the input, execute gets the output", async () => {
    const tool = Tool.make("t", {
      description: "d",
      parameters: z.object({
        n: z.number().default(3),
        at: z.iso.datetime().transform((text) => new Date(text)),
        id: z.string().refine(async (id) => id !== "none", "there is none")
      }),
      success: z.object({ n: z.number(), at: z.date().transform((at) => at.toISOString()) }),
      execute: async ({ n, at }) => ({ n, at })
    })
    assert.deepStrictEqual(tool.definition.parameters.required, ["at", "id"])
    const at = "2030-01-31T16:30:00Z"
    assert.strictEqual(
      (await answerOf(tool, { at, id: "x" }))?.result,
      JSON.stringify({ n: 3, at: new Date(at).toISOString() })
    )
    assert.match((await answerOf(tool, { at, id: "none" }))?.error ?? "", /id: there is none/)
  })

  it("with references: inlined; one that has no end is refused", () => {
    const address = z.object({ street: z.string() }).meta({ id: "Address" })
    const tool = Tool.make("t", {
      description: "d",
      parameters: z.object({ from: address, to: address }),
      execute: () => ""
    })
    const expected = { type: "object", properties: { street: { type: "string" } }, required: ["street"] } as const
    assert.deepStrictEqual(tool.definition.parameters.properties, { from: expected, to: expected })
    const tree = z.object({
      get children() {
        return z.array(tree)
      }
    })
    assert.match(messageOf(tree), /is recursive/)
    assert.match(messageOf(z.object({ tree })), /is recursive/)
  })

  it("in plain JSON Schema is checked as it is told, its rules in words too", async () => {
    const tool = Tool.make("t", {
      description: "d",
      parameters: {
        type: "object",
        properties: {
          n: { type: "integer", minimum: 1 },
          list: { type: "array", items: { type: "string" }, uniqueItems: true }
        },
        required: ["n"],
        additionalProperties: false
      },
      execute: ({ n }) => String(n)
    })
    assert.strictEqual(tool.definition.parameters.properties?.["n"]?.description, "a value greater than or equal to 1")
    assert.strictEqual((await answerOf(tool, { n: 1, list: ["a"] }))?.result, "1")
    for (const wrong of [{}, { n: 0 }, { n: 1.5 }, { n: "1" }, { n: 1, other: 1 }, { n: 1, list: ["a", "a"] }]) {
      assert.match((await answerOf(tool, wrong))?.error ?? "", /are wrong/, JSON.stringify(wrong))
    }
  })
})

describe("a result", () => {
  it("that its schema does not take is done, and not shown; the operator is told why", async () => {
    const reports: Array<Toolkit.ToolCallReport> = []
    const tool = Tool.make("t", {
      description: "d",
      success: z.object({ n: z.int() }),
      execute: () => ({ n: 1.5 })
    })
    const text = Tool.make("text", { description: "d", execute: () => JSON.parse("1") as string })
    const handle = Toolkit.handler(Toolkit.make(tool, text), { onFailure: (report) => void reports.push(report) })
    const { results } = await handle({
      toolCalls: [
        { id: "1", name: "t", arguments: {} },
        { id: "2", name: "text", arguments: {} }
      ]
    } as never)
    assert.deepStrictEqual(
      results.map(({ result }) => result),
      ["done, result not shown", "done, result not shown"]
    )
    const causeOf = (name: string) => String(reports.find(({ tool }) => tool === name)?.cause)
    assert.match(causeOf("t"), /n .*int/i)
    assert.match(causeOf("text"), /must be text/)
  })

  it.for<readonly [string, () => unknown]>([
    ["a Map", () => new Map([["a", 1]])],
    ["a Set", () => new Set([1])],
    ["a Response", () => new Response("x")],
    ["a promise in it", () => ({ order: Promise.resolve(1) })],
    ["a rejected promise in it", () => ({ order: Promise.reject(new Error("later")) })],
    ["NaN", () => ({ left: Number.NaN })],
    ["a bigint", () => ({ left: 1n })]
  ])("that is no JSON is not shown as something else: %s", async ([, value]) => {
    const map: WebhookHandlerMap = {
      "tool-calls": ({ toolCalls }) => ({ results: toolCalls.map(({ id }) => ({ toolCallId: id, result: value() })) })
    }
    const plain = await handlers(map).answer(eventOf({}), { id: "evt_1" })
    const reports: Array<Toolkit.ToolCallReport> = []
    const onFailure = (report: Toolkit.ToolCallReport) => void reports.push(report)
    const tools = [
      Tool.make("t", { description: "d", success: z.any(), execute: value }),
      EffectTool.make("t", { description: "d", success: Schema.Any, execute: value })
    ]
    for (const tool of tools) {
      const reply = await Toolkit.handler(Toolkit.make(tool), { onFailure })(eventOf({}))
      assert.deepStrictEqual<unknown>(JSON.parse(String(plain.body)), reply)
    }
    assert.strictEqual(reports.length, 2)
    for (const { cause, answer } of reports) {
      assert.strictEqual(answer, "done, result not shown")
      assert.match(String(cause), /expected (JSON|a finite number)/)
    }
  })

  it("that is an Error is a failure, of which the model reads what it may", async () => {
    const reports: Array<Toolkit.ToolCallReport> = []
    const onFailure = (report: Toolkit.ToolCallReport) => void reports.push(report)
    for (const [error, expected] of [
      [new Error("secret"), "t failed."],
      [new ToolFailure("There is no order A-1."), "There is no order A-1."]
    ] as const) {
      for (const success of [undefined, z.any()]) {
        const tool = Tool.make("t", { description: "d", success, execute: () => error as never })
        const { results } = await Toolkit.handler(Toolkit.make(tool), { onFailure })(eventOf({}))
        assert.strictEqual(results[0]?.error, expected)
      }
    }
    assert.deepStrictEqual(
      reports.map(({ cause }) => String(cause)),
      ["Error: secret", "Error: secret"]
    )
  })

  it("that is an Effect says where such a tool belongs", async () => {
    const { succeed } = await import("effect/Effect")
    const reports: Array<Toolkit.ToolCallReport> = []
    const tool = Tool.make("t", { description: "d", execute: () => succeed("") as never })
    await Toolkit.handler(Toolkit.make(tool), { onFailure: (report) => void reports.push(report) })(eventOf({}))
    assert.match(String(reports[0]?.cause), /tools\/effect/)
  })
})
