/** The same schemas in four libraries, and as plain JSON Schema. */
import { toStandardJsonSchema } from "@valibot/to-json-schema"
import { type } from "arktype"
import * as Schema from "effect/Schema"
import * as v from "valibot"
import { z } from "zod"

export interface Same {
  readonly name: string
  /** One field, `a`, of it. */
  readonly zod: z.ZodType
  readonly valibot: v.GenericSchema
  readonly arktype: { readonly [name: string]: unknown }
  readonly effect: Schema.Codec<unknown, unknown>
  /** Values of the field that are right, and that are wrong. */
  readonly right: ReadonlyArray<unknown>
  readonly wrong: ReadonlyArray<unknown>
}

const struct = (fields: Schema.Struct.Fields): Schema.Codec<unknown, unknown> =>
  // Those below need no services.
  Schema.Struct(fields) as unknown as Schema.Codec<unknown, unknown>

const same = (
  name: string,
  [zod, valibot, arktype, effect]: readonly [
    z.ZodType,
    v.GenericSchema,
    unknown,
    Schema.Codec<unknown, unknown> | Schema.optionalKey<Schema.Codec<unknown, unknown>>
  ],
  right: ReadonlyArray<unknown> = [],
  wrong: ReadonlyArray<unknown> = [],
  key = "a"
): Same => ({
  name,
  zod: z.object({ a: zod }),
  valibot: v.object({ a: valibot }),
  arktype: { [key]: arktype },
  effect: struct({ a: effect }),
  right,
  wrong
})

/** Those that the runtime can be told of. */
export const told: ReadonlyArray<Same> = [
  same("text", [z.string(), v.string(), "string", Schema.String], ["x", ""], [1, null, {}]),
  same("a number", [z.number(), v.number(), "number", Schema.Finite], [1, -0.5], ["1", null]),
  same("an integer", [z.int(), v.pipe(v.number(), v.integer()), "number.integer", Schema.Int], [3], [0.5, "3"]),
  same("a boolean", [z.boolean(), v.boolean(), "boolean", Schema.Boolean], [true, false], ["true", 1]),
  same(
    "an enum",
    [z.enum(["l", "m"]), v.picklist(["l", "m"]), "'l'|'m'", Schema.Literals(["l", "m"])],
    ["l", "m"],
    ["s", 1]
  ),
  same("one literal", [z.literal("x"), v.literal("x"), "'x'", Schema.Literal("x")], ["x"], ["y"]),
  same(
    "literals in a union",
    [
      z.union([z.literal("a"), z.literal("b")]),
      v.union([v.literal("a"), v.literal("b")]),
      "'a'|'b'",
      Schema.Union([Schema.Literal("a"), Schema.Literal("b")])
    ],
    ["a"],
    ["c"]
  ),
  same(
    "numbers to choose from",
    [z.literal([1, 2]), v.picklist([1, 2]), "1|2", Schema.Literals([1, 2])],
    [1, 2],
    [3, "1"]
  ),
  same(
    "a description",
    [
      z.string().describe("As on the invoice"),
      v.pipe(v.string(), v.description("As on the invoice")),
      type("string").describe("As on the invoice"),
      Schema.String.annotate({ description: "As on the invoice" })
    ],
    ["x"],
    [1]
  ),
  same(
    "an optional field",
    [z.string().optional(), v.optional(v.string()), "string", Schema.optionalKey(Schema.String)],
    ["x", undefined, null],
    [1],
    "a?"
  ),
  same(
    "an optional field that takes null",
    [
      z.string().nullable().optional(),
      v.optional(v.nullable(v.string())),
      "string|null",
      Schema.optionalKey(Schema.NullOr(Schema.String))
    ],
    ["x", undefined, null],
    [1],
    "a?"
  ),
  same(
    "an optional enum",
    [
      z.enum(["a", "b"]).optional(),
      v.optional(v.picklist(["a", "b"])),
      "'a'|'b'",
      Schema.optionalKey(Schema.Literals(["a", "b"]))
    ],
    ["a", undefined],
    ["c"],
    "a?"
  ),
  same(
    "a minimum",
    [
      z.number().min(1),
      v.pipe(v.number(), v.minValue(1)),
      "number >= 1",
      Schema.Finite.check(Schema.isGreaterThanOrEqualTo(1))
    ],
    [1, 2],
    [0]
  ),
  same(
    "a maximum",
    [
      z.number().max(9),
      v.pipe(v.number(), v.maxValue(9)),
      "number <= 9",
      Schema.Finite.check(Schema.isLessThanOrEqualTo(9))
    ],
    [9],
    [9.5]
  ),
  same(
    "a range of integers",
    [
      z.int().min(1).max(9).describe("How many"),
      v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(9), v.description("How many")),
      type("1 <= number.integer <= 9").describe("How many", "self"),
      Schema.Int.annotate({ description: "How many" }).check(
        Schema.isGreaterThanOrEqualTo(1),
        Schema.isLessThanOrEqualTo(9)
      )
    ],
    [1, 9],
    [0, 10, 1.5]
  ),
  same(
    "a length",
    [
      z.string().min(2).max(4),
      v.pipe(v.string(), v.minLength(2), v.maxLength(4)),
      "2 <= string <= 4",
      Schema.String.check(Schema.isMinLength(2), Schema.isMaxLength(4))
    ],
    ["ab", "abcd"],
    ["a", "abcde"]
  ),
  same(
    "a pattern",
    [
      z.string().regex(/^[A-Z]{2}\d+$/),
      v.pipe(v.string(), v.regex(/^[A-Z]{2}\d+$/)),
      "/^[A-Z]{2}\\d+$/",
      Schema.String.check(Schema.isPattern(/^[A-Z]{2}\d+$/))
    ],
    ["AB1"],
    ["ab1", ""]
  ),
  same(
    "an e-mail address",
    [z.email(), v.pipe(v.string(), v.email()), "string.email", Schema.String.annotate({ format: "email" })],
    ["a@example.test"],
    ["a", 1]
  ),
  same(
    "a list",
    [z.array(z.string()), v.array(v.string()), "string[]", Schema.Array(Schema.String)],
    [[], ["a"]],
    [[1], "a"]
  ),
  same(
    "a list of some length",
    [
      z.array(z.number()).min(1).max(2),
      v.pipe(v.array(v.number()), v.minLength(1), v.maxLength(2)),
      "1 <= number[] <= 2",
      Schema.Array(Schema.Finite).check(Schema.isMinLength(1), Schema.isMaxLength(2))
    ],
    [[1], [1, 2]],
    [[], [1, 2, 3]]
  ),
  same(
    "an object in it",
    [
      z.object({ street: z.string(), zip: z.int().optional() }),
      v.object({ street: v.string(), zip: v.optional(v.pipe(v.number(), v.integer())) }),
      { street: "string", "zip?": "number.integer" },
      Schema.Struct({ street: Schema.String, zip: Schema.optionalKey(Schema.Int) })
    ],
    [{ street: "x" }, { street: "x", zip: 1 }, { street: "x", zip: null }],
    [{}, { street: 1 }, { street: "x", zip: 1.5 }]
  ),
  same(
    "objects in a list",
    [
      z.array(z.object({ n: z.number() })),
      v.array(v.object({ n: v.number() })),
      type({ n: "number" }).array(),
      Schema.Array(Schema.Struct({ n: Schema.Finite }))
    ],
    [[{ n: 1 }]],
    [[{ n: "1" }], [{}]]
  ),
  same(
    "a record",
    [
      z.record(z.string(), z.number()),
      v.record(v.string(), v.number()),
      "Record<string, number>",
      Schema.Record(Schema.String, Schema.Finite)
    ],
    [{}, { x: 1 }],
    [{ x: "1" }]
  ),
  same(
    "a pair",
    [
      z.tuple([z.number(), z.number()]),
      v.strictTuple([v.number(), v.number()]),
      ["number", "number"],
      Schema.Tuple([Schema.Finite, Schema.Finite])
    ],
    [[1, 2]],
    [[1], ["a", 2]]
  ),
  same(
    "a date and time",
    [
      z.iso.datetime({ offset: true }),
      v.pipe(v.string(), v.isoTimestamp(), v.metadata({ format: "date-time" })),
      type("string").configure({ format: "date-time" } as object),
      Schema.String.annotate({ format: "date-time" })
    ],
    ["2030-01-31T16:30:00Z"],
    ["tomorrow", 1]
  )
]

/** Those that it cannot be told of. */
export const refused: ReadonlyArray<Same> = [
  same("null where it is required", [
    z.string().nullable(),
    v.nullable(v.string()),
    "string|null",
    Schema.NullOr(Schema.String)
  ]),
  same("kinds that differ", [
    z.union([z.string(), z.number()]),
    v.union([v.string(), v.number()]),
    "string|number",
    Schema.Union([Schema.String, Schema.Finite])
  ]),
  same("objects that differ", [
    z.union([z.object({ b: z.string() }), z.object({ c: z.number() })]),
    v.union([v.object({ b: v.string() }), v.object({ c: v.number() })]),
    type({ b: "string" }).or({ c: "number" }),
    Schema.Union([Schema.Struct({ b: Schema.String }), Schema.Struct({ c: Schema.Finite })])
  ]),
  same("any value", [z.unknown(), v.unknown(), "unknown", Schema.Unknown]),
  same("nothing", [z.null(), v.null(), "null", Schema.Null]),
  same("a tuple of kinds", [
    z.tuple([z.string(), z.number()]),
    v.strictTuple([v.string(), v.number()]),
    ["string", "number"],
    Schema.Tuple([Schema.String, Schema.Finite])
  ])
]

/** The parameters of a tool in each library. */
export const inLibraries = ({ zod, valibot, arktype }: Same) => ({
  zod,
  valibot: toStandardJsonSchema(valibot),
  // Its types are computed from literals; here the definitions are data.
  arktype: type(arktype as never) as unknown as z.ZodType
})
