/**
 * Keywords of JSON Schema that the runtime does not take: in words for the model, and as checks of plain JSON Schema.
 */
import type { ToolSchema } from "./model.ts"

interface Keyword {
  /** Of which types it says something. */
  readonly of: ReadonlyArray<ToolSchema["type"]>
  readonly words: (bound: number | boolean) => string
  readonly holds: (bound: number | boolean, size: number, value: unknown) => boolean
}

const numbers = ["number", "integer"] as const
const entries = (bound: number | boolean): string => `${String(bound)} ${bound === 1 ? "entry" : "entries"}`

const keywords: Readonly<Record<string, Keyword>> = {
  exclusiveMinimum: { of: numbers, words: (n) => `a value greater than ${n}`, holds: (n, value) => value > Number(n) },
  minimum: {
    of: numbers,
    words: (n) => `a value greater than or equal to ${n}`,
    holds: (n, value) => value >= Number(n)
  },
  exclusiveMaximum: { of: numbers, words: (n) => `a value less than ${n}`, holds: (n, value) => value < Number(n) },
  maximum: { of: numbers, words: (n) => `a value less than or equal to ${n}`, holds: (n, value) => value <= Number(n) },
  multipleOf: {
    of: numbers,
    words: (n) => `a value that is a multiple of ${n}`,
    holds: (n, value) => Number.isInteger(Math.round((value / Number(n)) * 1e9) / 1e9)
  },
  minLength: {
    of: ["string"],
    words: (n) => `a value with a length of at least ${n}`,
    holds: (n, size) => size >= Number(n)
  },
  maxLength: {
    of: ["string"],
    words: (n) => `a value with a length of at most ${n}`,
    holds: (n, size) => size <= Number(n)
  },
  minItems: {
    of: ["array"],
    words: (n) => `a value with a length of at least ${n}`,
    holds: (n, size) => size >= Number(n)
  },
  maxItems: {
    of: ["array"],
    words: (n) => `a value with a length of at most ${n}`,
    holds: (n, size) => size <= Number(n)
  },
  uniqueItems: {
    of: ["array"],
    words: (isUnique) => (isUnique === true ? "an array with unique items" : ""),
    holds: (isUnique, size, value) =>
      isUnique !== true ||
      !Array.isArray(value) ||
      new Set(value.map((item: unknown) => JSON.stringify(item))).size === size
  },
  minProperties: {
    of: ["object"],
    words: (n) => `a value with at least ${entries(n)}`,
    holds: (n, size) => size >= Number(n)
  },
  maxProperties: {
    of: ["object"],
    words: (n) => `a value with at most ${entries(n)}`,
    holds: (n, size) => size <= Number(n)
  }
}

/** Bounds that say no more than that an integer is one that JSON can hold. */
const isSafe = (name: string, bound: unknown): boolean =>
  (name === "maximum" && bound === Number.MAX_SAFE_INTEGER) || (name === "minimum" && bound === Number.MIN_SAFE_INTEGER)

const boundsOf = (node: Readonly<Record<string, unknown>>, type: ToolSchema["type"]) =>
  Object.entries(keywords).flatMap(([name, keyword]) => {
    const bound = Object.hasOwn(node, name) ? node[name] : undefined
    const isBound = typeof bound === "number" || typeof bound === "boolean"
    return isBound && keyword.of.includes(type) && !isSafe(name, bound) ? [{ keyword, bound }] : []
  })

/** The rules of a node in words, in an order that does not depend on who wrote it. */
export const keywordRules = (
  node: Readonly<Record<string, unknown>>,
  type: ToolSchema["type"]
): ReadonlyArray<string> =>
  boundsOf(node, type)
    .map(({ keyword, bound }) => keyword.words(bound))
    .filter((words) => words !== "")

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
    .filter(({ keyword, bound }) => !keyword.holds(bound, sizeOf(value), value))
    .map(({ keyword, bound }) => keyword.words(bound))
