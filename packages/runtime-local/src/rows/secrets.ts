/**
 * Secrets at any depth of a body: what is answered has a mask in their place, what was given is kept beside the row.
 *
 * A client may write back what it read: a mask stands for the secret that was there before.
 */
import { isSecretField } from "@aywa-ai/runtime-sdk/contract"
import { isObject, objectOf, type JsonObject } from "../json/object.ts"

const mask = "[REDACTED]"

/** Parts what is shown from what is kept. `kept` holds the whole top-level values that have secrets in them. */
export const maskSecrets = (
  body: JsonObject,
  kept: JsonObject
): { readonly visible: JsonObject; readonly kept: JsonObject } => {
  const visible: JsonObject = {}
  const hidden: JsonObject = { ...kept }
  for (const [key, given] of Object.entries(body)) {
    const whole = restore(given, kept[key])
    const shown = hide(key, whole, false)
    visible[key] = shown
    if (JSON.stringify(shown) === JSON.stringify(whole)) delete hidden[key]
    else hidden[key] = whole
  }
  return { visible, kept: hidden }
}

/** Puts the secret that was there before where the mask is. */
const restore = (given: unknown, before: unknown): unknown => {
  if (given === mask && typeof before === "string") return before
  if (Array.isArray(given)) return given.map((item, i) => restore(item, Array.isArray(before) ? before[i] : undefined))
  if (!isObject(given)) return given
  const old = objectOf(before)
  return Object.fromEntries(Object.entries(given).map(([key, value]) => [key, restore(value, old[key])]))
}

const hide = (key: string, value: unknown, secret: boolean): unknown => {
  const here = secret || isSecretField(key)
  if (typeof value === "string") return here && value !== "" ? mask : value
  if (Array.isArray(value)) return value.map((item) => hide("", item, here))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, hide(name, item, here)]))
}
