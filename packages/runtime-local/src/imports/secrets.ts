/**
 * Secrets do not travel in bundles. What looks like one is taken out, and what will be missing is named, so that an
 * operator knows what to supply.
 */
import type { ReferringKind } from "@aywa-ai/runtime-sdk/internal/contract"
import { isSecretName } from "../masked.ts"
import { isJson, type Json } from "../validation.ts"

/** A row without its secrets. */
export interface Stripped {
  readonly row: Json
  /** The places of the secrets that the row needs, such as `authenticationPlan.token`. */
  readonly needed: ReadonlyArray<string>
}

const writeOnly: ReadonlySet<string> = new Set([
  "serverUrlSecret",
  "twilioAuthToken",
  "twilioApiKey",
  "twilioApiSecret"
])

/** Takes the secrets out of a row. A credential also gets the names of those that an export leaves out. */
export const withoutSecrets = (kind: ReferringKind, row: Json): Stripped => {
  const needed = new Set<string>()
  const isSecret = (key: string, parent: string, inCredential: boolean) =>
    inCredential ? isSecretName(key) : writeOnly.has(key) || (key === "secret" && parent === "server")
  const strip = (value: unknown, parent: string, at: string, inCredential: boolean): unknown => {
    if (Array.isArray(value)) {
      const items = value.map((item, index) => strip(item, parent, `${at}[${index}]`, inCredential))
      return items.some((item, index) => item !== value[index]) ? items : value
    }
    if (!isJson(value)) return value
    let changed = false
    const entries: Array<[string, unknown]> = []
    for (const [key, item] of Object.entries(value)) {
      const here = at === "" ? key : `${at}.${key}`
      if (isSecret(key, parent, inCredential)) {
        changed = true
        if (item !== null && item !== "") needed.add(here)
        continue
      }
      // `credentials` of an assistant are whole credentials, and `authentication` is what a SIP endpoint signs in with.
      const inner = strip(item, key, here, inCredential || key === "credentials" || key === "authentication")
      changed ||= inner !== item
      entries.push([key, inner])
    }
    return changed ? Object.fromEntries(entries) : value
  }
  const stripped = strip(row, "", "", kind === "credentials")
  for (const place of kind === "credentials" ? secretsOf(row) : []) needed.add(place)
  if (row["isServerUrlSecretSet"] === true) needed.add("serverUrlSecret")
  if (kind === "phoneNumbers" && row["provider"] === "twilio" && ![...needed].some((name) => writeOnly.has(name))) {
    needed.add("twilioAuthToken")
  }
  return { row: isJson(stripped) ? stripped : row, needed: [...needed] }
}

const byProvider: Readonly<Record<string, ReadonlyArray<string>>> = {
  twilio: ["authToken"],
  vonage: ["apiKey", "apiSecret"],
  gcp: ["gcpKey"],
  google: ["apiKey"],
  s3: ["awsSecretAccessKey"],
  "anthropic-bedrock": ["awsSecretAccessKey"],
  "azure-openai": ["openAIKey"],
  "byo-sip-trunk": [],
  webhook: [],
  "custom-credential": []
}

const byPlan: Readonly<Record<string, string>> = { bearer: "token", oauth2: "clientSecret", hmac: "secretKey" }

/** What a credential of this provider cannot do without. */
const secretsOf = (row: Json): ReadonlyArray<string> => {
  const provider = typeof row["provider"] === "string" ? row["provider"] : "byo-sip-trunk"
  const { authenticationPlan: plan, outboundAuthenticationPlan: outbound } = row
  const fields = Object.hasOwn(byProvider, provider) ? (byProvider[provider] ?? []) : ["apiKey"]
  // A Twilio account has a token, or a pair of key and secret.
  const given = provider === "twilio" && Object.hasOwn(row, "apiKey") ? [] : fields
  const type = isJson(plan) && typeof plan["type"] === "string" ? plan["type"] : ""
  const secret = Object.hasOwn(byPlan, type) ? byPlan[type] : undefined
  return [
    ...given,
    ...(secret === undefined ? [] : [`authenticationPlan.${secret}`]),
    ...(isJson(outbound) && typeof outbound["authUsername"] === "string"
      ? ["outboundAuthenticationPlan.authPassword"]
      : [])
  ]
}
