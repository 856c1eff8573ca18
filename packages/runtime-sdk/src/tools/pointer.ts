/**
 * References inside of a JSON Schema.
 */
import { isObject } from "../schema/isObject.ts"

/** What a reference such as `#/$defs/name` names; undefined when there is no such thing. */
export const pointed = (reference: unknown, document: unknown): unknown => {
  if (typeof reference !== "string" || !/^#(\/|$)/.test(reference)) return undefined
  return reference
    .split("/")
    .slice(1)
    .map((key) => decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>(
      (node, key) =>
        (isObject(node) || Array.isArray(node)) && Object.hasOwn(node, key) ? Reflect.get(node, key) : undefined,
      document
    )
}
