/**
 * Keywords of JSON Schema that the runtime does not take: in words for the model, and as checks of plain JSON Schema.
 */
import type { ToolSchema } from "./model.ts"

/** Their names, in an order that does not depend on who wrote a schema. */
export const ruleNames: ReadonlyArray<string> = [
  "exclusiveMinimum",
  "minimum",
  "exclusiveMaximum",
  "maximum",
  "multipleOf",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "uniqueItems",
  "minProperties",
  "maxProperties"
]

/** Of which type one says something: the end of its name tells. */
const ends: Readonly<Record<ToolSchema["type"], RegExp>> = {
  number: /(imum|Of)$/,
  integer: /(imum|Of)$/,
  string: /Length$/,
  array: /Items$/,
  object: /Properties$/,
  boolean: /^$/
}

type Bound = number | boolean

const isLeast = (name: string): boolean => /min/i.test(name)
const isExclusive = (name: string): boolean => name.startsWith("ex")

const wordsOf = (name: string, bound: Bound): string => {
  if (name === "uniqueItems") return "an array with unique items"
  if (name === "multipleOf") return `a value that is a multiple of ${bound}`
  if (name.endsWith("imum")) {
    return `a value ${isLeast(name) ? "greater" : "less"} than ${isExclusive(name) ? "" : "or equal to "}${bound}`
  }
  const most = `at ${isLeast(name) ? "least" : "most"} ${bound}`
  return name.endsWith("Properties")
    ? `a value with ${most} ${bound === 1 ? "entry" : "entries"}`
    : `a value with a length of ${most}`
}

const holds = (name: string, bound: Bound, value: unknown): boolean => {
  const size = sizeOf(value)
  if (name === "uniqueItems") {
    return new Set((value as ReadonlyArray<unknown>).map((item) => JSON.stringify(item))).size === size
  }
  if (name === "multipleOf") return Number.isInteger(Math.round((size / Number(bound)) * 1e9) / 1e9)
  const above = isLeast(name) ? size - Number(bound) : Number(bound) - size
  return isExclusive(name) ? above > 0 : above >= 0
}

/** Bounds that say no more than that an integer is one that JSON can hold. */
const isSafe = (name: string, bound: unknown): boolean =>
  (name === "maximum" && bound === Number.MAX_SAFE_INTEGER) || (name === "minimum" && bound === Number.MIN_SAFE_INTEGER)

const boundsOf = (
  node: Readonly<Record<string, unknown>>,
  type: ToolSchema["type"]
): ReadonlyArray<readonly [name: string, bound: Bound]> =>
  ruleNames.flatMap((name) => {
    const bound = node[name]
    const isBound = typeof bound === "number" || bound === true
    return isBound && ends[type].test(name) && !isSafe(name, bound) ? [[name, bound] as const] : []
  })

/** The rules of a node in words. */
export const keywordRules = (
  node: Readonly<Record<string, unknown>>,
  type: ToolSchema["type"]
): ReadonlyArray<string> => boundsOf(node, type).map(([name, bound]) => wordsOf(name, bound))

const sizeOf = (value: unknown): number => {
  if (typeof value === "number") return value
  // JSON Schema counts characters, not halves of them.
  if (typeof value === "string") return [...value].length
  return Array.isArray(value) ? value.length : Object.keys(Object(value)).length
}

/** Those that a value of that type does not keep, in words. */
export const brokenRules = (
  node: Readonly<Record<string, unknown>>,
  type: ToolSchema["type"],
  value: unknown
): ReadonlyArray<string> =>
  boundsOf(node, type)
    .filter(([name, bound]) => !holds(name, bound, value))
    .map(([name, bound]) => wordsOf(name, bound))
