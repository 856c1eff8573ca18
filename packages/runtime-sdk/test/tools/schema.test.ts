/** The JSON Schema of a tool's arguments, and that it says what the decoder does. */
import { Ajv2020 } from "ajv/dist/2020.js"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { Tool, ToolDefinitionError, type ToolSchema } from "../../src/tools/effect.ts"
import { runs } from "../support/runs.ts"

const toolOf = (parameters: Schema.Codec<unknown, unknown>) =>
  Tool.make("t", { description: "d", parameters, execute: () => "" })
const schemaOf = (parameters: Schema.Codec<unknown, unknown>) => toolOf(parameters).definition.parameters

const ajv = new Ajv2020({
  strict: true,
  // Of the formats, the one that schemas give by themselves; the others are in arguments.test.ts.
  formats: {
    "date-time": (text: string) => {
      const match = /^(\d{4}-\d\d-\d\d)[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/.exec(text)
      const day = new Date(text)
      return (
        match !== null &&
        !Number.isNaN(day.getTime()) &&
        new Date(match[1] ?? "").toISOString().startsWith(match[1] ?? "-")
      )
    },
    uuid: true,
    email: true
  }
})

describe("the schema of arguments", () => {
  it("is a plain object schema, whatever the schema is made of", () => {
    class Address extends Schema.Class<Address>("Address")({
      street: Schema.String,
      zip: Schema.optionalKey(Schema.Int)
    }) {}
    assert.deepStrictEqual(
      schemaOf(
        Schema.Struct({
          id: Schema.String.annotate({ description: "As on the invoice", title: "Number" }),
          at: Schema.Date,
          price: Schema.Finite,
          share: Schema.Number,
          urgent: Schema.Boolean,
          size: Schema.Literals(["s", "m", "l"]),
          kind: Schema.Union([Schema.Literal("a"), Schema.Enum({ B: "b" })]),
          from: Address,
          to: Schema.optional(Address),
          tags: Schema.Array(Schema.String),
          note: Schema.optionalKey(Schema.NullOr(Schema.String)).annotateKey({ description: "Anything else" }),
          mail: Schema.String.annotate({ format: "email" }),
          code: Schema.String.check(Schema.isPattern(/^[A-Z]{2}\d+$/)),
          uuid: Schema.String.check(Schema.isUUID()),
          ref: Schema.TemplateLiteral(["A-", Schema.String])
        })
      ),
      {
        type: "object",
        properties: {
          id: { type: "string", title: "Number", description: "As on the invoice" },
          at: { type: "string", format: "date-time" },
          price: { type: "number" },
          share: { type: "number" },
          urgent: { type: "boolean" },
          size: { type: "string", enum: ["s", "m", "l"] },
          kind: { type: "string", enum: ["a", "b"] },
          from: {
            type: "object",
            properties: { street: { type: "string" }, zip: { type: "integer" } },
            required: ["street"]
          },
          to: {
            type: "object",
            properties: { street: { type: "string" }, zip: { type: "integer" } },
            required: ["street"]
          },
          tags: { type: "array", items: { type: "string" } },
          note: { type: "string", description: "Anything else" },
          mail: { type: "string", format: "email" },
          code: { type: "string", pattern: "^[A-Z]{2}\\d+$" },
          uuid: { type: "string", format: "uuid" },
          ref: { type: "string", pattern: "^A-[\\s\\S]*?$" }
        },
        required: [
          "id",
          "at",
          "price",
          "share",
          "urgent",
          "size",
          "kind",
          "from",
          "tags",
          "mail",
          "code",
          "uuid",
          "ref"
        ]
      }
    )
    assert.deepStrictEqual(schemaOf(Schema.Struct({})), { type: "object", properties: {} })
    assert.deepStrictEqual(Tool.make("t", { description: "d", execute: () => "" }).definition.parameters, {
      type: "object",
      properties: {}
    })
  })

  it("a rule without a keyword is told in words, and known as such", () => {
    const tool = toolOf(
      Schema.Struct({
        n: Schema.Int.annotate({ description: "How many" }).check(Schema.isBetween({ minimum: 1, maximum: 9 })),
        s: Schema.NonEmptyString,
        o: Schema.Literals([1, 2]),
        p: Schema.Tuple([Schema.Finite, Schema.Finite]),
        r: Schema.Record(Schema.String, Schema.Finite),
        i: Schema.String.check(Schema.isPattern(/^a$/i))
      })
    )
    const { properties = {} } = tool.definition.parameters
    assert.deepStrictEqual(properties, {
      n: { type: "integer", description: "How many (a value between 1 and 9)" },
      s: { type: "string", description: "a value with a length of at least 1" },
      o: { type: "integer", description: "one of 1, 2" },
      p: { type: "array", items: { type: "number" }, description: "2 to 2 items" },
      r: { type: "object", description: 'each value: {"type":"number"}' },
      i: { type: "string", description: "a string matching the RegExp ^a$" }
    })
    assert.deepStrictEqual(
      tool.loose.map(({ path }) => path.join(".")),
      ["n", "s", "o", "p", "r", "i"].map((key) => `parameters.${key}`)
    )
  })

  it("strict closes every object; what strict mode does not take is refused", () => {
    const strict = (parameters: Schema.Codec<unknown, unknown>) =>
      Tool.make("t", { description: "d", parameters, strict: true, execute: () => "" }).definition
    const closed = { additionalProperties: false } as const
    assert.deepStrictEqual(
      strict(Schema.Struct({ a: Schema.String, list: Schema.Array(Schema.Struct({ n: Schema.Int })) })).parameters,
      {
        type: "object",
        properties: {
          a: { type: "string" },
          list: {
            type: "array",
            items: { type: "object", properties: { n: { type: "integer" } }, required: ["n"], ...closed }
          }
        },
        required: ["a", "list"],
        ...closed
      }
    )
    assert.deepStrictEqual(
      Tool.make("t", { description: "d", strict: true, execute: () => "" }).definition.parameters,
      {
        type: "object",
        properties: {},
        required: [],
        ...closed
      }
    )
    const loose = Schema.Struct({
      a: Schema.optionalKey(Schema.String),
      list: Schema.Array(Schema.Struct({ b: Schema.optional(Schema.Int) })),
      map: Schema.Record(Schema.String, Schema.String)
    })
    assert.throws(
      () => strict(loose),
      ToolDefinitionError,
      /parameters\.a is optional.*parameters\.list\.items\.b is optional.*parameters\.map has fields of any name/
    )
    // Without strict, or with it switched off, nothing changes.
    const off = Tool.make("t", { description: "d", parameters: loose, strict: false, execute: () => "" })
    assert.deepStrictEqual(off.definition.parameters, schemaOf(loose))
  })

  it("what has no form is refused, all of it at once, with what to write instead", () => {
    interface Tree {
      readonly next?: Tree
    }
    const Tree = Schema.Struct({ next: Schema.optionalKey(Schema.suspend((): Schema.Codec<Tree> => Tree)) })
    const refused = (parameters: Schema.Codec<unknown, unknown>) => {
      try {
        toolOf(parameters)
        return []
      } catch (error) {
        assert(error instanceof ToolDefinitionError)
        return error.issues.map(({ path, message }) => `${path.join(".")} ${message}`)
      }
    }
    const messages = refused(
      Schema.Struct({
        any: Schema.Unknown,
        nothing: Schema.Null,
        empty: Schema.Struct({}),
        nullable: Schema.NullOr(Schema.String),
        mixed: Schema.Union([Schema.String, Schema.Finite]),
        tagged: Schema.Union([Schema.Struct({ a: Schema.Literal(1) }), Schema.Struct({ b: Schema.Literal(2) })]),
        tuple: Schema.Tuple([Schema.String, Schema.Finite]),
        deep: Schema.Struct({ items: Schema.Array(Schema.Struct({ x: Schema.Json })) }),
        tree: Tree
      })
    )
    assert.deepStrictEqual(
      messages.map((message) => message.split(" ")[0]),
      ["any", "nothing", "empty", "nullable", "mixed", "tagged", "tuple", "deep.items.items.x", "tree.next"].map(
        (path) => `parameters.${path}`
      )
    )
    assert.match(messages[3] ?? "", /make it optional/)
    assert.match(refused(Schema.String)[0] ?? "", /must be an object/)
    assert.throws(
      () => Tool.make("no spaces", { description: " ", timeoutSeconds: 0, execute: () => "" }),
      /name.*description.*timeoutSeconds/
    )
  })
})

// Schemas that JSON Schema's part can say exactly.
const exact = fc.letrec<{ value: Schema.Codec<unknown, unknown>; object: Schema.Codec<unknown, unknown> }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<Schema.Codec<unknown, unknown>>(
      Schema.String,
      Schema.Finite,
      Schema.Int,
      Schema.Number,
      Schema.Boolean,
      Schema.Date,
      Schema.DateTimeUtc,
      Schema.String.check(Schema.isPattern(/^[a-c]{1,3}$/)),
      Schema.TemplateLiteral(["a", Schema.Literals(["b", "c"])])
    ),
    fc.uniqueArray(fc.constantFrom("a", "b", "c", ""), { minLength: 1 }).map((values) => Schema.Literals(values)),
    tie("value").map((item) => Schema.Array(item)),
    tie("object")
  ),
  object: fc
    .dictionary(fc.constantFrom("a", "b", "c", "constructor"), fc.tuple(tie("value"), fc.boolean()), {
      minKeys: 1,
      maxKeys: 4,
      noNullPrototype: true
    })
    .map((fields) =>
      Schema.Struct(
        Object.fromEntries(
          Object.entries(fields).map(([name, [field, optional]]) => [
            name,
            optional ? Schema.optionalKey(field) : field
          ])
        )
      )
    )
}))

const textOf = (date: Date) => new Date(Math.abs(date.getTime()) % 253_402_300_800_000).toISOString()
const oddDates = fc.constantFrom("2030", "tomorrow", "2030-01-31", "2030-01-31T16:30:00", "2029-02-29T00:00:00Z", "1")

/** What is valid when `null` of an optional field is left out. */
const withoutNulls = (schema: ToolSchema, value: unknown): unknown => {
  if (Array.isArray(value))
    return value.map((item) => (schema.items === undefined ? item : withoutNulls(schema.items, item)))
  if (typeof value !== "object" || value === null) return value
  const fields = Object.entries(value).flatMap(([name, inner]) => {
    const field = Object.hasOwn(schema.properties ?? {}, name) ? schema.properties?.[name] : undefined
    if (field === undefined) return [[name, inner]]
    return inner === null && schema.required?.includes(name) !== true ? [] : [[name, withoutNulls(field, inner)]]
  })
  return Object.fromEntries(fields)
}

/** JSON that is nearly right: values that follow the schema, with some of their parts swapped. */
const near = (schema: ToolSchema): fc.Arbitrary<unknown> => {
  const right = (): fc.Arbitrary<unknown> => {
    if (schema.enum !== undefined) return fc.constantFrom<unknown>(...schema.enum)
    if (schema.format !== undefined)
      return fc.oneof({ weight: 4, arbitrary: fc.date({ noInvalidDate: true }).map(textOf) }, oddDates)
    if (schema.pattern !== undefined) return fc.oneof(fc.stringMatching(new RegExp(schema.pattern)), fc.string())
    switch (schema.type) {
      case "string":
        return fc.string()
      case "number":
        return fc.double({ noNaN: true, noDefaultInfinity: true })
      case "integer":
        return fc.oneof({ weight: 3, arbitrary: fc.integer() }, { weight: 1, arbitrary: fc.constant(0.5) })
      case "boolean":
        return fc.boolean()
      case "array":
        return fc.array(near(schema.items ?? { type: "string" }), { maxLength: 3 })
      case "object": {
        const fields = Object.entries(schema.properties ?? {}).map(([name, field]) => [name, near(field)] as const)
        const all = fc.record({ ...Object.fromEntries(fields), extra: fc.constant(1) })
        const dropped = fc.subarray([...Object.keys(schema.properties ?? {}), "extra"], { maxLength: 1 })
        return fc
          .tuple(all, dropped)
          .map(([value, keys]) => Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key))))
      }
    }
  }
  return fc.oneof(
    { weight: 12, arbitrary: right() },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(null, null, "a", "NaN", 1, 0.5, true, [], {}, [1], { a: 1 }) }
  )
}

describe("the schema and the decoder", () => {
  const times = runs(100)

  it("accept exactly the same arguments, where every rule has a keyword", async () => {
    let [accepted, refused] = [0, 0]
    await fc.assert(
      fc.asyncProperty(
        exact.object.chain((schema) => {
          const tool = toolOf(schema)
          return fc.tuple(
            fc.constant(tool),
            fc.array(near(tool.definition.parameters), { minLength: 10, maxLength: 10 })
          )
        }),
        async ([tool, values]) => {
          assert.deepStrictEqual(tool.loose, [])
          const validate = ajv.compile(tool.definition.parameters)
          for (const value of values) {
            // Arguments are always an object: anything else is no call.
            if (typeof value !== "object" || value === null || Array.isArray(value)) continue
            const ok = "value" in (await tool.decode(value))
            assert.strictEqual(
              validate(withoutNulls(tool.definition.parameters, value)),
              ok,
              JSON.stringify([tool.definition.parameters, value])
            )
            if (ok) accepted++
            else refused++
          }
        }
      ),
      { numRuns: times }
    )
    // Both happen often, or this test says nothing.
    assert.isAbove(accepted, times)
    assert.isAbove(refused, times / 4)
  })

  it("a loosened schema never refuses what the decoder takes", () => {
    const loose = Schema.Struct({
      n: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 9 })),
      s: Schema.String.check(Schema.isMinLength(2), Schema.isMaxLength(4)),
      l: Schema.Array(Schema.Finite.check(Schema.isGreaterThan(0))).check(Schema.isMaxLength(2)),
      o: Schema.optional(Schema.Literals([1, 2])),
      r: Schema.Record(Schema.String, Schema.Boolean)
    })
    const validate = ajv.compile(schemaOf(loose))
    const values = fc.record(
      {
        n: fc.integer({ min: 1, max: 9 }),
        s: fc.string({ minLength: 2, maxLength: 4 }),
        l: fc.array(fc.double({ min: 0, minExcluded: true, noNaN: true, max: 1e9 }), { maxLength: 2 }),
        o: fc.constantFrom(1, 2),
        r: fc.dictionary(fc.string(), fc.boolean(), { noNullPrototype: true })
      },
      { requiredKeys: ["n", "s", "l", "r"] }
    )
    fc.assert(
      fc.property(values, (value) => {
        Schema.decodeUnknownSync(Schema.toCodecJson(loose))(value)
        assert.isTrue(validate(value), JSON.stringify([value, validate.errors]))
      }),
      { numRuns: times }
    )
  })
})
