/**
 * Changes to a message by hand: values at paths that exist, and deep merges.
 */
import { isObject, type JsonObject } from "../json/object.ts"

/** Gives a copy of `message` with a value set, or `undefined` when it has no such path. */
export const setPath = (message: JsonObject, path: string, value: unknown): JsonObject | undefined => {
  const copy = structuredClone(message)
  const keys = path.replace(/^message\./, "").split(".")
  let at: unknown = copy
  for (const key of keys.slice(0, -1)) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined
    at = Reflect.get(at, key)
  }
  const last = keys.at(-1) ?? ""
  if (typeof at !== "object" || at === null || !Object.hasOwn(at, last)) return undefined
  Reflect.set(at, last, value)
  return copy
}

/** Objects are merged key by key; everything else, arrays included, is replaced. */
export const deepMerge = (base: JsonObject, patch: JsonObject): JsonObject =>
  Object.fromEntries([
    ...Object.entries(base),
    ...Object.entries(patch).map(([key, value]): readonly [string, unknown] => {
      const before = Object.hasOwn(base, key) ? base[key] : undefined
      return [key, isObject(before) && isObject(value) ? deepMerge(before, value) : value]
    })
  ])
