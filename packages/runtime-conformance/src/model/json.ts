/** JSON as it comes: nothing is known of it. */
export type Json = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The JSON of a text; undefined where it is none. */
export const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A value in an object, by its path; undefined where there is none. */
export const at = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>((inner, key) => (isObject(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined), value)

/** Text in an object, by its path. */
export const textAt = (value: unknown, ...path: ReadonlyArray<string>): string | undefined => {
  const inner = at(value, ...path)
  return typeof inner === "string" ? inner : undefined
}

/** Whether two values are the same JSON; the order of keys does not count. */
export const sameJson = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b)

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1))) : inner
  ) ?? "undefined"

/** The rows of a list answer, in any of the four shapes; undefined when it is none. */
export const rowsOf = (json: unknown): ReadonlyArray<Json> | undefined => {
  const rows = Array.isArray(json) ? json : (at(json, "results") ?? at(json, "items"))
  return Array.isArray(rows) && rows.every(isObject) ? rows : undefined
}

/** Which of the four shapes a list has. */
export const shapeOf = (json: unknown): 1 | 2 | 3 | 4 | undefined => {
  if (rowsOf(json) === undefined) return undefined
  if (Array.isArray(json)) return 1
  if (at(json, "items") !== undefined) return 4
  const metadata = at(json, "metadata")
  if (typeof at(metadata, "currentPage") === "number") return 2
  return isObject(metadata) && ("nextCursor" in metadata || "hasNextPage" in metadata) ? 3 : undefined
}

/** Where a list goes on by cursor. */
export const cursorOf = (json: unknown): string | undefined =>
  textAt(json, "nextCursor") ?? textAt(json, "metadata", "nextCursor")
