/**
 * JSON from outside: strict UTF-8, no `__proto__` keys, bounded depth.
 *
 * @since 0.1.0
 */
import { isExact } from "../schema/integers.ts"
import type { RawBody } from "./body.ts"

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const maxDepth = 512

/** The text of a body; throws on bytes that are not UTF-8. A byte order mark stays, and is no JSON. */
export const decodeText = (body: RawBody): string => (typeof body === "string" ? body : utf8.decode(body))

/** Whether there can be a key called __proto__: as it is, or with one of its characters escaped. */
const mayHaveProtoKey = (text: string): boolean =>
  (text.includes("__proto__") || text.includes("\\u00")) && /__proto__|\\u00(5f|6f|7[024])/i.test(text)

/** Whether fewer than `limit` containers are opened, which bounds the depth without a look at the value. */
const isFlat = (text: string, limit: number): boolean => {
  let remaining = limit
  for (const open of ["{", "["]) {
    for (let at = text.indexOf(open); at !== -1 && remaining > 0; at = text.indexOf(open, at + 1)) remaining--
  }
  return remaining > 0
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

const isShallow = (value: object, depth: number): boolean => {
  if (depth === 0) return false
  if (Array.isArray(value)) {
    for (const item of value) if (isObject(item) && !isShallow(item, depth - 1)) return false
    return true
  }
  for (const key in value) {
    const item: unknown = value[key as keyof typeof value]
    if (isObject(item) && !isShallow(item, depth - 1)) return false
  }
  return true
}

/**
 * Parses JSON and throws a SyntaxError or RangeError when it is none or too deep.
 *
 * **Details**
 *
 * Own `__proto__` keys are dropped, not refused: refusing would let a caller suppress an event by what it says.
 * Deeper than 512 is refused, because a reviver, `JSON.stringify` and `structuredClone` overflow on such values.
 */
export const parseJson = (text: string): unknown => {
  const value: unknown = JSON.parse(text)
  if (text.length > maxDepth * 2 && !isFlat(text, maxDepth + 1) && isObject(value) && !isShallow(value, maxDepth)) {
    throw new RangeError("nested too deep")
  }
  return mayHaveProtoKey(text) ? revive(text, () => true) : value
}

/** What `parseJson` gave of a text, but an integer that a number cannot hold exactly is text, with all its digits. */
export const withExactIntegers = (text: string, parsed: unknown): unknown =>
  // Only sixteen digits, or an exponent of three, can be such a number.
  /\d{16}|e\+?\d{3}/i.test(text) ? revive(text, isExact) : parsed

/** Without `__proto__` keys; numbers that are not as they should be stay the text that they were written as. */
const revive = (text: string, keep: (value: number, source: string) => boolean): unknown =>
  // The source is told since V8 11.4 and Safari 18.4. TypeScript's library knows revivers without a third parameter.
  JSON.parse(text, ((key: string, value: unknown, { source = "" }: { readonly source?: string } = {}) =>
    key === "__proto__" ? undefined : typeof value === "number" && !keep(value, source) ? source : value) as (
    key: string,
    value: unknown
  ) => unknown)
