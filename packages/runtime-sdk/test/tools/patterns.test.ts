/** What JSON Schema cannot say, or says wrongly. */
import { type } from "arktype"
import { assert, it } from "vitest"
import { z } from "zod"
import { Tool, ToolDefinitionError } from "../../src/tools.ts"

const toolOf = (parameters: object) =>
  Tool.make("t", { description: "d", parameters: parameters as { readonly type: "object" }, execute: () => "" })

const refusalOf = (parameters: object): string => {
  try {
    toolOf(parameters)
    return "taken"
  } catch (error) {
    return error instanceof ToolDefinitionError ? error.message : `another error: ${String(error)}`
  }
}

it.each([
  ["zod", z.object({ code: z.string().regex(/^ab+$/i) })],
  ["zod, in a list", z.object({ code: z.array(z.string().regex(/^ab+$/i)) })],
  ["zod, optional", z.object({ code: z.string().regex(/^ab+$/i).optional() })],
  ["arktype", type({ code: /^ab+$/i })]
])("a pattern with flags is told in words: %s", (_, schema) => {
  const { definition, loose } = toolOf(schema)
  assert.notInclude(JSON.stringify(definition.parameters), '"pattern"')
  assert.include(JSON.stringify(definition.parameters), "a string matching the RegExp /^ab+$/i")
  assert.deepStrictEqual(
    loose.map(({ rule }) => rule),
    ["a string matching the RegExp /^ab+$/i"]
  )
})

it("a pattern with the flag u alone is sent", () => {
  const { definition, loose } = toolOf(z.object({ code: z.string().regex(/^ab+$/u) }))
  assert.include(JSON.stringify(definition.parameters), '"pattern":"^ab+$"')
  assert.deepStrictEqual(loose, [])
})

it("plain data that has itself inside is refused", () => {
  const direct: Record<string, unknown> = {}
  const whole = { type: "object", properties: direct }
  direct["whole"] = whole
  const list: Record<string, unknown> = { type: "array" }
  list["items"] = list
  const union: Record<string, unknown> = {}
  union["anyOf"] = [union, { type: "string" }]
  const parts: Record<string, unknown> = { type: "object" }
  parts["allOf"] = [parts]
  for (const schema of [
    whole,
    ...[list, union, parts].map((a) => ({ type: "object", properties: { a }, required: ["a"] }))
  ]) {
    assert.match(refusalOf(schema), /is recursive|without fields/)
  }
})

it("one schema in two places is no recursion", () => {
  const text = { type: "object", properties: { a: { type: "string" } } }
  assert.strictEqual(
    refusalOf({ type: "object", properties: { a: text, b: text, c: { type: "array", items: text } } }),
    "taken"
  )
})

it("a required field that nobody describes is refused", () => {
  assert.match(refusalOf({ type: "object", properties: {}, required: ["zz"] }), /zz.*there is no such property/)
})
