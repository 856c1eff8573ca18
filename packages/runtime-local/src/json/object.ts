/**
 * JSON objects: what bodies, rows and messages are made of.
 */

/** A JSON object as it came. */
export type JsonObject = Record<string, unknown>

/** Whether a value is a JSON object: neither `null` nor a list. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The object that a value is; an empty one in place of anything else. */
export const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {})

/** The object at a path of objects, or `undefined`. */
export const objectAt = (value: unknown, ...keys: ReadonlyArray<string>): JsonObject | undefined => {
  let at = value
  for (const key of keys) at = isObject(at) ? at[key] : undefined
  return isObject(at) ? at : undefined
}
