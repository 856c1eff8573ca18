/**
 * `write` and `delete`: whatever changes something, with what makes it safe: a key for what creates, the difference
 * before a change, the id once more for what deletes.
 */
import { createHash } from "node:crypto"
import { diffRows } from "@aywa-ai/runtime-config"
import * as Schema from "effect/Schema"
import { McpFailure } from "../errors/McpFailure.ts"
import { type Entry, readerOf } from "../operations/table.ts"
import type { Answer } from "../show/answer.ts"
import { boundValue } from "../show/bound.ts"
import { confirmCall } from "./confirmCall.ts"
import { assertRequest, type Reply, type Request, send } from "./send.ts"
import { type Desk, deletes, dials, flag, type Invocation, object, text, type Tool, tool, writes } from "./tool.ts"

/** What a write takes. */
export interface Writing extends Request {
  readonly dryRun?: boolean | undefined
}

/** The arguments of a write beside the operation. */
export const writingInput = {
  query: Schema.optionalKey(object("Rarely needed")),
  body: Schema.optionalKey(object("As describe_operation shows it")),
  idempotencyKey: Schema.optionalKey(text("For POST: yours, one per thing to do; repeat with the same")),
  ifMatch: Schema.optionalKey(text("For PATCH: from the answer that showed the difference")),
  dryRun: Schema.optionalKey(flag("Checked, not sent"))
}

/** Writes. */
export const writeEntry = async (
  desk: Desk,
  entry: Entry,
  writing: Writing,
  invocation: Invocation
): Promise<Answer> => {
  const { spec, name } = entry
  if (spec.method === "GET" || spec.method === "DELETE") {
    throw new McpFailure(
      "not_a_write",
      `${name} is no write.`,
      `That is for ${spec.method === "GET" ? "read" : "delete"}.`
    )
  }
  const { dryRun = false, ...request } = writing
  assertRequest(entry, request)
  if (spec.method === "POST") assertKey(name, request.idempotencyKey)
  if (dryRun) return { data: { dryRun: true, detail: `${name} would be sent. Nothing was.` }, hasRows: false }
  if (spec.method === "PATCH") return change(desk, entry, request, invocation)
  if (entry.access === "calls") await confirmCall(desk, entry, request, invocation)
  if (entry.resource === "imports") return importRows(desk, entry, request, invocation)
  return done(await send(desk, entry, request, invocation.signal))
}

/** An import is one request however many rows it has: what is known is how many are on their way, and how it ended. */
const importRows = async (
  desk: Desk,
  entry: Entry,
  request: Request,
  { signal, progress }: Invocation
): Promise<Answer> => {
  const { body = {} } = request
  const lists = Object.values({ ...Object(body["bundle"] ?? body) })
  const rows = lists.reduce((sum: number, list) => sum + (Array.isArray(list) ? list.length : 0), 0)
  progress(0, rows, `Rows on their way: ${rows}`)
  const reply = await send(desk, entry, request, signal)
  const status: unknown = Reflect.get(Object(reply.value), "status")
  progress(rows, rows, `The import has ended: ${typeof status === "string" ? status : "done"}`)
  return done(reply)
}

const assertKey = (name: string, key: string | undefined): void => {
  if (key === undefined) {
    throw new McpFailure(
      "needs_key",
      `${name} needs an idempotencyKey: with it a repetition is done once.`,
      "Choose a text for this very thing, such as create-desk-2, and use it again when you repeat."
    )
  }
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new McpFailure("invalid_arguments", "idempotencyKey is 1 to 255 visible ASCII characters, without spaces.")
  }
}

const done = ({ value, requestId, replayed }: Reply): Answer => ({
  data: {
    done: true,
    ...(replayed ? { replayed: "This key was used before: it is the answer of then." } : {}),
    row: boundValue(value, [], 4_000),
    requestId
  },
  hasRows: true
})

/** The version of a row: its ETag, or a digest of what was read where the runtime has none. */
const versionOf = ({ etag, value }: Reply): string =>
  etag ?? `digest:${createHash("sha256").update(JSON.stringify(value)).digest("hex")}`

/** Without `ifMatch` it shows the difference; with it, it writes that version and no other. */
const change = async (desk: Desk, entry: Entry, request: Request, { signal }: Invocation): Promise<Answer> => {
  const { ifMatch, id, body = {}, query } = request
  const reader = readerOf(entry)
  if (ifMatch !== undefined && !ifMatch.startsWith("digest:")) return done(await send(desk, entry, request, signal))
  if (reader === undefined) throw new TypeError(`${entry.resource} cannot be read`)
  const current = await send(desk, reader, { id }, signal)
  const version = versionOf(current)
  if (ifMatch === undefined) {
    const row: Readonly<Record<string, unknown>> = { ...Object(current.value) }
    const before = Object.fromEntries(Object.keys(body).map((key) => [key, row[key]]))
    const changes = diffRows(before, body)
    return {
      data:
        changes.length === 0
          ? { done: false, detail: "The row says that already. Nothing was sent." }
          : {
              done: false,
              detail: "Nothing was sent. If this is what you want, repeat the call with this ifMatch.",
              ifMatch: version,
              changes: boundValue(changes.map(({ path, ...rest }) => ({ path: path.join("."), ...rest })))
            },
      hasRows: true
    }
  }
  if (version !== ifMatch) {
    throw new McpFailure(
      "precondition_failed",
      "Somebody changed the row since it was read.",
      "Call write without ifMatch to see the difference as it is now."
    )
  }
  return done(await send(desk, entry, { id, body, query }, signal))
}

/** Deletes. */
export const deleteEntry = async (
  desk: Desk,
  entry: Entry,
  { id, confirm }: { readonly id: string; readonly confirm: string },
  { signal }: Invocation
): Promise<Answer> => {
  if (entry.spec.method !== "DELETE") {
    throw new McpFailure("not_a_delete", `${entry.name} deletes nothing.`, "That is for read or write.")
  }
  if (confirm !== id) {
    throw new McpFailure("not_confirmed", "confirm is not the id.", "Repeat the id of the row in confirm.")
  }
  const { requestId } = await send(desk, entry, { id }, signal)
  return { data: { done: true, deleted: id, requestId }, hasRows: false }
}

/** The tool that creates and changes. */
export const write = (desk: Desk): Tool =>
  tool({
    name: "write",
    title: "Create or change",
    description:
      "Runs any POST or PATCH operation. A POST needs an idempotencyKey. A PATCH first shows the difference: repeat it with ifMatch to apply.",
    input: {
      operation: text("Such as assistants.create"),
      id: Schema.optionalKey(Schema.String),
      ...writingInput
    },
    hints: desk.guard.allowCalls ? dials : writes,
    run: ({ operation, ...writing }, invocation) => {
      const entry = desk.guard.admit(operation)
      if (entry.access === "write") desk.guard.admitWrites()
      return writeEntry(desk, entry, writing, invocation)
    }
  })

/** The tool that deletes. */
export const remove = (desk: Desk): Tool =>
  tool({
    name: "delete",
    title: "Delete a row",
    description: "Deletes one row. It cannot be taken back.",
    input: {
      operation: text("Such as tools.delete"),
      id: Schema.String,
      confirm: text("The id once more")
    },
    hints: deletes,
    run: ({ operation, ...rest }, invocation) => {
      const entry = desk.guard.admit(operation)
      return deleteEntry(desk, entry, rest, invocation)
    }
  })
