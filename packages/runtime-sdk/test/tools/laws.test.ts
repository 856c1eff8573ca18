/**
 * Laws of tools, for every library: arguments are accepted exactly when the tool runs, it runs with exactly what the
 * library makes of them, and what is refused never reaches it.
 */
import { toStandardJsonSchema } from "@valibot/to-json-schema"
import { type } from "arktype"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import * as v from "valibot"
import { assert, describe, it } from "vitest"
import { z } from "zod"
import { Tool, ToolDefinitionError, Toolkit } from "../../src/tools.ts"
import { Tool as EffectTool } from "../../src/tools/effect.ts"
import { parseAywaRuntimeWebhook } from "../../src/webhooks.ts"
import { runs } from "../support/runs.ts"
import { inLibraries, type Same, told } from "./libraries.ts"

/** A library's own word on a value. */
type Judge = (
  value: unknown
) => { readonly value: unknown } | undefined | Promise<{ readonly value: unknown } | undefined>

interface Case {
  readonly library: string
  readonly judge: Judge
  /** Makes the tool; `execute` is given what the library made. */
  readonly make: (execute: (args: unknown) => string, strict?: boolean) => Tool.AnyTool
}

const description = "d"

/** By Standard Schema, which each of them has. */
const ofStandard = (library: string, schema: z.ZodType): Case => ({
  library,
  judge: async (value) => {
    const result = await schema["~standard"].validate(value)
    return result.issues === undefined ? { value: result.value } : undefined
  },
  make: (execute, strict = false) => Tool.make("t", { description, parameters: schema as never, strict, execute })
})

const ofEffect = (schema: Schema.Codec<unknown, unknown>): Case => ({
  library: "effect",
  judge: (value) => {
    const exit = Schema.decodeUnknownExit(schema)(value)
    return exit._tag === "Success" ? { value: exit.value } : undefined
  },
  make: (execute, strict = false) => EffectTool.make("t", { description, parameters: schema, strict, execute })
})

/** Their types are computed from literals; here the schemas are data. */
const asZod = (schema: unknown) => schema as z.ZodType

const casesOf = (schemas: Same): ReadonlyArray<Case> => [
  ...Object.entries(inLibraries(schemas)).map(([library, schema]) => ofStandard(library, asZod(schema))),
  ofEffect(schemas.effect)
]

const eventOf = (args: unknown) => {
  const read = parseAywaRuntimeWebhook(
    JSON.stringify({ message: { type: "tool-calls", toolCallList: [{ id: "1", name: "t", arguments: args }] } })
  )
  assert(read.type === "tool-calls")
  return read
}

/** JSON without `null`, which is left out of optional arguments, and numbers that have all of their digits. */
const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.string(),
    fc.integer({ min: -12, max: 12 }),
    fc.double({ min: -1000, max: 1000, noNaN: true }),
    fc.boolean(),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom("a", "n", "street", "zip", "__proto__"), fc.string()), tie("value"), {
      maxKeys: 4
    })
  )
}))

/** Near what is right and what is wrong, and anything at all. */
const argumentsOf = (values: ReadonlyArray<unknown>): fc.Arbitrary<unknown> => {
  const known = values.filter((value) => value !== null && !JSON.stringify({ value }).includes("null"))
  const one = known.length === 0 ? anyValue : fc.oneof(fc.constantFrom(...known), anyValue)
  return fc.oneof(
    { weight: 6, arbitrary: fc.record({ a: one }) },
    { weight: 2, arbitrary: fc.record({ a: one, more: anyValue }) },
    { weight: 1, arbitrary: fc.dictionary(fc.string(), anyValue, { maxKeys: 3 }) }
  )
}

const check = async ({ make, judge, library }: Case, args: fc.Arbitrary<unknown>) => {
  let given: Array<unknown> = []
  const tool = make((value) => {
    given.push(value)
    return "ran"
  })
  const answer = Toolkit.handler({ tools: [tool as never] }, { onFailure: () => {} })
  await fc.assert(
    fc.asyncProperty(args, async (value) => {
      given = []
      const wire = JSON.stringify(value)
      // Keys called __proto__ are dropped of everything that comes from outside.
      const sent: unknown = JSON.parse(wire, (key, inner: unknown) => (key === "__proto__" ? undefined : inner))
      const { results } = await answer(eventOf(JSON.parse(wire)))
      const accepted = await judge(sent)
      const text = `${library}: ${JSON.stringify(sent)}`
      if (accepted === undefined) {
        assert.deepStrictEqual(given, [], text)
        assert.match(results[0]?.error ?? "", /^The arguments of t are wrong\./, text)
      } else {
        assert.strictEqual(results[0]?.result, "ran", `${text}: ${results[0]?.error}`)
        assert.deepStrictEqual(given, [accepted.value], text)
      }
    }),
    { numRuns: runs(60) }
  )
}

// Formats are told, and checked beside schemas that only have them as a note: `arguments.test.ts`.
const plain = told.filter(({ name }) => !["a date and time", "an e-mail address"].includes(name))

describe("accepted exactly when executed", () => {
  it.for(plain.map((schemas) => [schemas.name, schemas] as const))("%s", async ([, schemas]) => {
    for (const one of casesOf(schemas)) await check(one, argumentsOf([...schemas.right, ...schemas.wrong]))
  })

  const changing: ReadonlyArray<Case> = [
    ofStandard(
      "zod",
      asZod(
        z.object({
          a: z.string().transform((text) => text.length),
          n: z.number().default(3),
          late: z
            .number()
            .refine(async (n) => n > 0)
            .optional()
        })
      )
    ),
    ofStandard(
      "valibot",
      asZod(
        toStandardJsonSchema(
          v.object({
            a: v.pipe(
              v.string(),
              v.transform((text) => text.length)
            ),
            n: v.optional(v.number(), 3)
          })
        )
      )
    ),
    ofStandard("arktype", asZod(type({ a: type("string").pipe((text) => text.length), n: "number = 3" }))),
    ofEffect(
      Schema.Struct({
        a: Schema.Trim,
        n: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0)))
      }) as unknown as Schema.Codec<unknown, unknown>
    )
  ]
  it.for(changing.map((one) => [one.library, one] as const))("%s: defaults, transforms, checks that wait", ([, one]) =>
    check(
      one,
      fc.record(
        {
          a: fc.oneof(fc.string(), anyValue),
          n: fc.oneof(fc.integer({ min: -3, max: 3 }), anyValue),
          late: fc.integer()
        },
        { requiredKeys: [] }
      )
    )
  )
})

describe("arguments that are no object", () => {
  it("are refused by each library, and reach nobody", async () => {
    const [text] = told
    assert(text !== undefined)
    for (const { library, make } of casesOf(text)) {
      let count = 0
      const tool = make(() => String(count++))
      for (const args of ["text", 1, true, [], [{ a: "x" }], '"x"', "[1]"]) {
        const { results } = await Toolkit.handler({ tools: [tool as never] })(eventOf(args))
        assert.isString(results[0]?.error, `${library}: ${JSON.stringify(args)}`)
      }
      assert.strictEqual(count, 0, library)
    }
  })
})

describe("strict", () => {
  const two: Same = {
    name: "two fields",
    zod: z.object({ a: z.string(), b: z.object({ c: z.array(z.object({ d: z.int() })) }) }),
    valibot: v.object({ a: v.string(), b: v.object({ c: v.array(v.object({ d: v.pipe(v.number(), v.integer()) })) }) }),
    arktype: { a: "string", b: { c: type({ d: "number.integer" }).array() } },
    effect: Schema.Struct({
      a: Schema.String,
      b: Schema.Struct({ c: Schema.Array(Schema.Struct({ d: Schema.Int })) })
    }) as unknown as Schema.Codec<unknown, unknown>,
    right: [],
    wrong: []
  }

  it("closes every object of every library, and refuses what is optional", () => {
    const closed = (properties: object) => ({
      type: "object",
      properties,
      required: Object.keys(properties),
      additionalProperties: false
    })
    for (const { library, make } of casesOf(two)) {
      const { definition } = make(() => "", true)
      assert.strictEqual(definition.strict, true, library)
      assert.deepEqual(
        definition.parameters,
        closed({
          a: { type: "string" },
          b: closed({ c: { type: "array", items: closed({ d: { type: "integer" } }) } })
        }) as never,
        library
      )
    }
    const optional = told.find(({ name }) => name === "an optional field")
    assert(optional !== undefined)
    for (const { library, make } of casesOf(optional)) {
      assert.throws(() => make(() => "", true), ToolDefinitionError, /parameters\.a is optional/, library)
    }
  })

  it("an object that its library closes takes no other field", async () => {
    const cases = [
      ofStandard("zod", asZod(z.strictObject({ a: z.string() }))),
      ofStandard("valibot", asZod(toStandardJsonSchema(v.strictObject({ a: v.string() })))),
      ofStandard("arktype", asZod(type({ "+": "reject", a: "string" })))
    ]
    for (const one of cases) {
      await check(one, argumentsOf(["x"]))
      assert.isUndefined(await one.judge({ a: "x", more: 1 }), one.library)
    }
  })
})
