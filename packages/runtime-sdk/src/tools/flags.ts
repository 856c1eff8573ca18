/**
 * Patterns with flags. JSON Schema has none, and libraries write such a pattern without them: the model would be told
 * another rule than the one that is checked. Which ones they are, only the library itself knows.
 */
import { isObject } from "../schema/isObject.ts"
import type { StandardJsonSchema } from "./standard.ts"

/** Patterns by their source, as they are written with their flags. */
export type FlaggedPatterns = ReadonlyMap<string, string>

/** The JSON Schema that a schema says of itself, and its patterns that have flags. */
export const saidBy = (
  schema: StandardJsonSchema
): { readonly document: Record<string, unknown>; readonly flagged: FlaggedPatterns } => {
  const flagged = new Map<string, string>()
  const note = (source: unknown, flags: unknown): void => {
    // The flags that change what a pattern takes; `u` is how all are read.
    if (typeof source === "string" && typeof flags === "string" && /[^dgu]/.test(flags)) {
      flagged.set(source, `/${source}/${flags}`)
    }
  }
  const { vendor, jsonSchema } = schema["~standard"]
  const options = { target: "draft-2020-12", libraryOptions: vendor === "zod" ? { override: ofZod(note) } : undefined }
  const document = jsonSchema.input(options as { readonly target: "draft-2020-12" })
  if (vendor === "arktype") ofArkType(Reflect.get(schema, "json"), note, flagged)
  return { document, flagged }
}

type Note = (source: unknown, flags: unknown) => void

/** Zod shows each schema as it writes it; its patterns are among its checks, or its own. */
const ofZod =
  (note: Note) =>
  (shown: unknown): void => {
    const schema = at(shown, "zodSchema")
    const checks = at(schema, "_zod", "def", "checks")
    for (const one of [schema, ...(Array.isArray(checks) ? checks : [])]) {
      const pattern = at(one, "_zod", "def", "pattern")
      if (pattern instanceof RegExp) note(pattern.source, pattern.flags)
    }
  }

/** ArkType writes itself as data in which a pattern has a rule and flags, and several are a list. */
const ofArkType = (data: unknown, note: Note, flagged: Map<string, string>): void => {
  if (Array.isArray(data)) return data.forEach((item) => ofArkType(item, note, flagged))
  if (!isObject(data)) return
  note(data["rule"], data["flags"])
  for (const value of Object.values(data)) ofArkType(value, note, flagged)
  const { pattern } = data
  // Of several it writes the first: its words are those of all.
  if (Array.isArray(pattern) && pattern.length > 1)
    flagged.set(String(at(pattern[0], "rule") ?? pattern[0]), JSON.stringify(pattern))
}

const at = (value: unknown, ...keys: ReadonlyArray<string>): unknown =>
  keys.reduce<unknown>(
    (inner, key) =>
      (typeof inner === "object" && inner !== null) || typeof inner === "function"
        ? Reflect.get(inner, key)
        : undefined,
    value
  )
