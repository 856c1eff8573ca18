/**
 * What is different between two rows, per JSON path.
 *
 * @since 0.2.0
 */
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import { digest, equal, isObject, type Path, rowWith, valueAt } from "./json.ts"

/**
 * One place where two rows differ.
 *
 * @since 0.2.0
 * @category models
 */
export interface Change {
  /** Keys and positions from the top of the row. */
  readonly path: ReadonlyArray<string | number>
  /** Absent when the place is new. */
  readonly before?: unknown
  /** Absent when the place goes. */
  readonly after?: unknown
}

/**
 * The places where two rows differ, each as small as it can be. Top-level `null` and an absent key are equal, as they
 * are to the runtime. Lists are compared item by item while the same items stand in them, and as a whole otherwise.
 *
 * @since 0.2.0
 * @category rows
 */
export const diffRows = (before: JsonObject, after: JsonObject): ReadonlyArray<Change> =>
  collect(withoutNulls(before), withoutNulls(after), [])

/** A row without the top-level keys that are `null`. */
export const withoutNulls = (row: JsonObject): JsonObject =>
  Object.values(row).some((value) => value === null || value === undefined)
    ? Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null && value !== undefined))
    : row

/** SHA-256 of what a file says; a top-level `null` says the same as no key. */
export const digestOf = (row: JsonObject): string => digest(withoutNulls(row))

/** The places where two values differ, whatever they are; here `null` is a value like any other. */
export const changesBetween = (before: unknown, after: unknown): ReadonlyArray<Change> => collect(before, after, [])

const collect = (before: unknown, after: unknown, path: Path): ReadonlyArray<Change> => {
  if (equal(before, after)) return []
  if (isObject(before) && isObject(after)) {
    return unionOfKeys(before, after).flatMap((key) => collect(own(before, key), own(after, key), [...path, key]))
  }
  if (Array.isArray(before) && Array.isArray(after) && sameItems([before, after])) {
    return before.flatMap((item, index) => collect(item, after[index], [...path, index]))
  }
  return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }]
}

/** A key of the value itself. */
export const own = (value: JsonObject, key: string): unknown => (Object.hasOwn(value, key) ? value[key] : undefined)

/** The keys of some objects, in the order in which they are met. */
export const unionOfKeys = (...values: ReadonlyArray<JsonObject>): ReadonlyArray<string> => [
  ...new Set(values.flatMap((value) => Object.keys(value)))
]

/**
 * Whether some lists hold the same items, position by position: then a position names an item, and changes of it can
 * be told apart. After an insert or a swap it does not, and putting one's change at the other's position would be wrong.
 */
export const sameItems = (lists: ReadonlyArray<ReadonlyArray<unknown>>): boolean => {
  const [first = [], ...rest] = lists
  const names = first.map(identity)
  return (
    names.every((name) => name !== undefined) &&
    rest.every((list) => list.length === first.length && list.every((item, index) => identity(item) === names[index]))
  )
}

const naming = ["id", "type", "role", "name", "key", "provider", "toolId", "on", "number"] as const

/** What an item of a list is known by; `undefined` when it is no object. */
export const identity = (item: unknown): string | undefined => {
  if (!isObject(item)) return undefined
  const definition = item["function"]
  const name = isObject(definition) ? definition["name"] : undefined
  return JSON.stringify([...naming.map((key) => item[key] ?? null), name ?? null])
}

/** Puts changes into a row. Where the way to a place is another one there, the nearest whole value is taken over. */
export const applyChanges = (row: JsonObject, changes: ReadonlyArray<Change>, target: JsonObject): JsonObject => {
  let result = row
  for (const { path, after } of changes) {
    const at = reachable(result, path)
    result = rowWith(result, at, at.length === path.length ? after : valueAt(target, at))
  }
  return result
}

/** The longest beginning of a path whose last step can be taken in a row. */
export const reachable = (row: JsonObject, path: Path): Path => {
  let at: unknown = row
  for (const [index, part] of path.entries()) {
    const fits = typeof part === "number" ? Array.isArray(at) && part < at.length : isObject(at)
    if (!fits) return path.slice(0, Math.max(1, index))
    at = valueAt(at, [part])
    // What is not there yet is made, key by key; not inside of lists.
    if (at === undefined)
      return path.slice(index + 1).some((rest) => typeof rest === "number") ? path.slice(0, index + 1) : path
  }
  return path
}
