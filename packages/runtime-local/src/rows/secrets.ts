/**
 * Secrets at any depth of a body: what is answered has a mask in their place, the secrets are kept beside the row.
 *
 * A client may write back what it read: a mask stands for the secret that was there before.
 */
import { isSecretField } from "@aywa-ai/runtime-sdk/internal/contract"
import { isObject, objectOf, type JsonObject } from "../json/object.ts"

const redacted = "[REDACTED]"

/** A body as it may be read, and the whole top-level values of it that have secrets in them. */
export interface MaskedBody {
  readonly visible: JsonObject
  readonly secrets: JsonObject
}

/** Masks the secrets of a body; `before` are those that the row had. */
export const maskSecrets = (body: JsonObject, before: JsonObject): MaskedBody => {
  const visible: JsonObject = {}
  const secrets: JsonObject = { ...before }
  for (const [name, input] of Object.entries(body)) {
    const value = restore(input, before[name])
    const masked = mask(name, value, false)
    visible[name] = masked
    if (JSON.stringify(masked) === JSON.stringify(value)) delete secrets[name]
    else secrets[name] = value
  }
  return { visible, secrets }
}

/** Puts the secret that was there before in place of its mask. */
const restore = (value: unknown, before: unknown): unknown => {
  if (value === redacted && typeof before === "string") return before
  if (Array.isArray(value)) return value.map((item, i) => restore(item, Array.isArray(before) ? before[i] : undefined))
  if (!isObject(value)) return value
  const old = objectOf(before)
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, restore(item, old[name])]))
}

const mask = (name: string, value: unknown, inSecret: boolean): unknown => {
  const isSecret = inSecret || isSecretField(name)
  if (typeof value === "string") return isSecret && value !== "" ? redacted : value
  if (Array.isArray(value)) return value.map((item) => mask("", item, isSecret))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mask(name, item, isSecret)]))
}
