/**
 * Which row of the runtime a row of the source became.
 *
 * @since 0.1.0
 */
import { fail, invalid } from "../errors/MigrationError.ts"
import type { Mapping } from "../errors/types.ts"

export type { Mapping } from "../errors/types.ts"

const fields = ["source", "resource", "sourceId", "runtimeId"] as const

/** Reads a mapping out of anything; `where` says where it stands, for the message. */
export const readMapping = (value: unknown, where: string): Mapping => {
  if (typeof value !== "object" || value === null)
    return invalid(where, "expected an object with source, resource, sourceId, runtimeId")
  const [source, resource, sourceId, runtimeId] = fields.map((field) => {
    const text: unknown = Reflect.get(value, field)
    return typeof text === "string" && text !== "" ? text : invalid(`${where}.${field}`, "expected a text")
  })
  return { source: source ?? "", resource: resource ?? "", sourceId: sourceId ?? "", runtimeId: runtimeId ?? "" }
}

/** The key of a mapping as one text. JSON keeps apart what joining would run together. */
export const keyOf = ({ source, resource, sourceId }: Omit<Mapping, "runtimeId">): string =>
  JSON.stringify([source, resource, sourceId])

/**
 * Merges ledgers: every mapping of each is in the result once, in the order of first sight. The same key with another
 * runtime id is a `MappingConflict` that names both.
 *
 * @since 0.1.0
 * @category ledger
 */
export const mergeMappings = (...ledgers: ReadonlyArray<Iterable<Mapping>>): ReadonlyArray<Mapping> => {
  const merged = new Map<string, Mapping>()
  for (const ledger of ledgers) {
    for (const mapping of ledger) {
      const key = keyOf(mapping)
      const known = merged.get(key)
      if (known === undefined) merged.set(key, mapping)
      else if (known.runtimeId !== mapping.runtimeId) fail({ _tag: "MappingConflict", left: known, right: mapping })
    }
  }
  return [...merged.values()]
}

/** The same for mappings that may come from a program without types: a field of another name is said, not taken for none. */
export const checkedMappings = (mappings: Iterable<Mapping>): ReadonlyArray<Mapping> =>
  mergeMappings([...mappings].map((mapping, at) => readMapping(mapping, `mappings[${at}]`)))
