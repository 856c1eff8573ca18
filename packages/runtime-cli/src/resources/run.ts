/**
 * Runs an operation of the contract through the promise client, and shows what it gave.
 */
import type { Spec } from "@aywa-ai/runtime-sdk/contract"
import { readBody } from "../core/input.ts"
import { writeWhole } from "../core/files.ts"
import type { Session } from "../core/session.ts"
import { fields } from "../core/table.ts"
import { viewOf } from "./columns.ts"
import { plural, singular } from "./words.ts"

/** An operation and what the command line gave for it. */
export interface Invocation {
  readonly resource: string
  readonly name: string
  readonly spec: Spec
  readonly isDelete: boolean
  readonly input: {
    readonly id?: string
    readonly file?: string | undefined
    readonly set?: ReadonlyArray<string>
    readonly idempotencyKey?: string | undefined
    readonly all?: boolean
    readonly columns?: string | undefined
    readonly output?: string | undefined
    readonly query: Readonly<Record<string, string | number | undefined>>
  }
}

type Method = (...args: ReadonlyArray<unknown>) => Promise<unknown> & AsyncIterable<unknown>

/** Runs it. */
export const runOperation = async (invocation: Invocation, session: Session): Promise<void> => {
  const { resource, name, spec, isDelete, input } = invocation
  const body = await bodyOf(spec, input)
  const client = await session.client()
  // Group and operation come from the contract table, which the client is computed from.
  const method = (client as unknown as Record<string, Record<string, Method>>)[resource]?.[name]
  if (method === undefined) throw new TypeError(`The client has no ${resource}.${name}`)
  if (isDelete) await session.confirm(`Delete ${singular(resource)} ${input.id}?`)
  const query = Object.fromEntries(Object.entries(input.query).filter(([, value]) => value !== undefined))
  const args = [
    ...(input.id === undefined ? [] : [input.id]),
    ...(body === undefined ? [] : [body]),
    ...(spec.query === undefined ? [] : [query]),
    { signal: session.signal, idempotencyKey: input.idempotencyKey }
  ]
  if (spec.kind === "page") return showRows(invocation, await rowsOf(invocation, method(...args), session), session)
  const value = await method(...args)
  if (value instanceof Uint8Array) return writeBytes(value, input.output, session)
  show(invocation, value, session)
}

const bodyOf = async (spec: Spec, input: Invocation["input"]): Promise<unknown> => {
  if (spec.body === undefined) return undefined
  if (!spec.multipart) return readBody(input.file, input.set ?? [])
  const fields = (input.set ?? []).length === 0 ? {} : await readBody(undefined, input.set ?? [])
  return { ...fields, file: { path: input.file } }
}

const writeBytes = async (bytes: Uint8Array, output: string | undefined, { out }: Session): Promise<void> => {
  if (output === undefined) return out.bytes(bytes)
  await writeWhole(output, bytes)
  out.result({ file: output, bytes: bytes.length }, () => `${output}: ${bytes.length} bytes`)
}

interface Page {
  readonly items: ReadonlyArray<unknown>
  readonly nextCursor?: string | undefined
}

const rowsOf = async (
  { resource, input }: Invocation,
  listed: Promise<unknown> & AsyncIterable<unknown>,
  { out }: Session
): Promise<Page> => {
  if (!input.all) return (await listed) as Page // A paged operation gives a page.
  const items: Array<unknown> = []
  for await (const item of listed) {
    items.push(item)
    if (items.length % 50 === 0) out.status(`${items.length} ${plural(resource)} …`)
  }
  out.status(undefined)
  return { items }
}

/** This command with the cursor of the next page, in one line to paste. */
const nextCommand = (cursor: string): string => {
  const args = process.argv.slice(2)
  const kept = args.filter((arg, at) => !/^--cursor(=|$)/.test(arg) && args[at - 1] !== "--cursor")
  // A key that was given as an argument is not repeated on the screen.
  const shown = kept.filter((arg, at) => !/^--api-key(=|$)/.test(arg) && kept[at - 1] !== "--api-key")
  return ["aywa-runtime", ...shown, "--cursor", cursor].map(quoted).join(" ")
}

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)

const showRows = ({ resource, name, input }: Invocation, page: Page, { out }: Session): void => {
  const columns = input.columns?.split(",").map((path) => path.trim())
  out.rows(page, viewOf(resource, name, page.items, { columns, relative: process.stdout.isTTY }))
  if (page.nextCursor !== undefined && !out.json)
    out.note(`There may be more: add --all, or go on with\n  ${nextCommand(page.nextCursor)}`)
}

const show = ({ resource, name, spec, isDelete, input }: Invocation, value: unknown, { out }: Session): void => {
  if (spec.text && typeof value === "string") return out.raw(value)
  if (isDelete) return out.result(value ?? { id: input.id }, () => `Deleted ${singular(resource)} ${input.id}.`)
  if (Array.isArray(value)) {
    const items: ReadonlyArray<unknown> = value
    return out.rows({ items }, viewOf(resource, name, items, { columns: undefined, relative: process.stdout.isTTY }))
  }
  out.result(value, () => fields(Object(value), out.paint))
}
