/**
 * Where secrets stand in rows. They are written and never read back, so an export has none: whoever moves rows has to
 * take out what came along by accident, and to say what is missing.
 *
 * @since 0.2.0
 */
import type { JsonObject } from "./Operation.ts"
import type { ReferringKind } from "./references.ts"

const secretName =
  /^(token|gcpKey|authorization)$|(secret|secretKey|password|authToken|apiKey|accessKey|privateKey|passphrase|openAIKey)$/i

/**
 * Whether a field of this name holds a secret, in a credential or wherever a whole credential stands. In other rows a
 * field called `token` is data.
 *
 * @since 0.2.0
 * @category contract
 */
export const isSecretField = (name: string): boolean => secretName.test(name)

/**
 * Fields that can be written and are never read back, by the kind of row.
 *
 * @since 0.2.0
 * @category contract
 */
export const writeOnlyFields: {
  readonly assistants: ReadonlyArray<string>
  readonly phoneNumbers: ReadonlyArray<string>
} = {
  assistants: ["serverUrlSecret"],
  phoneNumbers: ["serverUrlSecret", "twilioAuthToken", "twilioApiKey", "twilioApiSecret"]
}

const writeOnly: ReadonlySet<string> = new Set(Object.values(writeOnlyFields).flat())

const byProvider: { readonly [provider: string]: ReadonlyArray<string> } = {
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

const byPlan: { readonly [type: string]: string } = { bearer: "token", oauth2: "clientSecret", hmac: "secretKey" }

/**
 * The places of the secrets that a row cannot do without, such as `authenticationPlan.token`, whether or not they stand
 * in the row.
 *
 * @since 0.2.0
 * @category contract
 */
export const secretsNeeded = (kind: ReferringKind, row: JsonObject): ReadonlyArray<string> => {
  const legacy = row["isServerUrlSecretSet"] === true ? ["serverUrlSecret"] : []
  if (kind === "credentials") return [...legacy, ...ofCredential(row)]
  if (kind !== "phoneNumbers" || row["provider"] !== "twilio") return legacy
  return hasText(row, "twilioApiKey") || hasText(row, "twilioApiSecret") ? legacy : [...legacy, "twilioAuthToken"]
}

const ofCredential = (row: JsonObject): ReadonlyArray<string> => {
  const provider = typeof row["provider"] === "string" ? row["provider"] : "byo-sip-trunk"
  const { authenticationPlan: plan, outboundAuthenticationPlan: outbound } = row
  const fields = Object.hasOwn(byProvider, provider) ? (byProvider[provider] ?? []) : ["apiKey"]
  const type = isObject(plan) && typeof plan["type"] === "string" ? plan["type"] : ""
  const secret = Object.hasOwn(byPlan, type) ? byPlan[type] : undefined
  return [
    // A Twilio account has a token, or a pair of key and secret.
    ...(provider === "twilio" && Object.hasOwn(row, "apiKey") ? [] : fields),
    ...(secret === undefined ? [] : [`authenticationPlan.${secret}`]),
    ...(isObject(outbound) && typeof outbound["authUsername"] === "string"
      ? ["outboundAuthenticationPlan.authPassword"]
      : [])
  ]
}

/**
 * Takes the secrets out of a row, at any depth. Gives the very row back when it has none, and the places of those that it
 * had.
 *
 * @since 0.2.0
 * @category contract
 */
export const withoutSecrets = (
  kind: ReferringKind,
  row: JsonObject
): { readonly row: JsonObject; readonly removed: ReadonlyArray<string> } => {
  const removed: Array<string> = []
  const strip = (value: unknown, parent: string, at: string, inCredential: boolean): unknown => {
    if (Array.isArray(value)) {
      const items = value.map((item, index) => strip(item, parent, `${at}[${index}]`, inCredential))
      return items.some((item, index) => item !== value[index]) ? items : value
    }
    if (!isObject(value)) return value
    const entries: Array<readonly [string, unknown]> = []
    for (const [name, item] of Object.entries(value)) {
      const place = at === "" ? name : `${at}.${name}`
      if (isSecret(name, parent, inCredential)) {
        if (item !== null && item !== "") removed.push(place)
      } else entries.push([name, strip(item, name, place, inCredential || holdsCredentials(name))])
    }
    const isSame = entries.length === Object.keys(value).length && entries.every(([name, item]) => item === value[name])
    return isSame ? value : Object.fromEntries(entries)
  }
  const newRow = strip(row, "", "", kind === "credentials")
  return { row: isObject(newRow) ? newRow : row, removed }
}

/** What a runtime shows in the place of a secret. */
const mask = /^(\[REDACTED\]|[*•]{3,})$/i

/** No row is deeper; a cycle is told when the body is written. */
const deepest = 32

const holdsMask = (value: unknown, depth = 0): boolean =>
  typeof value === "string"
    ? mask.test(value)
    : typeof value === "object" &&
      value !== null &&
      depth < deepest &&
      Object.values(value).some((inner) => holdsMask(inner, depth + 1))

/**
 * A body without the fields that hold the mask of a secret, themselves or inside: they were read, and stand for what is
 * to stay. Gives back what has none.
 *
 * @since 0.2.0
 * @category contract
 */
export const withoutMasks = (body: unknown): unknown =>
  isObject(body) && holdsMask(body)
    ? Object.fromEntries(Object.entries(body).filter(([, value]) => !holdsMask(value)))
    : body

const isSecret = (name: string, parent: string, inCredential: boolean): boolean =>
  inCredential ? isSecretField(name) : writeOnly.has(name) || (name === "secret" && parent === "server")

/** `credentials` of an assistant are whole credentials, and `authentication` is what a SIP endpoint signs in with. */
const holdsCredentials = (name: string): boolean => name === "credentials" || name === "authentication"

const hasText = (row: JsonObject, name: string): boolean => typeof row[name] === "string" && row[name] !== ""

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)
