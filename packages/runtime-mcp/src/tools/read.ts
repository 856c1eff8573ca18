/**
 * `read`: any GET of the contract.
 */
import * as Schema from "effect/Schema"
import { McpFailure } from "../errors/McpFailure.ts"
import type { Entry } from "../operations/table.ts"
import type { Answer } from "../show/answer.ts"
import { boundRows, boundValue } from "../show/bound.ts"
import { type Field, parseField, project } from "../show/fields.ts"
import { type Request, send } from "./send.ts"
import { type Desk, type Invocation, object, reads, text, type Tool, tool } from "./tool.ts"

/** What a reading takes. */
export interface Reading extends Request {
  readonly fields?: ReadonlyArray<string> | undefined
  readonly limit?: number | undefined
}

/** Rows of a list that are asked for where nothing is said. */
const defaultLimit = 20

/** Rows of a list at most. */
export const maxLimit = 50

/** The arguments of a reading beside the operation. */
export const readingInput = {
  query: Schema.optionalKey(object("Filters, cursor")),
  fields: Schema.optionalKey(
    Schema.Array(Schema.String.check(Schema.isMaxLength(220)))
      .check(Schema.isMaxLength(50))
      .annotate({ description: "Only these paths: artifact.transcript; @N: from character N" })
  ),
  limit: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: maxLimit })))
}

/** Reads. */
export const readEntry = async (
  desk: Desk,
  entry: Entry,
  { id, query, fields: asked = [], limit }: Reading,
  { signal }: Pick<Invocation, "signal">
): Promise<Answer> => {
  if (entry.spec.method !== "GET") {
    throw new McpFailure("not_a_read", `${entry.name} changes something.`, "That is for write or delete.")
  }
  const fields = asked.map(parseField)
  if (entry.spec.kind === "page") return readRows(desk, entry, { id, query, fields, limit }, signal)
  const { value, etag } = await send(desk, entry, { id, query }, signal)
  if (value instanceof Uint8Array) return content(value, fields)
  if (Array.isArray(value)) return rowsAnswer(value, fields, undefined)
  if (typeof value === "string") return { data: { text: boundValue({ text: value }, fields) }, hasRows: true }
  return {
    data: { row: boundValue(project(value, fields), fields), ...(etag === undefined ? {} : { ifMatch: etag }) },
    hasRows: true
  }
}

interface Rows extends Request {
  readonly fields: ReadonlyArray<Field>
  readonly limit: number | undefined
}

const isPage = (value: unknown): value is { readonly items: ReadonlyArray<unknown>; readonly nextCursor?: string } =>
  typeof value === "object" && value !== null && Array.isArray(Reflect.get(value, "items"))

const readRows = async (
  desk: Desk,
  entry: Entry,
  { id, query, fields, limit }: Rows,
  signal: AbortSignal
): Promise<Answer> => {
  const asked: unknown = limit ?? query?.["limit"] ?? defaultLimit
  if (typeof asked !== "number" || asked > maxLimit) {
    throw new McpFailure("invalid_arguments", `limit is a number, ${maxLimit} at most.`, "query.cursor goes on.")
  }
  const { value } = await send(desk, entry, { id, query: { ...query, limit: asked } }, signal)
  if (!isPage(value)) throw new TypeError(`${entry.name} gave no page`)
  return rowsAnswer(value.items, fields, value.nextCursor)
}

const rowsAnswer = (
  items: ReadonlyArray<unknown>,
  fields: ReadonlyArray<Field>,
  nextCursor: string | undefined
): Answer => {
  const { rows, left } = boundRows(
    items.map((row) => project(row, fields)),
    fields
  )
  return {
    data: {
      rows,
      ...(left === 0 ? {} : { left: `${left} rows did not fit: ask with fields, or a smaller limit` }),
      // Behind rows that were left out it would lead past them.
      ...(nextCursor === undefined || left > 0 ? {} : { nextCursor })
    },
    hasRows: true
  }
}

const content = (bytes: Uint8Array, fields: ReadonlyArray<Field>): Answer => {
  let value: string
  try {
    value = new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    return { data: { bytes: bytes.length, text: null, detail: "It is no text." }, hasRows: false }
  }
  const [asked] = fields
  const shown = boundValue({ content: value.slice(asked?.offset ?? 0) }, [
    { text: "content", path: ["content"], offset: asked?.offset ?? 0 }
  ])
  return { data: { bytes: bytes.length, ...Object(shown) }, hasRows: true }
}

/** The tool. */
export const read = (desk: Desk): Tool =>
  tool({
    name: "read",
    title: "Read rows",
    description: `Runs any GET operation. Lists give ${defaultLimit} rows unless limit says more (${maxLimit} at most); long texts are cut, and say how to go on.`,
    input: {
      operation: text("Such as assistants.list"),
      id: Schema.optionalKey(Schema.String),
      ...readingInput
    },
    hints: reads,
    run: ({ operation, ...reading }, invocation) => readEntry(desk, desk.guard.admit(operation), reading, invocation)
  })
