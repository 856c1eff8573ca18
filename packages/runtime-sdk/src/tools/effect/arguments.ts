/**
 * Arguments of a tool call, decoded by an Effect schema.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { withoutRepeats, wrongArguments } from "../argumentErrors.ts"
import { type ArgumentIssue, type ArgumentReader, readArguments } from "../readArguments.ts"
import type { Tool } from "../shape.ts"

const formatter = SchemaIssue.makeFormatterStandardSchemaV1()

/** Reads what a model sent, then decodes it. */
export const argumentsOf = (name: string, parameters: Schema.Constraint, reader: ArgumentReader): Tool["decode"] => {
  const decode = Schema.decodeUnknownEffect(Schema.toCodecJson(parameters), { errors: "all" })
  return (args) => {
    const { value, issues } = readArguments(reader, args)
    const decoded = Effect.match(decode(value) as Effect.Effect<unknown, Schema.SchemaError>, {
      onSuccess: (value) => (issues.length === 0 ? { value } : { failure: wrongArguments(name, issues) }),
      onFailure: ({ issue }) => ({ failure: wrongArguments(name, withoutRepeats(issues, issuesOf(issue))) })
    })
    return Effect.runPromise(decoded)
  }
}

const issuesOf = (issue: SchemaIssue.Issue): ReadonlyArray<ArgumentIssue> =>
  formatter(issue).issues.map(({ message, path = [] }) => ({
    path: path.map((segment) => String(typeof segment === "object" ? segment.key : segment)),
    message
  }))
