/**
 * One tool per operation, for clients that search among tools themselves.
 */
import { bodySchemaOf, jsonSchemaOf } from "../operations/schemas.ts"
import type { Entry } from "../operations/table.ts"
import { summaryOf } from "../operations/words.ts"
import { readEntry, readingInput } from "./read.ts"
import { deleteEntry, writeEntry, writingInput } from "./write.ts"
import { type Desk, deletes, dials, type Hints, reads, text, type Tool, tool, writes } from "./tool.ts"

const hintsOf: Readonly<Record<Entry["access"], Hints>> = { read: reads, write: writes, delete: deletes, calls: dials }

/** `phoneNumbers.list` -> `phoneNumbers_list`: clients take no dots. */
const nameOf = ({ name }: Entry): string => name.replace(".", "_")

const id = { id: text("Id of the row") }

const toolOf = (desk: Desk, entry: Entry): Tool => {
  const about = {
    name: nameOf(entry),
    title: summaryOf(entry),
    description: summaryOf(entry),
    hints: hintsOf[entry.access]
  }
  const withId = entry.hasId ? id : {}
  // The guard is asked again: a list of tools is no permission.
  const admitted = () => desk.guard.admit(entry.name)
  if (entry.access === "read") {
    return tool({
      ...about,
      input: { ...withId, ...readingInput },
      run: (reading, invocation) => readEntry(desk, admitted(), reading, invocation)
    })
  }
  if (entry.access === "delete") {
    return tool({
      ...about,
      input: { ...id, confirm: text("The id once more") },
      run: (input, invocation) => deleteEntry(desk, admitted(), input, invocation)
    })
  }
  return tool({
    ...about,
    input: { ...withId, ...writingInput },
    run: (writing, invocation) => writeEntry(desk, admitted(), writing, invocation)
  })
}

/** The arguments as the contract has them, in place of any object. */
const withContract = (entry: Entry, { inputSchema, ...rest }: Tool): Tool => {
  const body = bodySchemaOf(entry)
  const query = entry.spec.query === undefined ? undefined : jsonSchemaOf(entry.spec.query)
  const { body: _, query: __, ...properties } = inputSchema.properties
  const isPost = entry.spec.method === "POST"
  const required = [
    ...(inputSchema.required ?? []),
    ...(body === undefined ? [] : ["body"]),
    ...(isPost ? ["idempotencyKey"] : [])
  ]
  return {
    ...rest,
    inputSchema: {
      ...inputSchema,
      properties: { ...properties, ...(query === undefined ? {} : { query }), ...(body === undefined ? {} : { body }) },
      ...(required.length === 0 ? {} : { required })
    }
  }
}

/** A tool for every operation that is allowed. */
export const fullTools = (desk: Desk): ReadonlyArray<Tool> =>
  desk.guard.entries.map((entry) => withContract(entry, toolOf(desk, entry)))
