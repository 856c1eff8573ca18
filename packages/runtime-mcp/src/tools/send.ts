/**
 * Sends an operation of the contract: arguments held against it first, the outcome kept when nobody waits for it.
 */
import { bodyIssues } from "@aywa-ai/runtime-sdk/contract"
import * as Schema from "effect/Schema"
import { McpFailure } from "../errors/McpFailure.ts"
import type { Entry } from "../operations/table.ts"
import { holdsCut } from "../show/bound.ts"
import { holdsMask } from "../show/mask.ts"
import type { Desk } from "./tool.ts"

/** What an operation is sent with. */
export interface Request {
  readonly id?: string | undefined
  readonly query?: Readonly<Record<string, unknown>> | undefined
  readonly body?: Readonly<Record<string, unknown>> | undefined
  readonly idempotencyKey?: string | undefined
  readonly ifMatch?: string | undefined
}

/** What came back. */
export interface Reply {
  readonly value: unknown
  readonly requestId: string | undefined
  readonly etag: string | undefined
  /** Whether the runtime answered from an earlier request with the same key. */
  readonly replayed: boolean
}

/** Everything that is wrong with a request, by the contract. */
export const requestIssues = (entry: Entry, { id, query, body }: Request): ReadonlyArray<string> => {
  const { spec, name, hasId } = entry
  return [
    ...(hasId && (id === undefined || id.trim() === "") ? [`id: ${name} needs the id of a row`] : []),
    ...(!hasId && id !== undefined ? [`id: ${name} takes none`] : []),
    ...(spec.query === undefined && query !== undefined && Object.keys(query).length > 0
      ? [`query: ${name} takes none`]
      : []),
    ...queryIssues(entry, query),
    ...(spec.body === undefined && body !== undefined ? [`body: ${name} takes none`] : []),
    ...(spec.body !== undefined && body === undefined ? [`body: ${name} needs one; describe_operation shows it`] : []),
    ...(spec.body === undefined || body === undefined ? [] : contractIssues(entry, body))
  ]
}

const queryIssues = ({ spec }: Entry, query: Request["query"]): ReadonlyArray<string> => {
  if (spec.query === undefined || query === undefined) return []
  const known = spec.query.ast._tag === "Objects" ? spec.query.ast.propertySignatures.map(({ name }) => name) : []
  const unknown = Object.keys(query).filter((name) => !known.includes(name))
  const isValid = Schema.is(spec.query)(query)
  return [
    ...unknown.map(() => `query: it takes ${known.map(String).join(", ")}`).slice(0, 1),
    ...(isValid ? [] : ["query: a value has the wrong type; describe_operation shows them"])
  ]
}

const uploadNames: ReadonlySet<string> = new Set(["file", "name", "contentType"])

const contractIssues = ({ operation, spec }: Entry, body: Readonly<Record<string, unknown>>): ReadonlyArray<string> => {
  // Of an upload the contract knows the fields beside the file. A path would be read from this machine: only text is taken.
  const rest = spec.multipart
    ? Object.fromEntries(Object.entries(body).filter(([name]) => !uploadNames.has(name)))
    : body
  const wrongTexts = spec.multipart
    ? [...uploadNames].filter((name) => !(typeof body[name] === "string" || (name !== "file" && !(name in body))))
    : []
  return [
    ...wrongTexts.map((name) => `body.${name}: a text`),
    ...bodyIssues(operation, rest).map(({ path, message }) => `${["body", ...path].join(".")}: ${message}`)
  ]
}

/** Throws unless a request may be sent by the contract; nothing is sent before. */
export const assertRequest = (entry: Entry, request: Request): void => {
  if (holdsMask(request.body) || holdsMask(request.query)) {
    throw new McpFailure(
      "masked_value",
      "The arguments hold a masked value: it would take the place of what it stands for.",
      "Leave the field out, or use the real value."
    )
  }
  if (holdsCut(request.body)) {
    throw new McpFailure(
      "cut_value",
      "The body holds a text that was cut: it would take the place of the whole.",
      "Read the rest of it first, with the fields that it names."
    )
  }
  const issues = requestIssues(entry, request)
  if (issues.length > 0) {
    throw new McpFailure(
      "invalid_request",
      `${entry.name} was not sent: ${issues.length === 1 ? issues[0] : `${issues.length} places are wrong`}`,
      `describe_operation {"operation": "${entry.name}"} shows what it takes.`,
      issues.slice(0, 20)
    )
  }
}

type Method = (...args: ReadonlyArray<unknown>) => { readonly withResponse: () => Promise<unknown> }

interface WithResponse {
  readonly value: unknown
  readonly response: {
    readonly requestId?: string | undefined
    readonly replayed: boolean
    readonly headers: Readonly<Record<string, string>>
  }
}

/** Sends it. A write is counted here and nowhere else. */
export const send = async (
  { client, guard }: Desk,
  entry: Entry,
  request: Request,
  signal: AbortSignal
): Promise<Reply> => {
  assertRequest(entry, request)
  const { resource, method: name, spec } = entry
  // The client is computed from the table that the entry is of.
  const method = (client as unknown as Record<string, Record<string, Method>>)[resource]?.[name]
  if (method === undefined) throw new TypeError(`The client has no ${entry.name}`)
  const isWrite = spec.method !== "GET"
  if (isWrite) guard.spend()
  const { id, query, body, idempotencyKey, ifMatch } = request
  const args = [
    ...(entry.hasId ? [id] : []),
    ...(spec.body === undefined ? [] : [spec.multipart ? withFile(body) : body]),
    ...(spec.query === undefined ? [] : [query ?? {}]),
    { signal, idempotencyKey, ifMatch }
  ]
  try {
    // What `withResponse` gives, by the types of the client.
    const { value, response } = (await method.apply(Reflect.get(client, resource), args).withResponse()) as WithResponse
    return {
      value,
      requestId: response.requestId,
      etag: response.headers["etag"],
      replayed: response.replayed
    }
  } catch (error) {
    if (isWrite && signal.aborted && Reflect.get(Object(error), "outcome") === "maybe-applied") {
      const key: unknown = Reflect.get(Object(error), "idempotencyKey")
      guard.noteUnsettled({ operation: entry.name, idempotencyKey: typeof key === "string" ? key : undefined })
    }
    throw error
  }
}

const withFile = (body: Request["body"]): object => {
  const { file, ...rest } = body ?? {}
  return { name: "file.txt", contentType: "text/plain", ...rest, file: new TextEncoder().encode(String(file)) }
}
