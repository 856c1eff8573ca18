/** One good delivery, and what becomes of it when parts are changed. */
import { createHmac } from "node:crypto"
import { assert } from "vitest"
import {
  signAywaRuntimeWebhook,
  verifyAywaRuntimeWebhook,
  WebhookVerificationError,
  type AuthenticWebhookEvent,
  type VerifyWebhookOptions,
  type WebhookVerificationReason
} from "../../../src/webhooks.ts"

/** A case of the table in the webhook specification. */
export interface Case {
  readonly row: number
  readonly name: string
  readonly run: () => void | Promise<void>
}

export const secret = "whsec_YXl3YS1ydW50aW1lLXRlc3Qtc2VjcmV0LTMyYnl0ZXM="
export const otherSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
/** Unix seconds at which the delivery is signed and verified. */
export const time = 1_800_000_000
export const at = new Date(time * 1000)
export const message = { type: "status-update", status: "ended", timestamp: "2027-01-15T08:00:00Z", call: { id: "c" } }
export const body = JSON.stringify({ message })
export const headers = signAywaRuntimeWebhook({ body, secret, id: "evt_1", timestamp: at })
export const signature = headers["webhook-signature"]
export const mac = signature.slice(3)
export const good: VerifyWebhookOptions = { body, headers, secret, now: () => time * 1000 }

/** Keeps what is verified while the case table runs, for whoever sends it again. */
export const recording: { list: Array<Readonly<Record<string, unknown>>> | undefined } = { list: undefined }

const verified = (options: unknown): AuthenticWebhookEvent => {
  if (typeof options === "object" && options !== null)
    recording.list?.push(options as Readonly<Record<string, unknown>>)
  return verifyAywaRuntimeWebhook(options as VerifyWebhookOptions)
}

/** The good delivery with other parts, whatever their types. */
export const verify = (more: object = {}): AuthenticWebhookEvent => verified({ ...good, ...more })

/** Why options are refused, or `ok`; any other error is a failure of the test. */
export const reasonOf = (options: unknown): WebhookVerificationReason["_tag"] | "ok" => {
  try {
    verified(options)
    return "ok"
  } catch (error) {
    assert.instanceOf(error, WebhookVerificationError)
    return error.reason._tag
  }
}

/** The error of options that are refused. */
export const errorOf = (run: () => unknown): WebhookVerificationError => {
  try {
    run()
  } catch (error) {
    assert.instanceOf(error, WebhookVerificationError)
    return error
  }
  return assert.fail("nothing was thrown")
}

/** Asserts what becomes of the good delivery with other parts. */
export const assertReason = (more: object, reason: WebhookVerificationReason["_tag"] | "ok"): void =>
  assert.strictEqual(reasonOf({ ...good, ...more }), reason)

/** The good delivery with another body, well signed. */
export const signed = (text: string | Uint8Array, more: object = {}): VerifyWebhookOptions => ({
  ...good,
  body: text,
  headers: signAywaRuntimeWebhook({ body: text, secret, timestamp: at }),
  ...more
})

/** Headers with some replaced; `undefined` takes one away. */
export const withHeaders = (more: Readonly<Record<string, unknown>>): { readonly headers: object } => ({
  headers: { ...headers, ...more }
})

/** A MAC over the good delivery made in another way. */
export const macWith = (algorithm: string, key: string | Uint8Array, content = `evt_1.${time}.${body}`): string =>
  createHmac(algorithm, key).update(content).digest("base64")

/** The key that the good secret stands for. */
export const key = Buffer.from(secret.slice(6), "base64")
