/**
 * The cause of an error, as far as it may be kept: what a platform throws may hold bytes of the answer, or the request
 * with its headers, and printing an error prints its causes.
 */
import type { Redact } from "./redact.ts"

/** The cause itself if nothing in it repeats a secret, else an error that says the same without it. */
export const redactCause = (cause: unknown, redact: Redact, depth = 0): unknown => {
  if (typeof cause === "string") return redact(cause)
  if (isClean(cause, redact, new Set())) return cause
  return depth > 5 ? undefined : substitute(Object(cause), redact, depth)
}

/** What is larger than this is no error of a platform, and is not looked through. */
const most = 1000

const isClean = (value: unknown, redact: Redact, visited: Set<unknown>): boolean => {
  if (typeof value === "string") return redact(value) === value
  if (typeof value !== "object" || value === null || visited.has(value)) return true
  if (visited.add(value).size > most) return false
  if (value instanceof Uint8Array) return value.length < 8192 && redact(latin1(value)) === latin1(value)
  const prototype: unknown = Object.getPrototypeOf(value)
  const isPlain = prototype === null || prototype === Object.prototype || Array.isArray(value)
  // Others may show what they hold privately: headers, a response, a URL.
  if (!isPlain && !(value instanceof Error)) return false
  return [...Reflect.ownKeys(value), ...printedNames].every(
    (key) => isClean(String(key), redact, visited) && isClean(memberOf(value, key), redact, visited)
  )
}

/** What printing reads of an error, inherited or not. */
const printedNames = ["name", "message", "stack", "code", "cause"]

const memberOf = (value: object, key: PropertyKey): unknown =>
  typeof key === "string" && printedNames.includes(key)
    ? Reflect.get(value, key)
    : Object.getOwnPropertyDescriptor(value, key)?.value

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes)

const substitute = (cause: object, redact: Redact, depth: number): Error => {
  const error = new Error("Left out: it repeats what was sent.")
  for (const key of printedNames) {
    const member = memberOf(cause, key)
    const value =
      typeof member === "string" ? redact(member) : key === "cause" ? redactCause(member, redact, depth + 1) : undefined
    if (value !== undefined) Object.defineProperty(error, key, { value, writable: true, configurable: true })
  }
  return error
}
