/**
 * A bundle: the rows of a source account, by kind and by their own ids.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"
import type { JsonObject, ReferringKind } from "@aywa-ai/runtime-sdk"

/**
 * Rows of a source account. A list that is not there is an empty one.
 *
 * @since 0.1.0
 * @category models
 */
export type Bundle = { readonly [K in ReferringKind]?: ReadonlyArray<JsonObject> }

/** What is known of a kind of row. */
export interface Kind {
  /** The name of its list in a bundle. */
  readonly name: ReferringKind
  /** As mappings call it; the source's list route, without its slash. */
  readonly resource: string
  /** Why its rows cannot be imported. */
  readonly skipped?: string
}

const noSuch = "the runtime has no such resource"

/** In the order in which rows are created: what others refer to comes first. */
export const kinds: ReadonlyArray<Kind> = [
  { name: "credentials", resource: "credential" },
  {
    name: "files",
    resource: "file",
    skipped: "a bundle does not carry the content of files: upload them (uploadFiles, migrate files), with a ledger"
  },
  { name: "tools", resource: "tool" },
  { name: "structuredOutputs", resource: "structured-output" },
  { name: "assistants", resource: "assistant" },
  { name: "squads", resource: "squad", skipped: noSuch },
  { name: "phoneNumbers", resource: "phone-number" }
]

/** Ends the names of files whose list was not read to its end. */
export const unfinished = ".partial"

/** The kind of a list's name. */
export const kindOf = (name: string): Kind | undefined => kinds.find((kind) => kind.name === name)

/** The rows of a kind. */
export const rowsOf = (bundle: Bundle, { name }: Kind): ReadonlyArray<JsonObject> => bundle[name] ?? []

/** An object that is no list. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A row's own id; empty when it has none. */
export const idOf = (row: JsonObject): string => (typeof row["id"] === "string" ? row["id"] : "")

/** JSON in which the order of keys does not count. */
export const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) =>
    isObject(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item
  ) ?? "null"

/** A short name of content: the same content has the same. */
export const digest = (...parts: ReadonlyArray<string>): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 40)
