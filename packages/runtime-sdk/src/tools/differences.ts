/**
 * Two values side by side: where they differ, field by field.
 */
import { isObject } from "../schema/isObject.ts"

/**
 * A field that is not what it should be.
 *
 * @since 0.1.0
 * @category models
 */
export interface Difference {
  /** `["function", "parameters", "properties", "orderId", "type"]`. */
  readonly path: ReadonlyArray<string>
  /** What the toolkit says; absent when the runtime has a field too many. */
  readonly expected?: unknown
  /** What the runtime has; absent when it has none. */
  readonly actual?: unknown
}

/** Lists whose order says nothing. */
const sets: ReadonlySet<string> = new Set(["required", "enum"])

/** Every difference. A field that is absent and one that is null are the same. */
export const differences = (
  expected: unknown,
  actual: unknown,
  path: ReadonlyArray<string> = []
): ReadonlyArray<Difference> => {
  if (isObject(expected) && isObject(actual)) {
    const keys = [...new Set([...Object.keys(expected), ...Object.keys(actual)])]
    return keys.flatMap((key) => differences(own(expected, key), own(actual, key), [...path, key]))
  }
  if (Array.isArray(expected) && Array.isArray(actual) && !sets.has(path.at(-1) ?? "")) {
    if (expected.length === actual.length) {
      return expected.flatMap((item, i) => differences(item, actual[i], [...path, String(i)]))
    }
  } else if (same(expected, actual, path.at(-1))) return []
  return [{ path, ...(absent(expected) ? {} : { expected }), ...(absent(actual) ? {} : { actual }) }]
}

const own = (value: Record<string, unknown>, key: string): unknown =>
  Object.hasOwn(value, key) ? value[key] : undefined

const absent = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0)

/** An object schema without fields is the same, whether or not it lists none. */
const isNone = (value: unknown, name: string | undefined): boolean =>
  absent(value) || (name === "properties" && isObject(value) && Object.keys(value).length === 0)

const same = (a: unknown, b: unknown, name: string | undefined): boolean => {
  if (isNone(a, name) || isNone(b, name)) return isNone(a, name) && isNone(b, name)
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b
  const text = (list: ReadonlyArray<unknown>) =>
    [...new Set(list.map((item) => JSON.stringify(item)))].toSorted().join()
  return text(a) === text(b)
}
