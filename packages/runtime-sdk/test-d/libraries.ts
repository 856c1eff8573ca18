/**
 * Types of tools whose schemas are of other libraries: arguments and results are inferred in all of them.
 */
import { Tool, Toolkit } from "@aywa-ai/runtime-sdk/tools"
import { handlers } from "@aywa-ai/runtime-sdk/webhooks/handlers"
import { toStandardJsonSchema } from "@valibot/to-json-schema"
import { type } from "arktype"
import * as Schema from "effect/Schema"
import * as v from "valibot"
import { z } from "zod"

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const proven = <T extends true>(): T | void => undefined
const description = ""

const ofZod = Tool.make("zod", {
  description,
  parameters: z.object({
    id: z.string(),
    n: z.number().default(1),
    at: z.iso.datetime().transform((at) => new Date(at))
  }),
  success: z.object({ state: z.enum(["open", "closed"]) }),
  execute: async (args) => {
    proven<Equal<typeof args, { id: string; n: number; at: Date }>>()
    return { state: "open" }
  }
})
proven<Equal<typeof ofZod, Tool.Tool<"zod", { id: string; n: number; at: Date }, { readonly state: "open" }>>>()

const ofValibot = Tool.make("valibot", {
  description,
  parameters: toStandardJsonSchema(v.object({ id: v.string(), n: v.optional(v.number()) })),
  execute: (args) => {
    proven<Equal<typeof args, { id: string; n?: number | undefined }>>()
    return args.id
  }
})
const ofArkType = Tool.make("arktype", {
  description,
  parameters: type({ id: "string", "n?": "number" }),
  execute: (args) => {
    proven<Equal<typeof args, { id: string; n?: number }>>()
    return args.id
  }
})
const ofEffect = Tool.make("effect", {
  description,
  parameters: Schema.toStandardJSONSchemaV1(Schema.toStandardSchemaV1(Schema.Struct({ id: Schema.String }))),
  execute: (args) => {
    proven<Equal<typeof args, { readonly id: string }>>()
    return args.id
  }
})
const plain = Tool.make("plain", {
  description,
  parameters: { type: "object", properties: { id: { type: "string" } } },
  execute: (args) => {
    proven<Equal<typeof args, Readonly<Record<string, unknown>>>>()
    return String(args["id"])
  }
})
const none = Tool.make("none", { description, execute: () => "" })
handlers({ "tool-calls": Toolkit.handler(Toolkit.make(ofZod, ofValibot, ofArkType, ofEffect, plain, none)) })

// @ts-expect-error not one of the states
Tool.make("x", { description, success: z.object({ state: z.enum(["open"]) }), execute: () => ({ state: "shut" }) })
// @ts-expect-error without `success` the result is text
Tool.make("x", { description, execute: () => 1 })
// @ts-expect-error no such argument
Tool.make("x", { description, parameters: z.object({ id: z.string() }), execute: ({ other }) => String(other) })
// @ts-expect-error Valibot's own schemas do not say themselves as JSON Schema
Tool.make("x", { description, parameters: v.object({ id: v.string() }), execute: () => "" })
// @ts-expect-error those of Effect are for ./tools/effect
Tool.make("x", { description, parameters: Schema.Struct({ id: Schema.String }), execute: () => "" })
