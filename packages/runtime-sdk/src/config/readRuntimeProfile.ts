/**
 * A profile from a file, checked whole: a client only looks at the words that it goes by.
 *
 * @since 0.2.0
 */
import { ConfigError } from "../errors/Errors.ts"
import type { RuntimeProfile } from "./runtimeProfile.ts"
import { wrongChoice } from "./unknownNames.ts"

/**
 * Reads what `aywa-runtime conformance --save` wrote: the text of the file, or the JSON of it. Throws a ConfigError of the
 * field `runtimeProfile` that says what is wrong with it. Names that a later version writes are left out.
 *
 * **Example**
 *
 * ```ts
 * import { readFileSync } from "node:fs"
 * import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
 * import { readRuntimeProfile } from "@aywa-ai/runtime-sdk/contract"
 *
 * export const connect = (file: string) =>
 *   new AywaRuntimeClient({
 *     baseUrl: process.env["AYWA_RUNTIME_BASE_URL"],
 *     apiKey: process.env["AYWA_RUNTIME_API_KEY"],
 *     runtimeProfile: readRuntimeProfile(readFileSync(file, "utf8"))
 *   })
 * ```
 *
 * @since 0.2.0
 * @category contract
 */
export const readRuntimeProfile = (input: unknown): RuntimeProfile => {
  const json = typeof input === "string" ? parse(input) : input
  const wrong = issueOf(Object(json))
  if (wrong !== undefined) refuse(wrong)
  // Every field was looked at.
  const { formatVersion, createdAt, runtimeVersion, idempotencyKeys, ifMatch, webhookSignature, lists } =
    json as RuntimeProfile
  return {
    formatVersion,
    createdAt,
    ...(runtimeVersion === undefined ? {} : { runtimeVersion }),
    idempotencyKeys,
    ifMatch,
    webhookSignature,
    lists
  }
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return refuse("is not JSON")
  }
}

const known = ["honoured", "ignored", "unknown"]

const words = {
  idempotencyKeys: known,
  ifMatch: known,
  webhookSignature: ["standard", "none", "other", "unknown"]
}

const issueOf = (fields: { readonly [name: string]: unknown }): string | undefined => {
  const { formatVersion, createdAt, runtimeVersion, lists } = fields
  if (formatVersion !== 1) return "is no profile of formatVersion 1: save one with aywa-runtime conformance"
  for (const [name, choices] of Object.entries(words)) {
    const wrong = wrongChoice(fields[name], choices)
    if (wrong !== undefined) return `${name} ${wrong}`
  }
  if (typeof lists !== "object" || lists === null) return "lists is missing"
  if (typeof createdAt !== "string" || Number.isNaN(Date.parse(createdAt))) return "createdAt must be an ISO 8601 time"
  if (runtimeVersion !== undefined && typeof runtimeVersion !== "string") return "runtimeVersion must be text"
  for (const [path, list] of Object.entries(Object(lists))) {
    const { shape, most, walk } = Object(list)
    if (![1, 2, 3, 4].includes(shape)) return `lists.${path}.shape must be 1, 2, 3 or 4`
    if (most !== undefined && !(Number.isSafeInteger(most) && most > 0)) return `lists.${path}.most must be 1 or more`
    const wrong = wrongChoice(walk, ["all", "first-page", "unknown"])
    if (wrong !== undefined) return `lists.${path}.walk ${wrong}`
  }
  return undefined
}

const refuse = (what: string): never => {
  throw new ConfigError({ field: "runtimeProfile", message: `runtimeProfile: ${what}.` })
}
