/**
 * What of requests and answers may stand in a report: their outline. Values of rows are a customer's, so only words of
 * the contract and errors are shown, and of errors neither secrets nor numbers nor addresses.
 */
import { isObject } from "./json.ts"

/** Takes secrets, phone numbers, mail addresses and ids out of a text. */
export type Mask = (text: string) => string

/** Makes the mask of a run. `secrets` is asked each time: more are made while it runs. */
export const makeMask =
  (secrets: () => ReadonlyArray<string>): Mask =>
  (text) => {
    let masked = text
    for (const secret of secrets()) if (secret.length >= 4) masked = masked.replaceAll(secret, "[secret]")
    return masked
      .replaceAll(/\b(Bearer|Basic) +[^\s"',}]+/gi, "$1 [secret]")
      .replaceAll(/whsec_[\w+/=-]+/g, "[secret]")
      .replaceAll(/[\w.+-]+@[\w-]+\.[\w.-]+/g, "[address]")
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, "[id]")
      .replaceAll(/\+\d[\d ()-]{5,18}\d/g, "[number]")
      .replaceAll(/(?<![\w.:-])\d{9,}(?![\w.:-])/g, "[number]")
  }

/** Fields whose text is a word of the contract, of an error, or a time. */
const words: ReadonlySet<string> = new Set([
  "type",
  "provider",
  "status",
  "code",
  "error",
  "statusCode",
  "scope",
  "action",
  "createdAt",
  "updatedAt",
  "resource"
])

/** The outline of a JSON value: names, kinds, and words of the contract. */
export const outline = (value: unknown, mask: Mask, key = "", depth = 0): unknown => {
  if (typeof value === "string") return words.has(key) ? mask(value.slice(0, 80)) : `text(${value.length})`
  if (Array.isArray(value)) {
    if (value.length === 0) return []
    const first = outline(value[0], mask, key, depth + 1)
    return value.length === 1 ? [first] : [first, `and ${value.length - 1} more`]
  }
  if (!isObject(value)) return typeof value === "number" && !words.has(key) ? "number" : value
  if (depth > 3) return "object"
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, 40)
      .map(([name, inner]) => [mask(name), outline(inner, mask, name, depth + 1)])
  )
}

/** An error's body: its words, masked. */
export const errorOutline = (value: unknown, text: string, mask: Mask): unknown => {
  if (!isObject(value)) return mask(text.slice(0, 300))
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, 20)
      .map(([name, inner]) => [mask(name), mask((JSON.stringify(inner) ?? "").slice(0, 300))])
  )
}
