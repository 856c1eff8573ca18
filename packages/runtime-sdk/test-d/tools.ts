/**
 * Types of tools: arguments and results from the schemas, services gathered, and what must not compile.
 */
import type { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { Tools as Service } from "@aywa-ai/runtime-sdk/effect"
import { alignTools, type ToolDefinitionError, type Tools as AlignedTools } from "@aywa-ai/runtime-sdk/tools"
import { Tool, Toolkit, Tools } from "@aywa-ai/runtime-sdk/tools/effect"
import { handlers } from "@aywa-ai/runtime-sdk/webhooks/handlers"
import * as AiTool from "effect/ai/Tool"
import * as AiToolkit from "effect/ai/Toolkit"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const proven = <T extends true>(): T | void => undefined

class Db extends Context.Service<Db, { readonly get: (id: string) => number }>()("test-d/Db") {}
class Mail extends Context.Service<Mail, { readonly send: () => void }>()("test-d/Mail") {}
class Missing {
  readonly _tag = "Missing"
}

const parameters = Schema.Struct({ id: Schema.String, at: Schema.optionalKey(Schema.Date) })

const plain = Tool.make("plain", {
  description: "",
  parameters,
  success: Schema.Literals(["yes", "no"]),
  execute: (args) => {
    proven<Equal<typeof args, { readonly id: string; readonly at?: Date }>>()
    return "yes"
  }
})
proven<Equal<typeof plain, Tool.Tool<"plain", { readonly id: string; readonly at?: Date }, "yes">>>()

const asynchronous = Tool.make("asynchronous", {
  description: "",
  parameters,
  success: Schema.Struct({ state: Schema.Literals(["open", "closed"]) }),
  execute: async ({ id }, { signal }) => ({ state: signal.aborted || id === "" ? "open" : "closed" })
})
proven<
  Equal<
    typeof asynchronous,
    Tool.Tool<"asynchronous", { readonly id: string; readonly at?: Date }, { readonly state: "open" | "closed" }>
  >
>()

const effectful = Tool.make("effectful", {
  description: "",
  parameters,
  success: Schema.Finite,
  execute: ({ id }) =>
    Effect.flatMap(Db, (db) => (id === "" ? Effect.fail(new Missing()) : Effect.succeed(db.get(id)))),
  failure: (error) => {
    proven<Equal<typeof error, Missing>>()
    return error._tag
  }
})
proven<Equal<typeof effectful, Tool.Tool<"effectful", { readonly id: string; readonly at?: Date }, number, Db>>>()

// An id may be missing, or be none that names this call alone.
Tool.make("keyed", {
  description: "",
  execute: (_, { toolCallId }) => {
    proven<Equal<typeof toolCallId, string | undefined>>()
    return ""
  }
})

const mail = Tool.make("mail", { description: "", execute: () => Effect.as(Mail, "sent") })
const bare = Tool.make("bare", { description: "", execute: () => "text" })

const all = Toolkit.make(plain, asynchronous, effectful, mail)
proven<Equal<typeof all, Toolkit.Toolkit<"plain" | "asynchronous" | "effectful" | "mail", Db | Mail>>>()
const reply = Toolkit.handle(all)({ toolCalls: [] })
proven<Equal<typeof reply, Effect.Effect<Toolkit.ToolResults, never, Db | Mail>>>()

handlers({ "tool-calls": Toolkit.handler(Toolkit.make(plain, bare)) })

// @ts-expect-error Db and Mail are missing: without Effect there is nobody to give them
Toolkit.handler(all)
// @ts-expect-error not one of the literals
Tool.make("x", { description: "", success: Schema.Literals(["yes", "no"]), execute: () => "maybe" })
// @ts-expect-error the result is a promise of the wrong thing
Tool.make("x", { description: "", success: Schema.Finite, execute: async () => "one" })
// @ts-expect-error without `success` the result is text
Tool.make("x", { description: "", execute: () => 1 })
// @ts-expect-error no such argument
Tool.make("x", { description: "", parameters, execute: ({ other }) => String(other) })
// @ts-expect-error a description is what the model decides by
Tool.make("x", { execute: () => "" })

declare const aywa: AywaRuntimeClient
const server = { serverUrl: "" }
const alignment = alignTools(aywa, all, server)
proven<Equal<typeof alignment, Promise<AlignedTools.Alignment>>>()
const aligned = Effect.flatMap(Service.Tools, (tools) => Tools.align(tools, all, server))
proven<Equal<typeof aligned extends Effect.Effect<Tools.Alignment, infer E, Service.Tools> ? E : 0, Tools.AlignError>>()

// Tools of `effect/ai`: their names, and the services that their handlers need at each call.
const aiTools = AiToolkit.make(
  AiTool.make("stock", {
    description: "",
    parameters: Schema.Struct({ sku: Schema.String }),
    success: Schema.Finite,
    dependencies: [Db]
  }),
  AiTool.make("hours", { description: "", success: Schema.String })
)
const fromAi = Toolkit.fromAi(aiTools)
proven<
  Equal<
    typeof fromAi extends Effect.Effect<infer A, infer E, infer R> ? [A, E, R] : never,
    [Toolkit.Toolkit<"stock" | "hours", Db>, ToolDefinitionError, AiTool.HandlersFor<typeof aiTools.tools>]
  >
>()
const aiReply = Effect.flatMap(fromAi, (toolkit) => Toolkit.handle(toolkit)({ toolCalls: [] }))
proven<Equal<typeof aiReply extends Effect.Effect<infer A, unknown, unknown> ? A : never, Toolkit.ToolResults>>()
// @ts-expect-error Db is missing: without Effect there is nobody to give it
Effect.map(fromAi, (toolkit) => Toolkit.handler(toolkit))
// @ts-expect-error a tool is no toolkit
Toolkit.fromAi(AiTool.make("stock", { description: "" }))
