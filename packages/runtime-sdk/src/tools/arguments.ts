/**
 * Arguments of a tool call, decoded; what is wrong with them, in words that a model can act on.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { ToolFailure } from "./ToolFailure.ts"

const formatter = SchemaIssue.makeFormatterStandardSchemaV1()

// A model reads the first few; more of them only cost time in the call.
const most = 5

/** Decodes arguments; fails with a `ToolFailure` that names each one that is wrong. */
export const argumentsOf = <P>(
  name: string,
  parameters: Schema.Constraint
): ((args: unknown) => Effect.Effect<P, ToolFailure>) => {
  const decode = Schema.decodeUnknownEffect(Schema.toCodecJson(parameters), { errors: "all" })
  return (args) =>
    // The type of `parameters` at the tool: P, and no services.
    Effect.mapError(decode(args) as Effect.Effect<P, Schema.SchemaError>, ({ issue }) => {
      const { issues } = formatter(issue)
      const lines = issues.slice(0, most).map(({ message, path = [] }) => {
        const at = path.map((segment) => String(typeof segment === "object" ? segment.key : segment)).join(".")
        return at === "" ? message : `${at}: ${message}`
      })
      const more = issues.length > most ? `; and ${issues.length - most} more` : ""
      return new ToolFailure(
        `The arguments of ${name} are wrong. ${lines.join("; ")}${more}. Correct them and try again.`
      )
    })
}
