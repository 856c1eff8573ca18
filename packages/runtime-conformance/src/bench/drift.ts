/**
 * What rows and events have that the contract does not know: a newer runtime, or another one than was thought.
 */
import { at, isObject, type Json, rowsOf, textAt } from "../model/json.ts"
import type { Drift } from "../model/Report.ts"
import { knownEvents, knownFields, knownWords } from "./known.ts"

/** Looks at answers, and tells what was new in them. */
export interface Drifts {
  readonly look: (path: string, json: unknown) => void
  readonly found: () => ReadonlyArray<Drift>
}

export const makeDrifts = (): Drifts => {
  const found = new Map<string, { kind: Drift["kind"]; place: string; value: string; ids: Set<string> }>()
  const note = (kind: Drift["kind"], place: string, value: string, row: Json): void => {
    const key = JSON.stringify([kind, place, value])
    const entry = found.get(key) ?? { kind, place, value, ids: new Set<string>() }
    entry.ids.add(textAt(row, "id") ?? "?")
    found.set(key, entry)
  }
  const lookAt = (list: string, row: Json): void => {
    const fields = knownFields[list]
    if (fields === undefined) return
    for (const [name, value] of Object.entries(row)) {
      if (!fields.has(name) && !ofEveryRow.has(name)) note("field", `${list} ${name.slice(0, 80)}`, kindOf(value), row)
    }
    for (const { place, words } of knownWords[list] ?? []) {
      const word = at(row, ...place.split("."))
      if (typeof word === "string" && !words.has(word)) note("word", `${list} ${place}`, word.slice(0, 80), row)
    }
    if (list !== "/logs/webhooks") return
    const type = textAt(row, "type")
    if (type !== undefined && !knownEvents.has(type)) note("event", type.slice(0, 80), type.slice(0, 80), row)
  }
  return {
    look: (path, json) => {
      const list = listOf(path)
      if (list === undefined) return
      for (const row of rowsOf(json) ?? (isObject(json) ? [json] : [])) lookAt(list, row)
    },
    found: () =>
      [...found.values()]
        .map(({ ids, ...drift }) => ({
          ...drift,
          count: ids.size,
          rows: [...ids].slice(0, 3).map((id) => `${id.slice(0, 4)}…`)
        }))
        .toSorted((a, b) => (a.place < b.place ? -1 : 1))
  }
}

/** A row that has more of these than the contract says is no news. */
const ofEveryRow: ReadonlySet<string> = new Set(["id", "orgId", "createdAt", "updatedAt"])

/** The list of a path, or of one of its rows. */
const listOf = (path: string): string | undefined => {
  const [plain = ""] = path.split("?")
  return Object.keys(knownFields).find(
    (list) => plain === list || (plain.startsWith(`${list}/`) && !plain.slice(list.length + 1).includes("/"))
  )
}

const kindOf = (value: unknown): string => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value)
