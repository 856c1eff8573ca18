/**
 * `search_operations` and `describe_operation`: the contract, as much of it as is asked for.
 */
import * as Schema from "effect/Schema"
import { examples } from "../operations/examples.ts"
import { answerFieldsOf, bodySchemaOf, jsonSchemaOf } from "../operations/schemas.ts"
import { type Entry, entryOf } from "../operations/table.ts"
import { searchEntries, summaryOf } from "../operations/words.ts"
import { type Desk, reads, text, type Tool, tool } from "./tool.ts"

const line = (entry: Entry) => ({ operation: entry.name, summary: summaryOf(entry), access: entry.access })

const mostFound = 12

/** Finds operations. */
export const searchOperations = ({ guard }: Desk): Tool =>
  tool({
    name: "search_operations",
    title: "Find operations",
    description: "Operations of the runtime by words, such as 'change prompt'. Start here.",
    input: { query: text("Words") },
    hints: reads,
    run: async ({ query }) => {
      const found = searchEntries(guard.entries, query)
      const more = found.length - mostFound
      return {
        data: {
          operations: found.slice(0, mostFound).map(line),
          ...(more > 0 ? { more } : {}),
          ...(found.length === 0 ? { resources: [...new Set(guard.entries.map(({ resource }) => resource))] } : {})
        },
        hasRows: false
      }
    }
  })

const tools: Readonly<Record<Entry["access"], string>> = {
  read: "read",
  write: "write",
  delete: "delete",
  calls: "write, or call_place to place one"
}

/** Describes one. */
export const describeOperation = ({ guard }: Desk): Tool =>
  tool({
    name: "describe_operation",
    title: "Describe an operation",
    description: "JSON Schema of an operation's query and body, an example, its errors, and the tool that runs it.",
    input: { operation: Schema.String.check(Schema.isMaxLength(100)) },
    hints: reads,
    run: async ({ operation }) => {
      const entry = entryOf(operation)
      const { spec, name } = entry
      const isAllowed = guard.entries.includes(entry)
      const body = bodySchemaOf(entry)
      return {
        data: {
          ...line(entry),
          tool: isAllowed ? tools[entry.access] : "none: not allowed on this server",
          http: `${spec.method} ${spec.path}`,
          id: entry.hasId,
          ...(spec.query === undefined ? {} : { query: jsonSchemaOf(spec.query) }),
          ...(body === undefined ? {} : { body }),
          ...(Object.hasOwn(examples, name) ? { example: examples[name] } : {}),
          answer: spec.kind === "page" ? "rows" : spec.kind === "bytes" ? "content" : "row",
          answerFields: answerFieldsOf(entry),
          ...(spec.method === "POST" ? { idempotencyKey: "required: one per thing that is to be done" } : {}),
          errors: spec.errors
        },
        hasRows: false
      }
    }
  })
