/**
 * From arguments to a request: path, query, body. What is wrong is collected, and nothing is sent.
 */
import type { Issue } from "../errors/Errors.ts"
import { badCharacter } from "../config/checks.ts"
import { ownedFields } from "../contract/ownedFields.ts"
import { isPlain, nameOf, Writer } from "./bodyJson.ts"

const fault = (path: string, message: string): Issue => ({ path: [path], message })

/** Puts an id into a path template as exactly one segment, or says why it cannot be one. */
export const fillPath = (template: string, id: unknown): string | Issue => {
  if (!template.includes(":id")) return template
  if (typeof id !== "string") return fault("id", `Expected a string, got ${notAnId(id)}`)
  // What an id mostly is: then the rest need not be asked.
  if (plainId.test(id)) return template.replace(":id", id)
  if (id === "") return fault("id", "Expected an id, got an empty string")
  if (id.length > 512) return fault("id", "Expected an id of at most 512 characters")
  // A URL parser treats these as steps through the path, encoded or not.
  if (id === "." || id === "..") return fault("id", "Expected an id; . and .. are path steps")
  if (/\p{Cc}/u.test(id)) return fault("id", "Expected an id without control characters")
  if (!id.isWellFormed()) return fault("id", "Expected well-formed Unicode; this has a lone surrogate")
  return template.replace(":id", () => encodeURIComponent(id))
}

/** What was given in the place of an id, and what to write instead. */
const notAnId = (value: unknown): string => {
  if (value === null) return "null"
  if (typeof value === "function") return "a function: call it first"
  if (typeof value !== "object") return typeof value
  if (Array.isArray(value)) return "an array: call once for each id"
  if ("then" in value && typeof value.then === "function") return "a promise: await it first"
  return "id" in value && typeof value.id === "string" ? "a row: give its id (row.id)" : "an object"
}

// Letters, digits, `_` and `-`: no path step, no escape, and no `$` that `replace` would read.
const plainId = /^[\w-]{1,512}$/

/** Encodes a query, or says what cannot be in one. Absent values are left out; arrays repeat their key. */
export const encodeQuery = (query: Readonly<Record<string, unknown>>): string | Issue => {
  let out = ""
  for (const key of Object.keys(query)) {
    const value = query[key]
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one === undefined || one === null) continue
      if (typeof one === "object" || typeof one === "function" || typeof one === "symbol") {
        return fault(key, "Expected text, a number or a boolean")
      }
      const text = String(one)
      if (!(key + text).isWellFormed()) {
        return fault(key.toWellFormed(), "Expected well-formed Unicode; this has a lone surrogate")
      }
      out += `${out === "" ? "?" : "&"}${encodeURIComponent(key)}=${encodeURIComponent(text)}`
    }
  }
  return out
}

/** A body as text, and as the value that the text says. */
interface Encoded {
  readonly text: string
  readonly json: unknown
  /** Whether it was a row that was read: it has fields that the runtime owns. */
  readonly read: boolean
}

/**
 * Serialises a body: Redacted values are unwrapped (by `bodyJson.ts`), fields that the runtime owns are left out.
 * What has to be checked is what will be sent: after `toJSON`, without what JSON drops.
 */
export const encode = (body: unknown, keep: Pick<ReadonlySet<string>, "has">): Encoded | Issue => {
  try {
    const toJSON: unknown = Object(body).toJSON
    return encodeObject(typeof toJSON === "function" ? Reflect.apply(toJSON, body, [""]) : body, keep)
  } catch (error) {
    // Cycles; the engine's message describes the shape, not the values.
    return {
      path: [],
      message: `Cannot be written as JSON: ${error instanceof Error ? error.message.split("\n")[0] : ""}`
    }
  }
}

const encodeObject = (body: unknown, keep: Pick<ReadonlySet<string>, "has">): Encoded | Issue => {
  if (typeof body !== "object" || body === null || Object.prototype.toString.call(body) !== "[object Object]") {
    return { path: [], message: `Expected an object, got ${nameOf(body)}` }
  }
  const own: Record<string, unknown> = Object.create(null)
  let read = false
  for (const key of Object.keys(body)) {
    if (keep.has(key) || !ownedFields.has(key)) own[key] = Reflect.get(body, key)
    else read = true
  }
  if (isPlainJson(own)) return { text: JSON.stringify(own), json: own, read }
  const writer = new Writer()
  const text = writer.write(own)
  return writer.issue ?? { text, json: JSON.parse(text), read }
}

/** The text of a body. */
export const encodeBody = (body: unknown, keep: Pick<ReadonlySet<string>, "has">): string | Issue => {
  const encoded = encode(body, keep)
  return "text" in encoded ? encoded.text : encoded
}

/**
 * Whether a value is what its JSON says: nothing in it that `toJSON`, `undefined` or a Redacted would change. Then it is
 * written without a function that looks at every field, and checked without reading the text back.
 */
export const isPlainJson = (value: unknown, depth = 0): boolean => {
  if (typeof value !== "object") {
    return (
      typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))
    )
  }
  if (value === null) return true
  // Deeper than any body: it may be a cycle, which `JSON.stringify` will say.
  if (depth > 64 || "toJSON" in value) return false
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isPlainJson(value[i], depth + 1)) return false
    return true
  }
  if (!isPlain(value)) return false
  for (const key of Object.keys(value)) if (!isPlainJson(Reflect.get(value, key), depth + 1)) return false
  return true
}

/** Checks an idempotency key given by the caller. */
export const checkIdempotencyKey = (key: unknown): Issue | undefined => {
  if (typeof key !== "string")
    return fault("idempotencyKey", `Expected a string, got ${key === null ? "null" : typeof key}`)
  if (key === "") return fault("idempotencyKey", "Expected 1 to 255 visible ASCII characters, got none")
  if (key.length > 255) return fault("idempotencyKey", `Expected at most 255 characters, got ${key.length}`)
  const bad = badCharacter(key)
  return bad === undefined ? undefined : fault("idempotencyKey", `Expected visible ASCII only, but it ${bad}`)
}
