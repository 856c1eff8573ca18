/**
 * Secrets of legacy schemes: text used as its UTF-8 bytes, or base64 where a plan says so.
 *
 * @since 0.1.0
 */
import { createSecretKey, type KeyObject } from "node:crypto"
import { wrappingOf } from "../secretMistakes.ts"
import { decodeBase64 } from "../secrets.ts"
import { fail } from "../WebhookVerificationError.ts"

/**
 * One secret of 16 or more characters, or several while a rotation lasts; a function is asked at every verification. `undefined` is allowed by
 * the type because environment variables are; a lone one is refused when used.
 *
 * @since 0.1.0
 * @category models
 */
export type LegacySecret = string | undefined | (() => string | undefined)

const invalid = (detail: string): never => fail({ _tag: "InvalidSecret", detail })

const checkSecret = (secret: unknown): string => {
  if (typeof secret !== "string" || secret === "") return invalid("it is missing or empty.")
  const wrapping = wrappingOf(secret)
  if (wrapping !== undefined) return invalid(wrapping)
  if (/^\s|\s$/.test(secret)) return invalid("it begins or ends with white space. Remove it.")
  return secret.length < 16 ? invalid("text must be 16 or more characters: a shorter one can be guessed.") : secret
}

/** The texts of one or several secrets, never an empty list. */
export const legacyTexts = (secrets: LegacySecret | ReadonlyArray<LegacySecret>): ReadonlyArray<string> => {
  const list = Array.isArray(secrets) ? secrets : [secrets]
  const texts = list.map((secret: unknown) => {
    try {
      return typeof secret === "function" ? (secret() as unknown) : secret
    } catch {
      return invalid("the function that reads it threw.")
    }
  })
  const present = Array.isArray(secrets) ? texts.filter((text) => text !== undefined) : texts
  return present.length > 0 ? present.map(checkSecret) : invalid("the list of secrets is empty.")
}

/** Makes keys of texts and keeps the last ones: an HMAC over a KeyObject costs a quarter of one over raw bytes. */
export const keyring = (base64: boolean): ((text: string) => KeyObject) => {
  const keys = new Map<string, KeyObject>()
  return (text) => {
    const cached = keys.get(text)
    if (cached !== undefined) return cached
    const bytes = base64 ? decodeBase64(text) : Buffer.from(text)
    const key = createSecretKey(bytes ?? invalid("it is not base64 with padding, as secretIsBase64 says."))
    if (keys.size >= 16) keys.clear()
    keys.set(text, key)
    return key
  }
}
