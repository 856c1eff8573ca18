/**
 * The `t=…,v1=…` header.
 *
 * @since 0.1.0
 */
import { createHmac, type KeyObject } from "node:crypto"
import { anyEqual } from "../compare.ts"
import { list, failMissing, parseTimestamp, readHeaders } from "../headers.ts"
import type { WebhookScheme } from "../scheme.ts"
import { toleranceOf } from "../verify.ts"
import { fail } from "../WebhookVerificationError.ts"
import { keyring, legacyTexts, type LegacySecret } from "./key.ts"

/**
 * Options of `WebhookScheme.stripe`.
 *
 * @since 0.1.0
 * @category models
 */
export interface StripeOptions {
  /** `stripe-signature` by default. */
  readonly header?: string | undefined
  /** The key is the text itself, a prefix `whsec_` included. */
  readonly secrets: LegacySecret | ReadonlyArray<LegacySecret>
  /** Instead of the tolerance of the verification; both ways, and 0 means 0. */
  readonly toleranceSeconds?: number | "disabled" | undefined
}

/**
 * A timestamp and hex signatures in one header, over `timestamp.body`. The event has no id.
 *
 * @since 0.1.0
 * @category schemes
 */
export const stripe = (options: StripeOptions): WebhookScheme => {
  const header = (options.header ?? "stripe-signature").toLowerCase()
  if (options.toleranceSeconds !== undefined) toleranceOf(options.toleranceSeconds)
  const keyOf = keyring(false)
  return {
    headers: [header],
    authenticate: (call) => {
      const keys = legacyTexts(options.secrets).map(keyOf)
      const [values = []] = readHeaders(call.headers, [header])
      const text = list(values.length > 1 ? [values.join(",")] : values, header)
      if (text === undefined) return failMissing([header], [undefined])
      const fields = text.split(",").map((field) => field.trim())
      const times = fields.filter((field) => field.startsWith("t=")).map((field) => field.slice(2))
      if (times.length !== 1) fail({ _tag: "InvalidHeader", header, detail: "must hold exactly one t=." })
      const timestamp = times[0] ?? ""
      const seconds = parseTimestamp(timestamp, header, "seconds")
      const macs = fields.flatMap((field) => (/^v1=[0-9a-f]{64}$/.test(field) ? [field.slice(3)] : []))
      if (macs.length === 0) {
        const versions = fields
          .map((field) => /^v[0-9]{1,3}(?==)/.exec(field)?.[0])
          .filter((version) => version !== undefined)
        fail({ _tag: "NoSupportedSignature", header, versions: [...new Set(versions)].slice(0, 8) })
      }
      const body = call.body()
      const macOf = (key: KeyObject) => createHmac("sha256", key).update(`${timestamp}.`).update(body).digest("hex")
      if (!anyEqual(macs, keys.map(macOf))) fail({ _tag: "SignatureMismatch" })
      return { scheme: "stripe", id: undefined, seconds, toleranceSeconds: options.toleranceSeconds }
    }
  }
}
