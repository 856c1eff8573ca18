/**
 * Refusals of options that are checked when a program is put together.
 */
import { ConfigError } from "../errors/Errors.ts"
import { unknownName } from "./unknownNames.ts"

/** Throws a ConfigError about the first name of an object that is none of the known ones. */
export const refuseUnknown = (
  options: object,
  names: ReadonlyArray<string>,
  { inside = "", what = "is not an option" } = {}
): void => {
  const unknown = unknownName(options, Object.fromEntries(names.map((name) => [name, true])), what)
  if (unknown === undefined) return
  throw new ConfigError({ field: inside + unknown.name, message: inside + unknown.message })
}

/** A value as a message names it, without showing it. */
export const kindOf = (value: unknown): string => {
  if (value === undefined || value === null) return String(value)
  if (Array.isArray(value)) return "a list"
  return typeof value === "object" ? "an object" : `a ${typeof value}`
}
