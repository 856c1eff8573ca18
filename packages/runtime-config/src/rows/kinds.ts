/**
 * The kinds of rows that files hold, and what is particular to each.
 *
 * @since 0.2.0
 */
import { contract, ownedFields } from "@aywa-ai/runtime-sdk/contract"
import type { JsonObject, Operation } from "@aywa-ai/runtime-sdk"
import { withoutNulls } from "./diff.ts"
import { bodySchemas } from "./bodySchemas.ts"

/**
 * The name of a kind: that of its resource in the contract.
 *
 * @since 0.2.0
 * @category models
 */
export type KindName = "tools" | "structuredOutputs" | "assistants" | "phoneNumbers" | "webhookEndpoints"

/** A kind of rows. */
export interface Kind {
  readonly name: KindName
  /** Its folder, which is the first half of an address: `assistants/desk`. */
  readonly folder: string
  /** As it is called in messages. */
  readonly label: string
  readonly create: Operation
  readonly update: Operation
  /** What a person tells a row by. */
  readonly nameOf: (row: JsonObject) => string | undefined
}

/** The components of the OpenAPI document that describe what a create takes. */
export const contractBodies: Readonly<Record<KindName, string>> = {
  tools: "CreateTool",
  structuredOutputs: "CreateStructuredOutput",
  assistants: "CreateAssistant",
  phoneNumbers: "CreatePhoneNumber",
  webhookEndpoints: "CreateWebhookEndpoint"
}

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined)

const byName = (row: JsonObject) => text(row["name"])

/** In the order in which rows are made: each after those that it refers to, but for circles. */
export const kinds: ReadonlyArray<Kind> = [
  {
    name: "tools",
    folder: "tools",
    label: "tool",
    ...operations(contract.tools),
    nameOf: (row) => {
      const definition = row["function"]
      return (
        text(typeof definition === "object" && definition !== null ? Reflect.get(definition, "name") : undefined) ??
        byName(row)
      )
    }
  },
  {
    name: "structuredOutputs",
    folder: "structured-outputs",
    label: "structured output",
    ...operations(contract.structuredOutputs),
    nameOf: byName
  },
  { name: "assistants", folder: "assistants", label: "assistant", ...operations(contract.assistants), nameOf: byName },
  {
    name: "phoneNumbers",
    folder: "phone-numbers",
    label: "phone number",
    ...operations(contract.phoneNumbers),
    nameOf: (row) => text(row["number"]) ?? byName(row)
  },
  {
    name: "webhookEndpoints",
    folder: "webhook-endpoints",
    label: "webhook endpoint",
    ...operations(contract.webhookEndpoints),
    // Two endpoints may have one URL, for other rows' events.
    nameOf: (row) => {
      const url = text(row["url"])
      return url === undefined ? undefined : [url, row["scope"], row["targetId"]].filter(Boolean).join(" ")
    }
  }
]

function operations(group: { readonly create: Operation; readonly update: Operation }) {
  return { create: group.create, update: group.update }
}

/** The kind of a name. */
export const kindOf = (name: KindName): Kind => {
  const kind = kinds.find((each) => each.name === name)
  if (kind === undefined) throw new TypeError(`${name} is no kind of rows`)
  return kind
}

/** The kind whose folder this is. */
export const kindOfFolder = (folder: string): Kind | undefined => kinds.find((each) => each.folder === folder)

/** The keys that a create knows, in the order of the contract table. */
export const knownKeys = (kind: KindName): ReadonlyArray<string> => Object.keys(bodySchemas[kind]?.properties ?? {})

/**
 * What of a stored row is a person's: the keys that a create would take. What the runtime owns or adds (`id`, `status`,
 * a newer field) is not compared, and not written to files.
 */
export const managed = (kind: KindName, row: JsonObject): JsonObject => {
  const known = new Set(knownKeys(kind))
  return withoutNulls(Object.fromEntries(Object.entries(row).filter(([key]) => known.has(key))))
}

/** Whether the runtime fills a key in, so that no file may have it. */
export const isOwned = (kind: KindName, key: string): boolean => ownedFields.has(key) && !knownKeys(kind).includes(key)

/** Keys in the order of the contract table, then by the alphabet. */
export const inOrder = (kind: KindName, row: JsonObject): JsonObject => {
  const known = knownKeys(kind)
  const rank = (key: string) => (known.includes(key) ? known.indexOf(key) : known.length)
  return Object.fromEntries(
    Object.entries(row).toSorted(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0))
  )
}

/** A name as a part of a file's name: at most 60 of `a-z 0-9 -`. */
export const slugOf = (name: string | undefined, kind: Kind): string => {
  const slug = (name ?? kind.label)
    // An accent goes, its letter stays.
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 60)
    .replace(/^-+|-+$/g, "")
  return slug === "" ? kind.label.replace(" ", "-") : slug
}

/** A slug that is not taken yet: `desk`, `desk-2`, `desk-3`. */
export const freeSlug = (slug: string, isTaken: (slug: string) => boolean): string => {
  if (!isTaken(slug)) return slug
  for (let n = 2; ; n++) {
    const next = `${slug.slice(0, 60 - String(n).length - 1)}-${n}`
    if (!isTaken(next)) return next
  }
}
