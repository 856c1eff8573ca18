/**
 * Writes what is not plain JSON: `Redacted` is unwrapped here and in no other part of a request but its key, `toJSON` has its way, and what JSON would
 * drop or change without a word is told with its place.
 */
import * as Redacted from "effect/Redacted"
import type { Issue } from "../errors/Errors.ts"

/** Whether an object has nothing beside its fields; one of another realm has another `Object.prototype`. */
export const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
}

/** What a value is, without quoting it. */
export const nameOf = (value: unknown): string => {
  if (value === null || value === undefined) return String(value)
  if (typeof value === "number") return Number.isFinite(value) ? "a number" : String(value)
  if (typeof value === "symbol" || typeof value === "bigint" || typeof value === "function") return `a ${typeof value}`
  if (typeof value !== "object") return typeof value
  if (Array.isArray(value)) return "an array"
  const name: unknown = value.constructor?.name
  return typeof name === "string" && /^\w{1,60}$/.test(name) && name !== "Object" ? `a ${name}` : "an object"
}

/** What to write in place of it. */
const advice: Readonly<Record<string, string>> = {
  "a Map": ": Object.fromEntries(map) is one",
  "a Set": ": [...set] is one",
  "a Promise": ": await it first",
  "a bigint": ": write it as text, or as JSON.rawJSON(String(value))"
}

/** Writes one body. */
export class Writer {
  /** The first thing that cannot be sent. */
  issue: Issue | undefined
  /** Where the objects stand whose fields are being written. */
  private readonly places = new Map<unknown, ReadonlyArray<string>>()

  write(body: object): string {
    const { places } = this
    const replace = (holder: unknown, key: string, value: unknown): unknown => {
      const outer = places.get(holder)
      const path = outer === undefined ? [] : [...outer, key]
      const json = unwrap(Reflect.get(Object(holder), key), value)
      if (typeof json === "object" && json !== null) places.set(json, path)
      const message = refusal(Reflect.get(Object(holder), key), json)
      if (message === undefined) return json
      this.issue ??= { path, message }
      return null
    }
    // A function, for `this`: the object whose field is written.
    return JSON.stringify(body, function (this: unknown, key: string, value: unknown) {
      return replace(this, key, value)
    })
  }
}

/** `toJSON` has already run on a value, and a Redacted's answers "<redacted>". */
const unwrap = (original: unknown, value: unknown): unknown => {
  if (!Redacted.isRedacted(original)) return value
  try {
    return Redacted.value(original)
  } catch {
    throw new TypeError("a Redacted was made by another copy of Effect; use `redacted` of this package, or unwrap it")
  }
}

const refusal = (original: unknown, value: unknown): string | undefined => {
  if (value === null) {
    return original instanceof Date ? "Expected a time, got an invalid Date" : undefined
  }
  switch (typeof value) {
    case "string":
    case "boolean":
    case "undefined":
      return undefined
    case "number":
      return Number.isFinite(value) ? undefined : refusalOf(value)
    case "object":
      return Array.isArray(value) || isPlain(value) ? undefined : refusalOf(value)
    default:
      return refusalOf(value)
  }
}

const refusalOf = (value: unknown): string => {
  const name = nameOf(value)
  return `Expected what JSON can say, got ${name}${advice[name] ?? ""}`
}
