/**
 * What every definition of a tool has, whatever its schemas are: its checks, and what the model is told.
 */
import { type Names, unknownName } from "../config/unknownNames.ts"
import type { ToolSchemaOf } from "./jsonSchema.ts"
import type { ArgumentReader } from "./readArguments.ts"
import { strictSchemaOf } from "./strict.ts"
import type { AnyTool, CommonOptions } from "./shape.ts"
import { ToolDefinitionError, type ToolDefinitionIssue } from "./ToolDefinitionError.ts"

/** The part of a tool that is data, and how its arguments are read. */
export interface Definition {
  readonly tool: Pick<AnyTool, "definition" | "fields" | "timeoutSeconds" | "loose">
  readonly reader: ArgumentReader
}

/** Throws `ToolDefinitionError`, with all that is wrong at once. */
export const defineTool = (name: string, options: CommonOptions, reduction: ToolSchemaOf, root: string): Definition => {
  const { description, timeoutSeconds, strict, async: isAsync, messages } = options
  const { schema, loose, nullable, issues } = reduction
  const closed = strict === true && schema !== undefined ? strictSchemaOf(schema, root) : { schema, issues: [] }
  const all = [...checkOptions(name, options), ...issues, ...closed.issues]
  if (all.length > 0 || closed.schema === undefined) throw new ToolDefinitionError(`Tool ${name}`, all)
  return {
    tool: {
      definition: { name, description, parameters: closed.schema, ...(strict === undefined ? {} : { strict }) },
      fields: {
        ...(isAsync === undefined ? {} : { async: isAsync }),
        ...(messages === undefined ? {} : { messages })
      },
      timeoutSeconds,
      loose
    },
    reader: { schema: closed.schema, nullable, root: [root] }
  }
}

interface AllOptions extends CommonOptions {
  readonly parameters: unknown
  readonly success: unknown
  readonly execute: unknown
  readonly failure: unknown
}

const optionNames: Names<AllOptions> = {
  description: true,
  parameters: true,
  success: true,
  execute: true,
  failure: true,
  timeoutSeconds: true,
  async: true,
  strict: true,
  messages: true
}

const checkOptions = (name: string, options: CommonOptions): ReadonlyArray<ToolDefinitionIssue> => {
  const { description, timeoutSeconds } = options
  const issues: Array<ToolDefinitionIssue> = []
  const unknown = unknownName(options, optionNames)
  if (unknown !== undefined) issues.push({ path: [unknown.name], message: unknown.message })
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
    issues.push({ path: ["name"], message: "must be 1 to 64 of the characters a-z A-Z 0-9 _ -" })
  }
  if (typeof description !== "string" || description.trim() === "") {
    issues.push({ path: ["description"], message: "is empty: the model decides by it when to use the tool" })
  }
  if (timeoutSeconds !== undefined && !(timeoutSeconds >= 1 && timeoutSeconds <= 300)) {
    issues.push({ path: ["timeoutSeconds"], message: "must be 1 to 300" })
  }
  return issues
}
