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

/** Masks the secrets of a credential; `before` are those that the row had. */
export const maskSecrets = (body: JsonObject, before: JsonObject): MaskedBody => {
  const visible: JsonObject = {}
  const secrets: JsonObject = { ...before }
  for (const [name, input] of Object.entries(body)) {
    const value = restore(input, before[name])
    const masked = maskCredential(name, value)
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

/**
 * The strings of a credential that may be read: whoever adds a provider whose field is missing here sees a mask, where a
 * list of what is secret would show its secret.
 */
const publicPlaces: ReadonlySet<string> = new Set([
  "provider",
  "name",
  "type",
  "accountSid",
  "region",
  "techPrefix",
  "model",
  "projectId",
  "service",
  "resourceName",
  ...["type", "headerName", "url", "clientId", "scope", "algorithm", "signatureHeader", "timestampHeader"].map(
    (name) => `authenticationPlan.${name}`
  ),
  ...["signaturePrefix", "payloadFormat", "messageIdHeader", "signatureEncoding"].map(
    (name) => `authenticationPlan.${name}`
  ),
  ...["ip", "outboundProtocol"].map((name) => `gateways.${name}`),
  "outboundAuthenticationPlan.authUsername",
  ...["domain", "username", "realm"].map((name) => `outboundAuthenticationPlan.sipRegisterPlan.${name}`),
  "awsAccessKeyId",
  "s3BucketName",
  "s3PathPrefix",
  "bucketPlan.name",
  "bucketPlan.region",
  "bucketPlan.path"
])

/** Every string of a credential that is not public. */
const maskCredential = (place: string, value: unknown): unknown => {
  if (typeof value === "string") {
    return value === "" || (publicPlaces.has(place) && withoutUserInfo(value) === value) ? value : redacted
  }
  if (Array.isArray(value)) return value.map((item) => maskCredential(place, item))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, maskCredential(`${place}.${name}`, item)])
  )
}

/** Any other row, as receivers and the log get it: secrets by name, values of headers, user info of URLs. */
export const maskRow = (row: JsonObject): JsonObject => objectOf(mask("", row, false))

const mask = (name: string, value: unknown, inSecret: boolean): unknown => {
  const isSecret = inSecret || isSecretField(name)
  if (typeof value === "string") return isSecret && value !== "" ? redacted : withoutUserInfo(value)
  if (Array.isArray(value)) return value.map((item) => mask("", item, isSecret))
  if (!isObject(value)) return value
  const inside = isSecret || isValuesOfHeaders(name, value)
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mask(name, item, inside)]))
}

/** A map of headers has strings in it; the schema of a tool's `headers` has not. */
const isValuesOfHeaders = (name: string, value: JsonObject): boolean =>
  name === "headers" && Object.values(value).every((item) => typeof item === "string")

/** A text without user and password of the URLs in it. */
export const withoutUserInfo = (text: string): string =>
  text.includes("@") ? text.replaceAll(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#]*@/gi, `$1${redacted}@`) : text
