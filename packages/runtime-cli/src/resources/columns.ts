/**
 * The columns that a resource has on a terminal. JSON always has everything.
 */
import type { contract } from "@aywa-ai/runtime-sdk/contract"
import type { View } from "../core/output.ts"
import { ago, cell } from "../core/table.ts"
import { plural } from "./words.ts"

/** Resources without a list. */
type Unlisted = "operations"

const lists: Readonly<Record<Exclude<keyof typeof contract, Unlisted>, ReadonlyArray<string>>> = {
  assistants: ["id", "name", "model.model", "voice.provider", "updatedAt"],
  phoneNumbers: ["id", "number", "provider", "assistantId", "status", "updatedAt"],
  tools: ["id", "type", "function.name", "server.url", "updatedAt"],
  calls: ["id", "type", "status", "assistantId", "customer.number", "endedReason", "createdAt"],
  credentials: ["id", "provider", "name", "updatedAt"],
  webhookEndpoints: ["id", "url", "events", "enabled", "updatedAt"],
  files: ["id", "name", "bytes", "purpose", "status", "createdAt"],
  structuredOutputs: ["id", "name", "type", "updatedAt"],
  imports: ["id", "source", "status", "createdAt"],
  webhookLogs: ["id", "type", "status", "attemptCount", "statusCode", "target", "createdAt"]
}

const byResource: Readonly<Record<string, ReadonlyArray<string>>> = {
  ...lists,
  "imports.mappings": ["resource", "sourceId", "runtimeId", "action"],
  "calls.timeline": ["createdAt", "type", "status", "data"],
  "calls.logs": ["createdAt", "level", "message"],
  "operations.setupRequirements": ["id", "ok", "detail"],
  "operations.runbooks": ["id", "title"]
}

/** What is at a path of a row, or nothing. */
export const at = (item: unknown, path: string): unknown => {
  let value = item
  for (const key of path.split(".")) {
    value =
      typeof value === "object" && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined
  }
  return value
}

/** How rows of an operation look as a table: `columns` if given, else the resource's own, else what the rows have. */
export const viewOf = (
  resource: string,
  operation: string,
  items: ReadonlyArray<unknown>,
  options: { readonly columns: ReadonlyArray<string> | undefined; readonly relative: boolean }
): View => {
  const own = operation === "list" ? byResource[resource] : byResource[`${resource}.${operation}`]
  const paths = options.columns ?? own?.filter((path) => isUseful(items, path)) ?? keysOf(items)
  const now = Date.now()
  return {
    columns: paths.map((path) => ({
      title: titleOf(path),
      // Ids are copied into the next command.
      whole: /(^i|I)d$/.test(path),
      align: items.every((item) => typeof at(item, path) === "number") ? "right" : undefined
    })),
    cells: (item) =>
      paths.map((path) => {
        const value = at(item, path)
        return typeof value === "string" && options.relative && isTime(value) ? ago(value, now) : cell(value)
      }),
    empty: `There are no ${plural(resource)}.`
  }
}

/** The id always; another column only if a row has it. */
const isUseful = (items: ReadonlyArray<unknown>, path: string) =>
  path === "id" || items.some((item) => at(item, path) !== undefined && at(item, path) !== null)

const keysOf = (items: ReadonlyArray<unknown>): ReadonlyArray<string> =>
  [...new Set(items.flatMap((item) => (typeof item === "object" && item !== null ? Object.keys(item) : [])))].slice(
    0,
    6
  )

const titleOf = (path: string) =>
  path
    .replace(/\.(model|url|name|number)$/, (_, last: string) => (last === "model" || last === "url" ? "" : ` ${last}`))
    .replaceAll(".", " ")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toUpperCase()

const isTime = (text: string) => /^\d{4}-\d{2}-\d{2}T/.test(text)
