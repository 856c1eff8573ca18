/** A toolkit for the tests of alignment. */
import * as Schema from "effect/Schema"
import { Tool, Toolkit } from "../../src/tools/effect.ts"

export const serverUrl = "https://tools.example.test/webhooks"

export const kit = (description = "Finds an order") =>
  Toolkit.make(
    Tool.make("lookupOrder", {
      description,
      parameters: Schema.Struct({
        orderId: Schema.String,
        detail: Schema.optionalKey(Schema.Literals(["short", "full"]))
      }),
      execute: () => ""
    }),
    Tool.make("refund", {
      description: "Gives money back",
      parameters: Schema.Struct({ amount: Schema.Finite, reasons: Schema.Array(Schema.String) }),
      timeoutSeconds: 60,
      async: true,
      strict: true,
      messages: [{ type: "request-start", content: "One moment" }],
      execute: () => ""
    }),
    Tool.make("constructor", { description: "A name that objects have by themselves", execute: () => "" })
  )
