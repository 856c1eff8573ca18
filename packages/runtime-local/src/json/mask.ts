/**
 * What may be shown of a value: the one place that knows. Answers, payloads, logs, the journal and error messages go
 * through it.
 *
 * Of a credential only named fields are public. Anywhere else a string is shown unless its name says that it is secret,
 * it is a value of a map of headers, or it is the user info of a URL.
 */
import { isSecretField, writeOnlyFields } from "@aywa-ai/runtime-sdk/internal/contract"
import { isObject, objectOf, type JsonObject } from "./object.ts"

/** Stands for a secret. */
export const mask = "[REDACTED]"

/**
 * The strings of a credential that may be read: whoever adds a provider whose field is missing here sees a mask, where a
 * list of what is secret would show its secret.
 */
const publicPlaces: ReadonlySet<string> = new Set([
  "id",
  "orgId",
  "createdAt",
  "updatedAt",
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

/** What is masked of a value, by its name and that of the object that it stands in. */
type IsSecret = (name: string, parent: string) => boolean

/** In a message or a log any name of a secret counts: it may be anybody's. */
const anywhere: IsSecret = (name) => isSecretField(name)

/** In a row that a client reads back, a field called `token` is data. */
const inRow: IsSecret = (name, parent) =>
  neverRead.has(name) ||
  (name === "secret" && parent === "server") ||
  (parent === "authentication" && isSecretField(name))

/** Fields that are written and never read back, wherever a whole row stands in another one. */
const neverRead: ReadonlySet<string> = new Set(Object.values(writeOnlyFields).flat())

/**
 * The value of one field of a credential; `place` is the path of the field. Like the other functions here it gives the
 * very value back where there is nothing to mask.
 */
export const maskCredentialField = (place: string, value: unknown): unknown => {
  if (typeof value === "string") {
    return value === "" || (publicPlaces.has(place) && withoutUserInfo(value) === value) ? value : mask
  }
  return mapParts(value, (name, part) => maskCredentialField(name === undefined ? place : `${place}.${name}`, part))
}

/** A whole credential. */
export const maskCredential = (row: unknown): unknown =>
  isObject(row) ? mapParts(row, (name = "", value) => maskCredentialField(name, value)) : maskCredentialField("", row)

/** One field of any other row, as clients read it. */
export const maskRowField = (name: string, value: unknown): unknown => maskField(inRow, name, "", value, false)

/** Any JSON value, as receivers and logs get it; credentials in it are masked as such. */
export const maskValue = (value: unknown): unknown => maskField(anywhere, "", "", value, false)

/** A text: where it is JSON, without the secrets in it. */
export const maskText = (text: string): string => {
  if (!/^\s*[[{]/.test(text)) return withoutUserInfo(text)
  try {
    const value: unknown = JSON.parse(text)
    const view = maskValue(value)
    return view === value ? text : JSON.stringify(view)
  } catch {
    return withoutUserInfo(text)
  }
}

/** The same of an object. */
export const maskObject = (value: JsonObject): JsonObject => objectOf(maskValue(value))

/** Whether a row may have something to mask, by its JSON: most have not, and this is cheap. */
export const mayHoldSecrets = (json: string): boolean => hints.test(json)

const hints = /[hH]eaders":|"(secret|credentials|authentication|serverUrlSecret|twilio[A-Z]\w+)":|:\/\/[^"\s/?#]*@/

const maskField = (isSecret: IsSecret, name: string, parent: string, value: unknown, inSecret: boolean): unknown => {
  const hidden = inSecret || isSecret(name, parent)
  if (typeof value === "string") return hidden && value !== "" ? mask : withoutUserInfo(value)
  if (Array.isArray(value)) {
    return mapParts(value, (_, item) =>
      name === "credentials" ? maskCredential(item) : maskField(isSecret, "", name, item, hidden)
    )
  }
  // A parameter of a tool may well be called password: its schema is no secret.
  const inside = (hidden && !isSchema(value)) || isValuesOfHeaders(name, value)
  return mapParts(value, (key = "", item) => maskField(isSecret, key, name, item, inside))
}

/** An object or a list with its parts changed; the same one where none is. */
const mapParts = (value: unknown, change: (name: string | undefined, part: unknown) => unknown): unknown => {
  if (Array.isArray(value)) {
    const items = value.map((item) => change(undefined, item))
    return items.some((item, index) => item !== value[index]) ? items : value
  }
  if (!isObject(value)) return value
  const entries = Object.entries(value).map(([name, part]) => [name, change(name, part)] as const)
  return entries.some(([name, part]) => part !== value[name]) ? Object.fromEntries(entries) : value
}

const schemaTypes: ReadonlySet<unknown> = new Set(["string", "number", "integer", "boolean", "object", "array", "null"])

const isSchema = (value: unknown): boolean => isObject(value) && schemaTypes.has(value["type"])

/** A map of headers has strings in it; the schema of a tool's `headers` has not. */
const isValuesOfHeaders = (name: string, value: unknown): boolean =>
  /headers$/i.test(name) && isObject(value) && !isSchema(value)

/** A text without user and password of the URLs in it. */
export const withoutUserInfo = (text: string): string =>
  text.includes("@") ? text.replaceAll(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#]*@/gi, `$1${mask}@`) : text

/** Headers whose values say nothing about who is asking, as patterns of their names. */
const publicHeaders = new RegExp(
  `^(${[
    "accept(-[a-z]+)?",
    "age",
    "allow",
    "aywa-(fault|warning)",
    "cache-control",
    "connection",
    "content-(type|length|encoding|language|range)",
    "date",
    "etag",
    "expect",
    "host",
    "idempotency-(key|replayed)",
    "if-(match|none-match)",
    "keep-alive",
    "location",
    "origin",
    "ratelimit(-policy)?",
    "retry-after",
    "sec-fetch-[a-z]+",
    "server",
    "te",
    "traceparent",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "vary",
    "webhook-(id|timestamp|signature)",
    "www-authenticate",
    "x-aywa-[a-z-]+",
    "x-content-type-options",
    "x-fern-[a-z-]+",
    "x-organization-id",
    "x-ratelimit-[a-z]+",
    "x-request-id"
  ].join("|")})$`,
  "i"
)

/** Headers as one text each: of those that may be keys, the scheme at most. */
export const maskHeaders = (headers: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const text = Array.isArray(value) ? value.join(", ") : String(value ?? "")
      return [name, publicHeaders.test(name) ? withoutUserInfo(text) : maskedHeader(name, text)]
    })
  )

const maskedHeader = (name: string, text: string): string =>
  name.toLowerCase() === "authorization" ? text.replace(/\S+$/, "***") : "***"
