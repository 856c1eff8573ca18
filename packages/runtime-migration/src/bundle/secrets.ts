/**
 * Secrets never come with an export. This says which ones a row will miss, and keeps those that stand in a file by
 * accident out of reports.
 */
import type { JsonObject, ReferringKind } from "@aywa-ai/runtime-sdk"
import { isObject } from "./Bundle.ts"

const secretName =
  /^(token|gcpKey|authorization|twilioApiKey)$|(secret|secretKey|password|authToken|apiKey|accessKey|privateKey|passphrase|openAIKey)$/i

/** Whether a field of this name holds a secret. */
export const isSecretName = (key: string): boolean => secretName.test(key)

const byProvider: Readonly<Record<string, ReadonlyArray<string>>> = {
  twilio: ["authToken"],
  vonage: ["apiKey", "apiSecret"],
  gcp: ["gcpKey"],
  s3: ["awsSecretAccessKey"],
  "anthropic-bedrock": ["awsSecretAccessKey"],
  "azure-openai": ["openAIKey"],
  "byo-sip-trunk": [],
  webhook: [],
  "custom-credential": []
}

const byPlan: Readonly<Record<string, string>> = { bearer: "token", oauth2: "clientSecret", hmac: "secretKey" }

/** The places of the secrets that a row cannot do without. */
export const secretsNeeded = (name: ReferringKind, row: JsonObject): ReadonlyArray<string> => {
  const legacy = row["isServerUrlSecretSet"] === true ? ["serverUrlSecret"] : []
  if (name === "phoneNumbers") return row["provider"] === "twilio" ? [...legacy, "twilioAuthToken"] : legacy
  if (name !== "credentials") return legacy
  const provider = typeof row["provider"] === "string" ? row["provider"] : "byo-sip-trunk"
  const { authenticationPlan: plan, outboundAuthenticationPlan: outbound } = row
  const type = isObject(plan) && typeof plan["type"] === "string" ? plan["type"] : ""
  const secret = Object.hasOwn(byPlan, type) ? byPlan[type] : undefined
  return [
    ...(Object.hasOwn(byProvider, provider) ? (byProvider[provider] ?? []) : ["apiKey"]),
    ...(secret === undefined ? [] : [`authenticationPlan.${secret}`]),
    ...(isObject(outbound) && typeof outbound["authUsername"] === "string"
      ? ["outboundAuthenticationPlan.authPassword"]
      : [])
  ]
}

/** A copy in which no secret can be read. */
export const masked = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(masked)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, isSecretName(key) && item !== null ? "[REDACTED]" : masked(item)])
  )
}

const writeOnly = new Set(["serverUrlSecret", "twilioAuthToken", "twilioApiKey", "twilioApiSecret"])

/**
 * A row without its secrets, for whichever side it comes from: those that a bundle has by accident do not travel, and a
 * mask of the runtime is nothing to compare with. Elsewhere than in credentials a field called `token` is data.
 */
export const withoutSecrets = (name: ReferringKind, row: JsonObject): JsonObject => {
  const strip = (value: unknown, parent: string, inCredential: boolean): unknown => {
    if (Array.isArray(value)) return value.map((item) => strip(item, parent, inCredential))
    if (!isObject(value)) return value
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, item]) => {
        const secret = inCredential
          ? isSecretName(key)
          : writeOnly.has(key) || (key === "secret" && parent === "server")
        if (secret && typeof item === "string") return []
        return [[key, strip(item, key, inCredential || key === "credentials" || key === "authentication")]]
      })
    )
  }
  return strip(row, "", name === "credentials") as JsonObject // An object stays one.
}
