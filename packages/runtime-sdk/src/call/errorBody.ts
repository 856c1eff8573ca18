/**
 * What the body of a refusal says: texts, a machine code, and the rest as data. Read from the envelopes of runtimes,
 * frameworks and gateways alike; secrets are taken out of all of it.
 */
import { isObject } from "../schema/isObject.ts"
import type { Redact } from "./redact.ts"

export interface ErrorBody {
  readonly messages: ReadonlyArray<string>
  readonly code: string | undefined
  /** What is neither text nor code, such as `pinnedBy`; undefined when there is nothing more. */
  readonly details: Readonly<Record<string, unknown>> | undefined
}

const nothing: ErrorBody = { messages: [], code: undefined, details: undefined }

type Json = Readonly<Record<string, unknown>>

/** Reads whatever the body gives; a gateway's HTML gives nothing. */
export const readErrorBody = (text: string, redact: Redact): ErrorBody => {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return nothing
  }
  const whole = Array.isArray(json) ? { errors: json } : json
  if (!isObject(whole)) return nothing
  // What no stack could walk through says nothing to anybody: its plain fields do.
  const body = isDeeper(whole, 100)
    ? Object.fromEntries(Object.entries(whole).filter(([, value]) => typeof value !== "object"))
    : whole
  // One line each, whatever is in them: they end up in logs and on terminals.
  const messages = [...new Set(textsOf(body).map((text) => oneLine(redact(text))))].filter((text) => text !== "")
  // A field of that name holds a code, however the runtime writes its codes. What repeats a secret is none.
  const word = (value: unknown): string | undefined => {
    const text = typeof value === "number" ? String(value) : value
    return typeof text === "string" && /^[A-Za-z0-9][\w.:/-]*$/.test(text) && redact(text) === text
      ? text.slice(0, 100)
      : undefined
  }
  const token = (value: unknown): string | undefined =>
    typeof value === "string" && isToken(value) ? word(value) : undefined
  const inner = isObject(body["error"]) ? body["error"] : {}
  return {
    messages: messages.slice(0, 50),
    code: word(body["code"]) ?? token(body["error"]) ?? word(inner["code"]) ?? token(inner["type"]),
    details: detailsOf(body, redact)
  }
}

const isDeeper = (value: unknown, than: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (than === 0 || Object.values(value).some((each) => isDeeper(each, than - 1)))

const isToken = (text: string): boolean => /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(text)

const oneLine = (text: string): string => text.replace(/\p{Cc}+/gu, " ").trim()

/** The texts of an envelope: its own message if it has one, else what stands around. */
const textsOf = (body: Json): ReadonlyArray<string> => {
  const { message, error, errors, detail, title } = body
  for (const texts of [itemsOf(message), isObject(error) ? textsOf(error) : [], itemsOf(errors)]) {
    if (texts.length > 0) return texts
  }
  const descriptions = [...itemsOf(title), ...itemsOf(detail)]
  if (descriptions.length > 0) return descriptions
  return typeof error === "string" && !isToken(error) ? [error] : []
}

/** The texts of one field: a text, an object that has one, or a list of these. */
const itemsOf = (value: unknown, depth = 0): ReadonlyArray<string> => {
  if (typeof value === "string") return [value]
  if (depth > 3) return []
  if (Array.isArray(value)) return value.slice(0, 50).flatMap((item: unknown) => itemsOf(item, depth + 1))
  if (!isObject(value)) return []
  const text = ["message", "msg", "detail", "title", "error"].flatMap((key) => itemsOf(value[key], depth + 1))[0]
  if (text === undefined) return []
  const place = value["loc"] ?? value["path"] ?? value["field"]
  const steps = (Array.isArray(place) ? place : [place]).filter(
    (step) => (typeof step === "string" && step !== "") || typeof step === "number"
  )
  return [steps.length === 0 ? text : `${steps.join(".")}: ${text}`]
}

// Said by the error itself, in its own fields.
const ownFields = new Set(["message", "code", "status", "statusCode", "requestId"])
const maxDetails = 16_384

/** The rest of a body, without secrets; nothing of one that is too large for a log. */
const detailsOf = (body: Json, redact: Redact): ErrorBody["details"] => {
  const rest = Object.entries(body).filter(
    ([key, value]) => !ownFields.has(key) && !(/^(error|title|detail)$/.test(key) && typeof value === "string")
  )
  const details = rest.flatMap(([key, value]): ReadonlyArray<readonly [string, unknown]> => {
    if (key !== "error" || !isObject(value)) return [[key, value]]
    return Object.entries(value).filter(([inner]) => !ownFields.has(inner))
  })
  if (details.length === 0 || JSON.stringify(details).length > maxDetails) return undefined
  const clean = withoutSecrets(Object.fromEntries(details), "", redact)
  return isObject(clean) ? clean : undefined
}

const secretName = /secret|password|api_?key|private_?key|authorization|passphrase|token$/i

const withoutSecrets = (value: unknown, key: string, redact: Redact): unknown => {
  if (typeof value === "string") return secretName.test(key) ? "<redacted>" : redact(value)
  if (Array.isArray(value)) return value.map((item: unknown) => withoutSecrets(item, key, redact))
  if (!isObject(value)) return value
  // What begins as an object of the request's body does repeats it, whatever the runtime has added.
  if (redact(JSON.stringify(value).slice(0, 99))[0] === "<") return "<redacted>"
  return Object.fromEntries(
    Object.entries(value).map(([inner, each]) => [redact(inner), withoutSecrets(each, inner, redact)])
  )
}
