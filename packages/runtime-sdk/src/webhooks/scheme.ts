/**
 * What a signature scheme is, and the one that the runtime uses: Standard Webhooks v1.
 *
 * @since 0.1.0
 */
import { createHmac, type KeyObject } from "node:crypto"
import type { RawBody } from "./body.ts"
import { anyEqual } from "./compare.ts"
import { list, failMissing, parseId, parseTimestamp, readHeaders, single } from "./headers.ts"
import { decodeBase64, readSecrets, standardKeys } from "./secrets.ts"
import { fail, guarded } from "./WebhookVerificationError.ts"

/**
 * The names of the schemes.
 *
 * @since 0.1.0
 * @category models
 */
export type WebhookSchemeName = "standard-webhooks" | "shared-secret" | "hmac" | "stripe"

/**
 * One verification, as a scheme sees it.
 *
 * @since 0.1.0
 * @category models
 */
export interface SchemeCall {
  /** As the framework gave them. */
  readonly headers: unknown
  /** One secret, or several while they are changed. */
  readonly secret: unknown
  /** The body, checked on first use: a scheme reads headers before it asks. */
  readonly body: () => RawBody
  /** Of the request, for schemes that sign them. */
  readonly request: { readonly method: string; readonly url: string } | undefined
}

/**
 * What a scheme vouches for.
 *
 * @since 0.1.0
 * @category models
 */
export interface Authenticated {
  /** Which one it was. */
  readonly scheme: WebhookSchemeName
  /** Of the delivery, the same over its attempts; undefined when the scheme signs none. */
  readonly id: string | undefined
  /** Unix seconds at which the attempt was signed, undefined when the scheme signs no time. */
  readonly seconds: number | undefined
  /** The scheme's own tolerance, instead of the call's. */
  readonly toleranceSeconds?: number | "disabled" | undefined
}

/**
 * How a delivery proves where it comes from.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebhookScheme {
  /** Headers of which the presence of one says that a sender used this scheme. */
  readonly headers: ReadonlyArray<string>
  /** Judges one request; made by `WebhookScheme`, called by `verifyAywaRuntimeWebhook`. */
  readonly authenticate: (call: SchemeCall) => Authenticated
}

const names = ["webhook-id", "webhook-timestamp", "webhook-signature"] as const
const [idHeader, timestampHeader, signatureHeader] = names

/** The base64 MAC of one attempt. */
export const standardMac = (key: KeyObject, id: string, timestamp: string, body: RawBody): string =>
  createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64")

const macLength = 44

/** The `v1` MACs of a signature header; also splits lists that a proxy joined with `, `. */
const parseSignatures = (header: string): ReadonlyArray<string> => {
  if (header.length === 3 + macLength && header.startsWith("v1,")) return [header.slice(3)]
  const items = header.split(/(?:,?[ \t])+/).filter((item) => item !== "")
  const macs = items.filter((item) => item.length === 3 + macLength && item.startsWith("v1,"))
  if (macs.length > 0) return macs.map((item) => item.slice(3))
  const versions = items.map((item) => /^[A-Za-z0-9]{1,8}(?=,)/.exec(item)?.[0] ?? "?")
  return fail({
    _tag: "NoSupportedSignature",
    header: signatureHeader,
    versions: [...new Set(versions)].slice(0, 8)
  })
}

/** Improves the message of a mismatch; never makes it a match. */
const hintFor = (secrets: ReadonlyArray<unknown>, macs: ReadonlyArray<string>, mac: (key: KeyObject) => string) => {
  for (const secret of secrets) {
    if (typeof secret !== "string" || secret.startsWith("whsec_")) continue
    const decoded = decodeBase64(secret)
    if (decoded === undefined || decoded.length < 24 || decoded.length > 64) continue
    if (anyEqual(macs, [mac(standardKeys.of(decoded))])) {
      return "The sender decodes this secret as base64: add the prefix whsec_ to it on this side."
    }
  }
  return undefined
}

/** Standard Webhooks v1: `webhook-id`, `webhook-timestamp`, `webhook-signature`. */
export const standard: WebhookScheme = {
  headers: [signatureHeader],
  authenticate: (call) => {
    const { secrets, keys } = guarded({ _tag: "InvalidSecret", detail: "it threw while it was read." }, () => {
      const secrets = readSecrets(call.secret)
      return { secrets, keys: secrets.map(standardKeys.of) }
    })

    const values = readHeaders(call.headers, names)
    const id = single(values[0], idHeader)
    const timestamp = single(values[1], timestampHeader)
    const signature = list(values[2], signatureHeader)
    if (id === undefined || timestamp === undefined || signature === undefined) {
      return failMissing(names, [id, timestamp, signature])
    }
    parseId(id, idHeader)
    const seconds = parseTimestamp(timestamp, timestampHeader, "seconds")
    const macs = parseSignatures(signature)

    const body = call.body()
    const mac = (key: KeyObject) => standardMac(key, id, timestamp, body)
    if (!anyEqual(macs, keys.map(mac))) fail({ _tag: "SignatureMismatch", hint: hintFor(secrets, macs, mac) })
    return { scheme: "standard-webhooks", id, seconds }
  }
}
