/**
 * Webhook secrets: their forms, and the keys made of them.
 *
 * @since 0.1.0
 */
import { createSecretKey, type KeyObject, randomBytes } from "node:crypto"
import { isZeros, mistakeOf } from "./secretMistakes.ts"
import { fail } from "./WebhookVerificationError.ts"

/**
 * One secret: `whsec_` + base64 of 24 to 64 bytes, the deployment's own text (16 or more printable ASCII characters
 * without spaces), raw key bytes (16 or more), or a function that returns one of these.
 *
 * **Details**
 *
 * The function form reads a secret late: `() => process.env.AYWA_RUNTIME_WEBHOOK_SECRET`, or for a `Redacted` of
 * Effect `() => Redacted.value(secret)`. `undefined` is allowed by the type because environment variables are; it is
 * refused when used. So is a secret with something around it (quotes, `NAME=`, `v1,`, other text), and a key of zeros.
 *
 * @since 0.1.0
 * @category models
 */
export type WebhookSecret = string | Uint8Array | undefined | (() => string | Uint8Array | undefined)

/**
 * One secret, or several while a rotation lasts. An `undefined` item of a list is skipped, an empty list is refused.
 *
 * @since 0.1.0
 * @category models
 */
export type WebhookSecrets = WebhookSecret | ReadonlyArray<WebhookSecret>

const invalid = (detail: string): never => fail({ _tag: "InvalidSecret", detail })

/** The bytes of canonical, padded base64, or undefined. `Buffer.from` alone would read `%%%%` as an empty key. */
export const decodeBase64 = (text: string): Buffer | undefined => {
  const bytes = Buffer.from(text, "base64")
  return bytes.length > 0 && bytes.toString("base64") === text ? bytes : undefined
}

const standardBytes = (secret: string): Buffer => {
  if (secret === "") return invalid("it is empty. Set AYWA_RUNTIME_WEBHOOK_SECRET.")
  const mistake = mistakeOf(secret)
  if (mistake !== undefined) return invalid(mistake)
  if (secret.startsWith("whsec_")) {
    const bytes = decodeBase64(secret.slice(6))
    if (bytes === undefined) return invalid("what follows whsec_ is not base64 with padding. Copy it again.")
    if (bytes.length < 24 || bytes.length > 64) return invalid("what follows whsec_ must be 24 to 64 bytes in base64.")
    return bytes
  }
  if (/^wh[ps]k_/i.test(secret)) return invalid("it is an asymmetric key (v1a), which is not supported yet.")
  if (/^whsec_/i.test(secret)) return invalid("the prefix whsec_ is lower case.")
  if (!/^[!-~]{16,}$/.test(secret)) return invalid("text must be 16 or more printable ASCII characters.")
  return Buffer.from(secret, "latin1")
}

const maxKeys = 64

// On Node 24 an HMAC over a KeyObject costs a quarter of one over raw key bytes, so keys are kept, at most 64 of a kind.
const keys = new Map<string, KeyObject>()
const rawKeys = new Map<string, KeyObject>()

const remember = (cache: Map<string, KeyObject>, id: string, bytes: (id: string) => Uint8Array): KeyObject => {
  const cached = cache.get(id)
  if (cached !== undefined) return cached
  const keyBytes = bytes(id)
  if (isZeros(keyBytes)) invalid("its key is all zeros. Generate one.")
  const key = createSecretKey(keyBytes)
  if (cache.size >= maxKeys) cache.delete(cache.keys().next().value ?? "")
  cache.set(id, key)
  return key
}

/** Keys as Standard Webhooks reads secrets. */
export const standardKeys = {
  keys,
  of: (secret: unknown): KeyObject => {
    if (typeof secret === "string") return remember(keys, secret, standardBytes)
    if (secret instanceof Uint8Array) {
      if (secret.length < 16) return invalid("raw key bytes must be 16 or more.")
      // Looked up by content: the caller may overwrite its buffer.
      return remember(rawKeys, Buffer.from(secret).toString("latin1"), () => secret)
    }
    return invalid(
      secret === undefined || secret === null
        ? "it is missing. Set AYWA_RUNTIME_WEBHOOK_SECRET."
        : "it must be text or bytes. For a Redacted pass () => Redacted.value(secret)."
    )
  }
}

const read = (secret: unknown): unknown => {
  if (typeof secret !== "function") return secret
  try {
    return secret()
  } catch {
    return invalid("the function that reads it threw.")
  }
}

/** One secret or a list, functions called, skipped items gone, never empty. */
export const readSecrets = (secrets: unknown): ReadonlyArray<unknown> => {
  if (!Array.isArray(secrets)) return [read(secrets)]
  const present = secrets.map(read).filter((secret) => secret !== undefined)
  return present.length > 0 ? present : invalid("the list of secrets is empty. Set AYWA_RUNTIME_WEBHOOK_SECRET.")
}

/**
 * A new random secret, `whsec_` + base64 of 32 bytes.
 *
 * @since 0.1.0
 * @category secrets
 */
export const generateWebhookSecret = (): string => `whsec_${randomBytes(32).toString("base64")}`

/**
 * The `whsec_` form of a text or raw secret: the same key, in the form that every Standard Webhooks library accepts.
 *
 * **Details**
 *
 * Throws `WebhookVerificationError` (`InvalidSecret`) when the secret is unusable, or when its key is not 24 to 64
 * bytes: such a key has no `whsec_` form and is better replaced with `generateWebhookSecret()`.
 *
 * @since 0.1.0
 * @category secrets
 */
export const convertWebhookSecret = (secret: string | Uint8Array): string => {
  const bytes = standardKeys.of(secret).export()
  if (bytes.length < 24 || bytes.length > 64) {
    return invalid("a key under 24 or over 64 bytes has no whsec_ form. Replace it with a generated secret.")
  }
  return `whsec_${bytes.toString("base64")}`
}
