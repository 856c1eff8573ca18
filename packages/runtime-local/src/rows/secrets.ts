/**
 * Secrets at any depth of a row: what is answered has a mask in their place, the secrets are kept beside the row.
 *
 * A client may write back what it read: a mask stands for the secret that was there before.
 */
import { maskCredentialField, maskRowField, mayHoldSecrets } from "../json/mask.ts"
import { isObject, type JsonObject } from "../json/object.ts"
import type { ResourceRules } from "./rules.ts"

/** A body as it may be read, and the whole top-level values of it that have secrets in them. */
export interface SplitBody {
  readonly visible: JsonObject
  readonly secrets: JsonObject
}

/** Takes the secrets out of a body; those that the row had `before` stay unless they are replaced. */
export const splitSecrets = (body: JsonObject, rules: SecretRules, before: JsonObject): SplitBody => {
  const { writeOnly, masked } = rules
  const maskField = masked ? maskCredentialField : maskRowField
  const visible: JsonObject = {}
  const secrets: JsonObject = { ...before }
  for (const [name, input] of Object.entries(body)) {
    const old = before[name]
    const value = restore(input, old, old === undefined ? undefined : maskField(name, old))
    const view = writeOnly.includes(name) ? undefined : maskField(name, value)
    if (view !== undefined) visible[name] = view
    if (view === value) delete secrets[name]
    else secrets[name] = value
  }
  return { visible, secrets }
}

/** Whether a body may have secrets in it, by its JSON: most have none, and need not be looked through. */
export const mayHide = (body: JsonObject, json: string, { writeOnly, masked }: SecretRules): boolean =>
  masked || writeOnly.some((name) => Object.hasOwn(body, name)) || mayHoldSecrets(json)

/** What decides on the secrets of a resource. */
export type SecretRules = Pick<ResourceRules, "writeOnly" | "masked">

/** Puts what was there before in place of what was shown of it. */
const restore = (value: unknown, before: unknown, view: unknown): unknown => {
  if (typeof value === "string") return typeof before === "string" && value === view ? before : value
  if (Array.isArray(value)) {
    const [old, masks] = [Array.isArray(before) ? before : [], Array.isArray(view) ? view : []]
    return value.map((item, index) => restore(item, old[index], masks[index]))
  }
  if (!isObject(value)) return value
  const part = (of: unknown, name: string) => (isObject(of) && Object.hasOwn(of, name) ? of[name] : undefined)
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, restore(item, part(before, name), part(view, name))])
  )
}

/** A row with its secrets in their places, for what the runtime itself does with it. */
export const withSecrets = (row: JsonObject, secrets: string | null): JsonObject => {
  if (secrets === null) return row
  const hidden: unknown = JSON.parse(secrets)
  return isObject(hidden) ? { ...row, ...hidden } : row
}
