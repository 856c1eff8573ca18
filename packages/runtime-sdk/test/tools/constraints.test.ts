/** What constrains an argument is told and checked, or refused when the tool is defined: never passed over. */
import { type } from "arktype"
import * as Schema from "effect/Schema"
import { assert, describe, it } from "vitest"
import { z } from "zod"
import { Tool, ToolDefinitionError } from "../../src/tools.ts"
import { Tool as EffectTool } from "../../src/tools/effect.ts"

const toolOf = (parameters: object) =>
  Tool.make("t", { description: "d", parameters: parameters as { readonly type: "object" }, execute: () => "" })

/** Of one required argument, which Effect writes. */
const effectToolOf = (a: Schema.Codec<unknown, unknown>) =>
  EffectTool.make("t", { description: "d", parameters: Schema.Struct({ a }), execute: () => "" })

/** Of one required argument in plain JSON Schema. */
const plain = (a: unknown, more: object = {}) => ({ type: "object", properties: { a }, required: ["a"], ...more })
const optional = (a: unknown) => plain(a, { required: [] })

const refusalOf = (parameters: object): string => {
  try {
    toolOf(parameters)
    return "taken"
  } catch (error) {
    return error instanceof ToolDefinitionError ? error.message : `another error: ${String(error)}`
  }
}

const told = (parameters: object) => toolOf(parameters).definition.parameters.properties?.["a"]
const takes = async (parameters: object, a: unknown) => "value" in (await toolOf(parameters).decode({ a }))

describe("plain JSON Schema", () => {
  it.each([
    ["contains", { type: "array", items: { type: "string" }, contains: { const: "x" } }],
    ["not", { type: "string", not: { const: "x" } }],
    ["if", { type: "string", if: { const: "x" }, then: false }],
    ["dependentRequired", { type: "object", properties: { b: { type: "string" } }, dependentRequired: { b: ["c"] } }],
    ["dependentSchemas", { type: "object", properties: { b: { type: "string" } }, dependentSchemas: {} }],
    ["propertyNames", { type: "object", additionalProperties: { type: "string" }, propertyNames: { pattern: "^x" } }],
    ["unevaluatedProperties", { type: "object", properties: { b: { type: "string" } }, unevaluatedProperties: false }],
    ["patternProperties", { type: "object", patternProperties: { "^x": { type: "string" } } }],
    ["nullable", { type: "string", nullable: true }],
    ["minlength", { type: "string", minlength: 3 }],
    ["pattern", { type: "string", pattern: "[" }],
    ["exclusiveMinimum", { type: "number", minimum: 1, exclusiveMinimum: true }],
    ["required", { type: "object", properties: { b: { type: "string", required: true } } }],
    ["items", { type: "array", items: [{ type: "string" }, { type: "string" }] }],
    ["$anchor", undefined]
  ])("%s has no form here, and is refused by name", (keyword, a) => {
    if (a === undefined) {
      assert.match(
        refusalOf(plain({ $ref: "#name" }, { $defs: { name: { $anchor: "name", type: "string" } } })),
        /\$ref that leads nowhere/
      )
    } else assert.include(refusalOf(plain(a)), `has ${keyword} `)
  })

  it("at the root and in parts, too", () => {
    assert.include(
      refusalOf({ ...plain({ type: "string" }), dependentRequired: { a: ["b"] } }),
      "has dependentRequired"
    )
    assert.include(refusalOf(plain({ allOf: [{ type: "string" }, { contains: {} }] })), "has contains")
    const choice = [{ required: ["a"] }, { required: ["b"] }]
    const fields = { type: "object", properties: { a: { type: "string" }, b: { type: "string" } } }
    assert.match(refusalOf({ ...fields, anyOf: choice }), /parameters is a union of different kinds/)
    assert.match(refusalOf({ ...fields, oneOf: choice }), /parameters is a union of different kinds/)
    assert.deepStrictEqual(toolOf({ ...fields, anyOf: [{ required: ["a"] }] }).definition.parameters.required, ["a"])
    assert.include(refusalOf(plain({ anyOf: [{ type: "string", not: {} }, { type: "string" }] })), "has not")
  })

  it("a reference is read in the same way by both, and one that leads nowhere is refused", async () => {
    const schema = plain({ $ref: "#/$defs/a~1b%20c" }, { $defs: { "a/b c": { type: "string", minLength: 2 } } })
    assert.deepStrictEqual(told(schema), { type: "string", description: "a value with a length of at least 2" })
    assert.isTrue(await takes(schema, "ab"))
    assert.isFalse(await takes(schema, "a"))
    assert.match(refusalOf(plain({ $ref: "#/$defs/none" })), /parameters\.a has a \$ref that leads nowhere/)
    assert.match(refusalOf(plain({ $ref: "other.json" })), /leads nowhere/)
    const beside = plain({ $ref: "#/$defs/x", minLength: 2 }, { $defs: { x: { type: "string", minLength: 5 } } })
    assert.isFalse(await takes(beside, "abc"))
  })

  it("what follows the first items of a list must be said", () => {
    const prefixItems = [{ type: "string" }]
    assert.match(refusalOf(plain({ type: "array", prefixItems })), /may be any value/)
    assert.strictEqual(refusalOf(plain({ type: "array", prefixItems, items: false })), "taken")
  })

  it("an optional choice may have null among its values", async () => {
    for (const a of [
      { enum: ["x", null] },
      { type: ["string", "null"], enum: ["x", null] },
      { type: ["string", "null"] }
    ]) {
      assert.strictEqual(told(optional(a))?.type, "string")
      assert.isTrue(await takes(optional(a), null))
      assert.match(refusalOf(plain(a)), /make it optional/)
    }
  })

  it("oneOf is exactly one", async () => {
    const a = { oneOf: [{ enum: ["a", "b"] }, { enum: ["b", "c"] }] }
    assert.deepStrictEqual(told(plain(a))?.enum, ["a", "c"])
    assert.isFalse(await takes(plain(a), "b"))
  })
})

describe("two constraints of one value", () => {
  it.each([
    [
      "lengths",
      { type: "string", allOf: [{ minLength: 5 }, { minLength: 2 }] },
      { type: "string", description: "a value with a length of at least 5; a value with a length of at least 2" }
    ],
    ["enums", { allOf: [{ enum: ["a", "b"] }, { enum: ["b", "c"] }] }, { type: "string", enum: ["b"] }],
    ["an enum and a pattern", { enum: ["a", "b"], pattern: "^a" }, { type: "string", enum: ["a"] }],
    ["an enum and a length", { type: "string", enum: ["a", "bb"], minLength: 2 }, { type: "string", enum: ["bb"] }],
    ["types", { allOf: [{ type: "number" }, { type: "integer" }] }, { type: "integer" }],
    [
      "a format and a pattern",
      { type: "string", format: "email", pattern: "x$" },
      { type: "string", format: "email", pattern: "x$" }
    ],
    [
      "a choice and what holds of all of it",
      { minLength: 2, anyOf: [{ type: "string" }, { type: "string" }] },
      { type: "string", description: "a value with a length of at least 2" }
    ]
  ])("are both told: %s", (_, a, expected) => {
    assert.deepStrictEqual<unknown>(told(plain(a)), expected)
  })

  it.each([
    ["types", { allOf: [{ type: "string" }, { type: "number" }] }],
    ["enums", { allOf: [{ enum: ["a"] }, { enum: ["b"] }] }],
    ["fields", { allOf: [plain({ type: "string" }), plain({ type: "number" })] }],
    [
      "a closed object",
      { allOf: [plain({ type: "string" }, { additionalProperties: false }), { properties: { b: {} } }] }
    ]
  ])("that nothing keeps are refused: %s", (_, a) => {
    assert.match(refusalOf(plain(a)), /can never be given/)
  })

  const words = (rule: string) => ({ type: "string", pattern: "a", description: rule })
  it.each([
    ["zod", toolOf(z.object({ a: z.string().regex(/a/).regex(/b/) }))],
    ["effect", effectToolOf(Schema.String.check(Schema.isPattern(/a/), Schema.isPattern(/b/)))],
    ["plain", toolOf(plain({ type: "string", allOf: [{ pattern: "a" }, { pattern: "b" }] }))]
  ])("of two patterns the second is in words: %s", (_, { definition, loose }) => {
    assert.deepStrictEqual<unknown>(definition.parameters.properties?.["a"], words("a string matching the RegExp b"))
    assert.lengthOf(loose, 1)
  })

  it("a beginning and an end, and ArkType's two patterns", () => {
    const both = toolOf(z.object({ a: z.string().startsWith("A").endsWith("Z") }))
    assert.include(JSON.stringify(both.definition), "a string matching the RegExp .*Z$")
    const ark = toolOf(type({ a: "/a/ & /b/" }))
    assert.include(JSON.stringify(ark.loose), 'RegExp [\\"a\\",\\"b\\"]')
  })

  it("a record says what its values are", () => {
    const value = 'each value: {"type":"number"}'
    assert.deepStrictEqual<unknown>(told(z.object({ a: z.record(z.string(), z.number()) })), {
      type: "object",
      description: value
    })
    assert.include(
      JSON.stringify(told(type({ a: { "[/^x/]": "number" } }))),
      "each value whose name matches the RegExp ^x:"
    )
    const numbers = { l: { type: "number" }, m: { type: "number" } }
    assert.deepStrictEqual<unknown>(told(z.object({ a: z.record(z.enum(["l", "m"]), z.number()) })), {
      type: "object",
      properties: numbers,
      required: ["l", "m"]
    })
    assert.match(refusalOf(z.object({ a: z.record(z.string(), z.unknown()) })), /without fields/)
  })

  it("multiples of an integer are integers, in every library", () => {
    const expected = { type: "integer", description: "a value that is a multiple of 5" }
    const effect = effectToolOf(Schema.Finite.check(Schema.isMultipleOf(5)))
    for (const schema of [z.object({ a: z.number().multipleOf(5) }), type({ a: "number % 5" })]) {
      assert.deepStrictEqual<unknown>(told(schema), expected)
    }
    assert.deepStrictEqual<unknown>(effect.definition.parameters.properties?.["a"], expected)
  })
})
