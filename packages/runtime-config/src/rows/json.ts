/**
 * JSON values: equal, canonical, at a path.
 */
import { createHash } from "node:crypto"
import type { JsonObject } from "@aywa-ai/runtime-sdk"

/** Keys of objects and positions of lists, from the top of a row. */
export type Path = ReadonlyArray<string | number>

/** Whether a value is an object with keys. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Whether two values are the same JSON, whatever the order of keys. */
export const equal = (a: unknown, b: unknown): boolean => {
  if (a === b) return true
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => equal(item, b[index]))
  }
  if (!isObject(a) || !isObject(b)) return false
  const keys = keysOf(a)
  return keys.length === keysOf(b).length && keys.every((key) => b[key] !== undefined && equal(a[key], b[key]))
}

const keysOf = (value: JsonObject) => Object.keys(value).filter((key) => value[key] !== undefined)

/** JSON with its keys sorted: equal values have equal texts. */
export const canonical = (value: unknown): string => JSON.stringify(sorted(value))

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  // Entries, not assignments: a key `__proto__` is a key like any other.
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)])
  )
}

/** SHA-256 of the canonical JSON, as hexadecimal. */
export const digest = (value: unknown): string => createHash("sha256").update(canonical(value)).digest("hex")

/** A path as people write it: `model.messages[0].content`. */
export const pathText = (path: Path): string =>
  path
    .map((part, index) =>
      typeof part === "number"
        ? `[${part}]`
        : /^[\w$:-]+$/.test(part)
          ? index === 0
            ? part
            : `.${part}`
          : `[${JSON.stringify(part)}]`
    )
    .join("")

/** What stands at a path; `undefined` where nothing does. */
export const valueAt = (value: unknown, path: Path): unknown => {
  let at: unknown = value
  for (const part of path) {
    if (Array.isArray(at) && typeof part === "number") at = at[part]
    else if (isObject(at) && typeof part === "string" && Object.hasOwn(at, part)) at = at[part]
    else return undefined
  }
  return at
}

/** A copy in which `value` stands at the path, or nothing when it is `undefined`. Objects on the way are made. */
export const withValue = (target: unknown, path: Path, value: unknown): unknown => {
  const [part, ...rest] = path
  if (part === undefined) return value
  if (typeof part === "number") {
    const list = Array.isArray(target) ? [...target] : []
    const inner = withValue(list[part], rest, value)
    if (inner === undefined) list.splice(part, 1)
    else list[part] = inner
    return list
  }
  const object = isObject(target) ? target : {}
  const inner = withValue(Object.hasOwn(object, part) ? object[part] : undefined, rest, value)
  const entries = Object.entries(object)
  const at = entries.findIndex(([key]) => key === part)
  if (inner === undefined) return Object.fromEntries(entries.filter(([key]) => key !== part))
  return Object.fromEntries(
    at === -1 ? [...entries, [part, inner]] : entries.map((entry) => (entry[0] === part ? [part, inner] : entry))
  )
}

/** The same row, when it still is one. */
export const rowWith = (row: JsonObject, path: Path, value: unknown): JsonObject => {
  const changed = withValue(row, path, value)
  return isObject(changed) ? changed : row
}

/** Visits every scalar below a value. */
export const eachScalar = (value: unknown, visit: (path: Path, scalar: unknown) => void, at: Path = []): void => {
  if (Array.isArray(value)) value.forEach((item, index) => eachScalar(item, visit, [...at, index]))
  else if (isObject(value)) for (const [key, item] of Object.entries(value)) eachScalar(item, visit, [...at, key])
  else visit(at, value)
}

/** A copy with every scalar replaced by what `f` gives for it. */
export const mapScalars = (value: unknown, f: (path: Path, scalar: unknown) => unknown, at: Path = []): unknown => {
  if (Array.isArray(value)) return value.map((item, index) => mapScalars(item, f, [...at, index]))
  if (!isObject(value)) return f(at, value)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapScalars(item, f, [...at, key])]))
}
