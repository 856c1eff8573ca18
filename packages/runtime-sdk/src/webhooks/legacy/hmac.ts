/**
 * An HMAC in a header, described as the source platform's credentials describe it.
 *
 * @since 0.1.0
 */
import { createHmac, type KeyObject } from "node:crypto"
import { anyEqual } from "../compare.ts"
import { list, failMissing, parseId, parseTimestamp, readHeaders, single } from "../headers.ts"
import type { SchemeCall, WebhookScheme } from "../scheme.ts"
import { toleranceOf } from "../verify.ts"
import { fail } from "../WebhookVerificationError.ts"
import { keyring, legacyTexts, type LegacySecret } from "./key.ts"
import { has, parseTemplate, render, type Template } from "./template.ts"

/**
 * Options of `WebhookScheme.hmac`: the fields of an HMAC authentication plan, so that an exported one works unchanged
 * once its secret is put in.
 *
 * @since 0.1.0
 * @category models
 */
export interface HmacOptions {
  readonly type?: "hmac" | undefined
  readonly secretKey: LegacySecret | ReadonlyArray<LegacySecret>
  readonly algorithm: "sha256" | "sha512" | "sha1"
  /** `x-signature` by default. */
  readonly signatureHeader?: string | undefined
  /** `x-timestamp` by default. */
  readonly timestampHeader?: string | undefined
  /** What stands before the signature in its header; nothing by default. */
  readonly signaturePrefix?: string | undefined
  /** Whether the sender sends its time; true by default. */
  readonly includeTimestamp?: boolean | undefined
  /** `{timestamp}.{body}` by default, `{body}` without a timestamp. Also `{method}`, `{url}` and `{svix-id}`. */
  readonly payloadFormat?: string | undefined
  /** Header of `{svix-id}`. */
  readonly messageIdHeader?: string | undefined
  /** `hex` by default. */
  readonly signatureEncoding?: "hex" | "base64" | undefined
  /** Whether the secret is base64 of the key, and not the key's text. */
  readonly secretIsBase64?: boolean | undefined
  /** What the sender's timestamps count; `milliseconds` by default. */
  readonly timestampUnit?: "seconds" | "milliseconds" | undefined
  /** Instead of the tolerance of the verification. */
  readonly toleranceSeconds?: number | "disabled" | undefined
  /** Needed for sha1, which is kept for senders that cannot do better. */
  readonly allowWeakAlgorithm?: boolean | undefined
}

const invalid = (option: string, detail: string): never => fail({ _tag: "InvalidOptions", option, detail })

const lengths = {
  sha1: { hex: 40, base64: 28 },
  sha256: { hex: 64, base64: 44 },
  sha512: { hex: 128, base64: 88 }
} as const

/**
 * A plain HMAC header. **For migrations only.**
 *
 * **Details**
 *
 * The event has an id and an attempt time exactly when the template signs them; without a signed time nothing stops a
 * replay.
 *
 * @since 0.1.0
 * @category schemes
 */
export const hmac = (options: HmacOptions): WebhookScheme => {
  const { algorithm, signaturePrefix = "", includeTimestamp = true, signatureEncoding = "hex" } = options
  const unit = options.timestampUnit ?? "milliseconds"
  if (!Object.hasOwn(lengths, algorithm)) invalid("algorithm", "must be sha256, sha512 or sha1.")
  if (algorithm === "sha1" && options.allowWeakAlgorithm !== true) {
    invalid("algorithm", "sha1 is weak. Set allowWeakAlgorithm: true if the sender cannot do better.")
  }
  if (signatureEncoding !== "hex" && signatureEncoding !== "base64") {
    invalid("signatureEncoding", "must be hex or base64.")
  }
  if (unit !== "seconds" && unit !== "milliseconds") invalid("timestampUnit", "must be seconds or milliseconds.")
  const template = parseTemplate(options.payloadFormat ?? (includeTimestamp ? "{timestamp}.{body}" : "{body}"))
  if (has(template, "timestamp") && !includeTimestamp) {
    invalid("includeTimestamp", "is false, but payloadFormat signs {timestamp}.")
  }
  if (has(template, "svix-id") && options.messageIdHeader === undefined) {
    invalid("messageIdHeader", "is needed for {svix-id} in payloadFormat.")
  }
  if (options.toleranceSeconds !== undefined) toleranceOf(options.toleranceSeconds)
  const header = (options.signatureHeader ?? "x-signature").toLowerCase()
  const timestampHeader = (options.timestampHeader ?? "x-timestamp").toLowerCase()
  const names = [header]
  if (has(template, "timestamp")) names.push(timestampHeader)
  if (has(template, "svix-id")) names.push((options.messageIdHeader ?? "").toLowerCase())
  const keyOf = keyring(options.secretIsBase64 === true)
  const macLength = lengths[algorithm][signatureEncoding]

  return {
    headers: [header],
    authenticate: (call) => {
      const keys = legacyTexts(options.secretKey).map(keyOf)
      const { signature, timestamp, id } = readSigned(call, template, names)
      const seconds = timestamp === undefined ? undefined : parseTimestamp(timestamp, timestampHeader, unit)
      if (seconds !== undefined && unit === "milliseconds" && (timestamp ?? "").length < 12) {
        const detail = "must be milliseconds, and looks like seconds."
        fail({ _tag: "InvalidHeader", header: timestampHeader, detail })
      }
      if (!signature.startsWith(signaturePrefix) || signature.length !== signaturePrefix.length + macLength) {
        fail({ _tag: "NoSupportedSignature", header, versions: [] })
      }
      const { method = "", url = "" } = requestOf(call, template)
      const values = { timestamp: timestamp ?? "", body: call.body(), method, url, "svix-id": id ?? "" }
      const pieces = render(template, values)
      const macOf = (key: KeyObject): string => {
        const mac = createHmac(algorithm, key)
        for (const piece of pieces) mac.update(piece)
        return mac.digest(signatureEncoding)
      }
      if (!anyEqual([signature.slice(signaturePrefix.length)], keys.map(macOf))) fail({ _tag: "SignatureMismatch" })
      return { scheme: "hmac", id, seconds, toleranceSeconds: options.toleranceSeconds }
    }
  }
}

/** The headers that the template needs, in the order of their names; what it does not sign is not read. */
const readSigned = (call: SchemeCall, template: Template, names: ReadonlyArray<string>) => {
  const values = readHeaders(call.headers, names).map((entries, index) => single(entries, names[index] ?? ""))
  const [first, ...others] = values
  const signature = list(first === undefined ? undefined : [first], names[0] ?? "")
  if (signature === undefined || others.includes(undefined)) return failMissing(names, values)
  const timestamp = has(template, "timestamp") ? others[0] : undefined
  const id = has(template, "svix-id") ? others.at(-1) : undefined
  if (id !== undefined) parseId(id, names.at(-1) ?? "")
  return { signature, timestamp, id }
}

const requestOf = (call: SchemeCall, template: Template): { readonly method?: string; readonly url?: string } => {
  if (!has(template, "method") && !has(template, "url")) return {}
  const { request } = call
  return typeof request?.method === "string" && typeof request.url === "string"
    ? request
    : invalid("request", "pass { method, url }: payloadFormat signs them.")
}
