/**
 * The cause of an error, as far as it may be kept: what a platform throws may hold bytes of the answer, or the request
 * with its headers, and printing an error prints its causes.
 */
import type { Redact } from "./redact.ts"

/** The cause itself if nothing in it repeats a secret, else an error that says the same without it. */
export const redactCause = (cause: unknown, redact: Redact): unknown => {
  if (typeof cause === "string") return redact(cause)
  return new Walk(redact).isClean(cause) ? cause : substitute(cause, redact, 0)
}

/** What is larger than this is no error of a platform, and is not looked through. */
const most = 1000

class Walk {
  private readonly redact: Redact
  private readonly seen = new Set<unknown>()

  constructor(redact: Redact) {
    this.redact = redact
  }

  isClean(value: unknown): boolean {
    if (typeof value === "string") return this.redact(value) === value
    if (typeof value !== "object" || value === null || this.seen.has(value)) return true
    this.seen.add(value)
    if (this.seen.size > most) return false
    if (value instanceof Uint8Array) return this.isClean(latin1(value))
    if (value instanceof Error) {
      // Read as printing does: some are inherited.
      const { name, message, stack } = value
      return this.isClean(name) && this.isClean(message) && this.isClean(stack ?? "") && this.membersAreClean(value)
    }
    // Others may show what they hold privately: headers, a response, a URL.
    return isPlain(value) && this.membersAreClean(value)
  }

  private membersAreClean(value: object): boolean {
    return Reflect.ownKeys(value).every((key) => {
      const member: unknown = Object.getOwnPropertyDescriptor(value, key)?.value
      return this.isClean(typeof key === "string" ? key : (key.description ?? "")) && this.isClean(member)
    })
  }
}

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype || Array.isArray(value)
}

const latin1 = (bytes: Uint8Array): string => {
  let text = ""
  for (const byte of bytes.subarray(0, 65_536)) text += String.fromCharCode(byte)
  return text
}

const substitute = (cause: unknown, redact: Redact, depth: number): Error => {
  const text = (value: unknown): string | undefined => (typeof value === "string" ? redact(value) : undefined)
  const member = (name: string): unknown =>
    typeof cause === "object" && cause !== null && name in cause ? Reflect.get(cause, name) : undefined
  const error = new Error(text(member("message")) ?? "Left out: it repeats what was sent.")
  const set = (name: string, value: unknown): void => {
    if (value !== undefined) Object.defineProperty(error, name, { value, writable: true, configurable: true })
  }
  set("name", text(member("name")))
  set("stack", text(member("stack")))
  set("code", text(member("code")))
  const inner = member("cause")
  if (inner !== undefined && depth < 5)
    set("cause", typeof inner === "string" ? redact(inner) : substitute(inner, redact, depth + 1))
  return error
}
