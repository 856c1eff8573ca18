/**
 * The kinds of rows that a bundle carries, and what the runtime has for each.
 */
import {
  contract,
  type Group,
  type Operation,
  type ReferringKind,
  specOf
} from "@aywa-ai/runtime-sdk/internal/contract"
import { rulesOf } from "../rows/rules.ts"
import { keysOf, type AnySchema } from "../rows/validation.ts"

/** A kind of row of a bundle. */
export interface Kind {
  /** The name of its list in a bundle. */
  readonly name: ReferringKind
  /** As mappings call it: the source's path without its slash. */
  readonly resource: string
  /** As messages call it. */
  readonly label: string
  /** Why its rows are skipped; `undefined` for what the runtime stores. */
  readonly skipped: string | undefined
  /** What a stored row must be, or clients could not read it. */
  readonly row: AnySchema | undefined
  /** What a row must be to be created by hand. Imported rows may break it. */
  readonly create: AnySchema | undefined
  /** The fields that a create knows. */
  readonly known: ReadonlySet<string>
}

const group = (name: string): Group | undefined =>
  Object.entries<Group>(contract).find(([resource]) => resource === name)?.[1]

const schema = (operation: Operation | undefined, side: "body" | "success"): AnySchema | undefined =>
  operation === undefined ? undefined : specOf(operation)[side]

const kind = (name: ReferringKind, resource: string, label: string, skipped?: string): Kind => {
  const operations = group(name)
  const create = schema(operations?.["create"], "body")
  return {
    name,
    resource,
    label,
    skipped: skipped ?? (operations?.["create"] === undefined ? "the runtime has no such resource" : undefined),
    row: schema(operations?.["get"], "success"),
    create,
    known: create === undefined ? new Set() : keysOf(create.ast)
  }
}

/** In the order in which rows are written: what others refer to comes first. */
export const kinds: ReadonlyArray<Kind> = [
  kind("credentials", "credential", "credentials"),
  kind("files", "file", "files", "a bundle does not carry the content of files: upload them"),
  kind("tools", "tool", "tools"),
  kind("structuredOutputs", "structured-output", "structured outputs"),
  kind("assistants", "assistant", "assistants"),
  kind("squads", "squad", "squads"),
  kind("phoneNumbers", "phone-number", "phone numbers")
]

/** The key that may exist only once in an organization. */
export const uniqueKeyOf = (kind: Kind, row: Readonly<Record<string, unknown>>): string | null => {
  const value = rulesOf(kind.name).unique?.of({ ...row })
  return typeof value === "string" ? value : null
}
