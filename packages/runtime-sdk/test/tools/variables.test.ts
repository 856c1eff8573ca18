/** Variables of prompts: what texts use against what a schema has, and typed values for a call. */
import { toStandardJsonSchema } from "@valibot/to-json-schema"
import { type } from "arktype"
import * as Schema from "effect/Schema"
import { assert, describe, expectTypeOf, it } from "vitest"
import * as v from "valibot"
import { z } from "zod"
import type { CreateCall } from "../../src/index.ts"
import { Tool, ToolDefinitionError } from "../../src/tools.ts"

const zod = Tool.variables(z.object({ name: z.string(), plan: z.enum(["free", "paid"]).default("free") }))
const each = {
  zod,
  valibot: Tool.variables(
    toStandardJsonSchema(v.object({ name: v.string(), plan: v.optional(v.picklist(["free", "paid"]), "free") }))
  ),
  arktype: Tool.variables(type({ name: "string", plan: "'free' | 'paid' = 'free'" })),
  effect: Tool.variables(
    Schema.toStandardJSONSchemaV1(
      Schema.toStandardSchemaV1(
        Schema.Struct({ name: Schema.String, plan: Schema.optionalKey(Schema.Literals(["free", "paid"])) })
      )
    )
  ),
  plain: Tool.variables({ type: "object", properties: { name: { type: "string" }, plan: {} }, required: ["name"] })
}

const assistant = {
  firstMessage: "Hello {{name}}, {{ name }}, it is {{date}}.",
  model: { messages: [{ content: "{{-nmae}} calls from {{customer.number}} as {{name.first}}." }] }
}

describe("variables of prompts", () => {
  it.for(Object.entries(each))(
    "of %s: what nobody brings and what nobody uses is said, with its place",
    ([, variables]) => {
      assert.deepStrictEqual([...variables.names], ["name", "plan"])
      assert.deepStrictEqual(
        variables.issues(assistant).map(({ kind, name, path }) => [kind, name, path.join(".")]),
        [
          ["unknown", "nmae", "model.messages.0.content"],
          ["unused", "plan", ""]
        ]
      )
      assert.deepStrictEqual(
        variables.issues(assistant, { firstMessage: "{{plan}}" }).map(({ name }) => name),
        ["nmae"]
      )
    }
  )

  it.for(Object.entries(each))("of %s: values are checked and typed", ([library, variables]) => {
    const values = variables.values({ name: "Jordan" })
    assert.strictEqual(values["name"], "Jordan")
    // A default is the schema's own.
    if (["zod", "valibot", "arktype"].includes(library)) assert.strictEqual(values["plan"], "free")
    assert.throws(() => variables.values({ name: 7 } as never), Tool.VariableValuesError, /name/)
  })

  it("their types are the schema's input, and what they give fits a call", () => {
    expectTypeOf(zod.values).parameter(0).toEqualTypeOf<{ name: string; plan?: "free" | "paid" | undefined }>()
    const call: CreateCall = {
      assistantId: "a",
      assistantOverrides: { variableValues: zod.values({ name: "Jordan" }) }
    }
    assert.isDefined(call.assistantOverrides)
  })

  it("a schema that is no object, or says itself in no way, is refused; so are values that are checked later", () => {
    assert.throws(() => Tool.variables(z.string()), ToolDefinitionError, /must be an object/)
    assert.throws(
      () => Tool.variables(v.object({ a: v.string() }) as never),
      ToolDefinitionError,
      /toStandardJsonSchema/
    )
    const later = Tool.variables(z.object({ a: z.string().refine(async () => true) }))
    assert.throws(() => later.values({ a: "x" }), /without promises|async/i)
  })

  it("a variable may be any JSON", () => {
    const { names, values } = Tool.variables(z.object({ any: z.any(), or: z.string().nullable() }))
    assert.deepStrictEqual([...names], ["any", "or"])
    assert.deepStrictEqual(values({ any: [1], or: null }), { any: [1], or: null })
  })
})
