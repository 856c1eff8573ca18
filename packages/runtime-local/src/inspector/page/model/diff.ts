/**
 * What differs between two JSON values, by path.
 */

/** One difference; absent values are `undefined`. */
export interface Difference {
  readonly path: string
  readonly before: unknown
  readonly after: unknown
}

/** Differences that are shown; and how deep they are looked for. */
const most = 200
const deepest = 40

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

/** Finds them. */
export const differences = (before: unknown, after: unknown): ReadonlyArray<Difference> => {
  const found: Array<Difference> = []
  const walk = (path: string, one: unknown, other: unknown, depth: number): void => {
    if (found.length >= most || Object.is(one, other)) return
    const both = isObject(one) && isObject(other) && Array.isArray(one) === Array.isArray(other)
    if (!both || depth > deepest) {
      if (JSON.stringify(one) !== JSON.stringify(other)) found.push({ path, before: one, after: other })
      return
    }
    for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
      walk(path === "" ? key : `${path}.${key}`, one[key], other[key], depth + 1)
    }
  }
  walk("", before, after, 0)
  return found
}
