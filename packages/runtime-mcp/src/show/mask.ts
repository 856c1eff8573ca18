/**
 * What an agent may see of a value: no secrets, and of telephone numbers the last two digits.
 *
 * The runtime masks what it knows to be secret. This is the second line: a row may hold what somebody typed into it.
 */
import { isSecretField } from "@aywa-ai/runtime-sdk/contract"

/** What is shown. */
export interface MaskOptions {
  /** Shows telephone numbers as they are. */
  readonly showNumbers: boolean
}

/** Stands for a secret. */
export const secretMask = "[REDACTED]"

const numberMask = (digits: string): string => `•••${digits.slice(-2)}`

/** Whether a text holds what this module put in the place of something: it must not be written back. */
export const holdsMask = (value: unknown): boolean => {
  if (typeof value === "string") return value.includes(secretMask) || /•{3}\d{2}/.test(value)
  if (typeof value !== "object" || value === null) return false
  return Object.entries(value).some(([key, inner]) => holdsMask(key) || holdsMask(inner))
}

const digitsOf = (text: string): string => text.replaceAll(/\D/g, "")

const isTime = (text: string): boolean => /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d[\d:.]*(Z|[+-]\d\d:?\d\d)?)?$/.test(text)

/** International; as it is written in North America; with an area code in front; digits alone. */
const numbers = [
  /\+\d(?:[\s()./-]{0,2}\d){6,14}/g,
  /(?<![\w.+-])\(?\d{3}\)?[\s.-]{1,2}\d{3}[\s.-]\d{4}(?![\w-])/g,
  /(?<![\w.+-])0\d{2,5}(?:[\s/-]\d{2,}){1,4}(?![\w-])/g,
  /(?<![\w.+/-])\d{9,15}(?![\w/-])/g
]

const withoutNumbers = (text: string): string => {
  let masked = text
  for (const pattern of numbers) {
    masked = masked.replaceAll(pattern, (found) => {
      const digits = digitsOf(found)
      return digits.length < 7 || isTime(found) ? found : numberMask(digits)
    })
  }
  return masked
}

const tokens = [
  /\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi,
  /\b(?:sk|pk|rk|whsec|aywa_local|ghp|gho|xox[abp])[_-][\w-]{8,}/g,
  /\bAKIA[0-9A-Z]{12,}/g,
  /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g
]

const withoutSecrets = (text: string): string => {
  let masked = text.replaceAll(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#@]*@/gi, `$1${secretMask}@`)
  masked = masked.replaceAll(
    /([?&;](?:[\w-]*(?:token|key|secret|password|signature|sig)))=[^\s&#"']+/gi,
    `$1=${secretMask}`
  )
  for (const pattern of tokens) masked = masked.replaceAll(pattern, secretMask)
  return masked
}

/** A text as an agent may see it. */
export const maskText = (text: string, { showNumbers }: MaskOptions): string => {
  const safe = withoutSecrets(text)
  return showNumbers || isTime(safe) ? safe : withoutNumbers(safe)
}

const schemaTypes: ReadonlySet<unknown> = new Set(["string", "number", "integer", "boolean", "object", "array", "null"])
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A parameter of a tool may be called password: its schema is no secret. */
const isSchema = (value: unknown): boolean => isObject(value) && schemaTypes.has(value["type"])

const isId = (name: string): boolean => name === "id" || /(Id|Ids)$/.test(name)
const holdsNumber = (name: string): boolean => /number|phone|caller/i.test(name)

/** A JSON value as an agent may see it. */
export const maskValue = (value: unknown, options: MaskOptions): unknown => visit("", value, false, options)

const visit = (name: string, value: unknown, inSecret: boolean, options: MaskOptions): unknown => {
  const hidden = inSecret || isSecretField(name)
  if (typeof value === "string") {
    if (hidden && value !== "") return secretMask
    // An id of digits alone is no number that somebody has, and is needed whole.
    return isId(name) && !value.startsWith("+") ? withoutSecrets(value) : maskText(value, options)
  }
  if (typeof value === "number" && !options.showNumbers && holdsNumber(name) && Math.abs(value) >= 1e7) {
    return numberMask(digitsOf(String(value)))
  }
  if (Array.isArray(value)) return value.map((item) => visit(name, item, hidden && !isSchema(item), options))
  if (!isObject(value)) return value
  const inside = (hidden && !isSchema(value)) || (/headers$/i.test(name) && !isSchema(value))
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [maskText(key, options), visit(key, inner, inside, options)])
  )
}
