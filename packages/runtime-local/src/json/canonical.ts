/**
 * JSON in which the order of an object's keys does not count: two values are the same where their texts are.
 */

/** JSON with the keys of every object in order. */
export const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null"
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(",")}}`
}

/** `canonical` of a value, cut at the items of its outer levels. */
export function* canonicalPieces(value: unknown, levels: number): Generator<string> {
  if (levels === 0 || typeof value !== "object" || value === null) return yield canonical(value)
  const isList = Array.isArray(value)
  const entries = isList ? value.entries() : Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  let before = isList ? "[" : "{"
  for (const [key, item] of entries) {
    yield isList ? before : `${before}${JSON.stringify(key)}:`
    yield* canonicalPieces(item, levels - 1)
    before = ","
  }
  // Nothing was written yet where there is no item.
  yield `${before === "," ? "" : before}${isList ? "]" : "}"}`
}
