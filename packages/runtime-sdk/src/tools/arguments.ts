/**
 * Arguments of a tool call, decoded; what is wrong with them, in words that a model can act on.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { type ArgumentIssue, type ArgumentReader, readArguments } from "./readArguments.ts"
import { ToolFailure } from "./ToolFailure.ts"

const formatter = SchemaIssue.makeFormatterStandardSchemaV1()

// A model reads the first few; more of them only cost time in the call.
const most = 5

/** Reads and decodes arguments; fails with a `ToolFailure` that names each one that is wrong. */
export const argumentsOf = <P>(
  name: string,
  parameters: Schema.Constraint,
  reader: ArgumentReader
): ((args: unknown) => Effect.Effect<P, ToolFailure>) => {
  const decode = Schema.decodeUnknownEffect(Schema.toCodecJson(parameters), { errors: "all" })
  return (args) => {
    const { value, issues } = readArguments(reader, args)
    // The type of `parameters` at the tool: P, and no services.
    return Effect.matchEffect(decode(value) as Effect.Effect<P, Schema.SchemaError>, {
      onSuccess: (decoded) => (issues.length === 0 ? Effect.succeed(decoded) : Effect.fail(failure(name, issues))),
      onFailure: ({ issue }) => {
        const reported = new Set(issues.map(({ path }) => path.join(".")))
        const others = decodingIssues(issue).filter(({ path }) => !reported.has(path.join(".")))
        return Effect.fail(failure(name, [...issues, ...others]))
      }
    })
  }
}

const decodingIssues = (issue: SchemaIssue.Issue): ReadonlyArray<ArgumentIssue> =>
  formatter(issue).issues.map(({ message, path = [] }) => ({
    path: path.map((segment) => String(typeof segment === "object" ? segment.key : segment)),
    message
  }))

const failure = (name: string, issues: ReadonlyArray<ArgumentIssue>): ToolFailure => {
  const lines = issues
    .slice(0, most)
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`))
  const more = issues.length > most ? `; and ${issues.length - most} more` : ""
  return new ToolFailure(`The arguments of ${name} are wrong. ${lines.join("; ")}${more}. Correct them and try again.`)
}
