/**
 * What a second import does to a row: a field that the source changed since the last import is taken over, whole; a
 * field that only the runtime changed stays as it is.
 */
import { canonical } from "../json/canonical.ts"
import type { JsonObject } from "../json/object.ts"

/** The row as it is to be stored. */
export interface Merged {
  /** The very `current` when nothing is to be changed. */
  readonly row: JsonObject
  /** Fields that both sides changed: the source's value stands. */
  readonly replaced: ReadonlyArray<string>
}

/** Merges three versions of a row: as imported last (`base`), as it stands (`current`), as the source has it (`next`). */
export const merge = (base: JsonObject, current: JsonObject, next: JsonObject): Merged => {
  const row = new Map(Object.entries(current))
  const replaced: Array<string> = []
  let changed = false
  for (const [key, value] of Object.entries(next)) {
    if (same(base, next, key) || same(current, next, key)) continue
    if (!same(base, current, key)) replaced.push(key)
    row.set(key, value)
    changed = true
  }
  for (const key of Object.keys(base)) {
    // Gone from the source; what was changed here is not the source's to take away.
    if (Object.hasOwn(next, key) || !Object.hasOwn(current, key) || !same(base, current, key)) continue
    row.delete(key)
    changed = true
  }
  return { row: changed ? Object.fromEntries(row) : current, replaced }
}

const same = (a: JsonObject, b: JsonObject, key: string): boolean =>
  Object.hasOwn(a, key) === Object.hasOwn(b, key) && canonical(a[key]) === canonical(b[key])
