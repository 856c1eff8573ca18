/**
 * Arguments as a model sends them, read by what it was schema, before the schema decodes them.
 *
 * Here is what models do and decoders are not made for (`null` for an argument that is left out), and what decoders take
 * and the model was not told (`"NaN"` for a number, any text for a date): both sides say the same afterwards.
 */
import { isObject } from "../schema/isObject.ts"
import { placeOf } from "./places.ts"
import { formatIssue } from "./formats.ts"
import type { ToolSchema } from "./model.ts"
import { isOfType, typeOf } from "./plainSchema.ts"

/** What is wrong with an argument. */
export interface ArgumentIssue {
  readonly path: ReadonlyArray<string>
  readonly message: string
}

/** What was read: the arguments to decode, and what the decoder would not say of them. */
export interface ReadArguments {
  readonly value: unknown
  readonly issues: ReadonlyArray<ArgumentIssue>
}

/** How the arguments of a tool are read. */
export interface ArgumentReader {
  readonly schema: ToolSchema
  /** The places of optional fields that take `null` as a value of its own. */
  readonly nullable: ReadonlySet<string>
  /** Where the schema stands in the places. */
  readonly root: ReadonlyArray<string>
}

/** Reads arguments: `null` of an optional field is left out, the rest is kept as it is. */
export const readArguments = ({ schema, nullable, root }: ArgumentReader, args: unknown): ReadArguments => {
  const issues: Array<ArgumentIssue> = []

  const read = (
    shape: ToolSchema,
    value: unknown,
    place: ReadonlyArray<string>,
    path: ReadonlyArray<string>
  ): unknown => {
    const { items, properties } = shape
    const message = typeof value === "string" ? textIssue(shape, value) : undefined
    if (message !== undefined) issues.push({ path, message })
    // What a library would make of something else is not what the model was told. A list is an object to some.
    else if (
      !isOfType(value, shape.type) &&
      !isFor(shape, value) &&
      !(value === null && nullable.has(placeOf(place)))
    ) {
      issues.push({ path, message: `must be ${shape.type}, and is ${typeOf(value)}` })
    }
    if (Array.isArray(value) && shape.type === "array" && items !== undefined) {
      return value.map((item, index) => read(items, item, [...place, "items"], [...path, String(index)]))
    }
    if (!isObject(value) || shape.type !== "object" || properties === undefined) return value
    // Made of entries, not assigned: a key may be called __proto__.
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, inner]) => {
        const field = Object.hasOwn(properties, name) ? properties[name] : undefined
        if (field === undefined) return [[name, inner]]
        const at = [...place, name]
        const isLeftOut = inner === null && shape.required?.includes(name) !== true && !nullable.has(placeOf(at))
        return isLeftOut ? [] : [[name, read(field, inner, at, [...path, name])]]
      })
    )
  }

  return { value: read(schema, args, root, []), issues }
}

/** Nothing was given, or a list that is an object to the library. */
const isFor = ({ type }: ToolSchema, value: unknown): boolean =>
  value === undefined || (type === "object" && Array.isArray(value))

const isNumber = /^-?(?:\d{16,}|\d+(?:\.\d+)?[eE][+-]?\d{3,})$/
const tooLarge = `is too large for a number to be exact (up to ${Number.MAX_SAFE_INTEGER})`

/** What is wrong with text where the model was told a format, or a number. */
const textIssue = ({ type, format }: ToolSchema, text: string): string | undefined => {
  if (type === "string") return format === undefined ? undefined : formatIssue(text, format)
  if (type !== "number" && type !== "integer") return undefined
  // How the parser hands over what a number cannot hold.
  return isNumber.test(text) ? tooLarge : "must be a number, and is text"
}
