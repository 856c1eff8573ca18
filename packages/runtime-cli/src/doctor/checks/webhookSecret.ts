/**
 * The webhook secret: usable, strong, and verified as the runtime signs.
 */
import {
  isWebhookVerificationError,
  signAywaRuntimeWebhook,
  verifyAywaRuntimeWebhook
} from "@aywa-ai/runtime-sdk/webhooks"
import * as Redacted from "effect/Redacted"
import { variables } from "../../core/settings.ts"
import { type Check, fail, ok, type Outcome, warn } from "../types.ts"

/** Bits that a text secret should have; a generated one has 256. */
const enoughBits = 128

const secret: Check = {
  id: "webhook.secret",
  meaning: "Webhooks can be verified, with a secret that cannot be guessed.",
  needs: [],
  run: async ({ settings }) => {
    if (settings.webhookSecret === undefined) {
      return warn(
        `${variables.webhookSecret} is not set, so a handler here can verify nothing.`,
        "Set it to the secret of the runtime; aywa-runtime webhooks secret generate makes a new one."
      )
    }
    const value = Redacted.value(settings.webhookSecret.value)
    const wrong = roundTrip(value)
    if (wrong !== undefined) return wrong
    const bits = value.startsWith("whsec_") ? bitsOfBytes(Buffer.from(value.slice(6), "base64")) : bitsOfText(value)
    if (bits < enoughBits) {
      return warn(
        `The secret has about ${Math.round(bits)} bits; ${enoughBits} are needed against guessing.`,
        "Replace it: aywa-runtime webhooks secret generate."
      )
    }
    return ok(`from ${settings.webhookSecret.source}; signs and verifies`)
  }
}

const roundTrip = (value: string): Outcome | undefined => {
  try {
    const body = JSON.stringify({ message: { type: "status-update", status: "ended" } })
    verifyAywaRuntimeWebhook({ body, headers: signAywaRuntimeWebhook({ body, secret: value }), secret: value })
    return undefined
  } catch (error) {
    if (!isWebhookVerificationError(error)) throw error
    return fail(error.message, "Copy it again from the runtime's dashboard, or make a new one.")
  }
}

/** Bits by the frequency of characters, and no more than their kinds allow: words have about four a letter. */
const bitsOfText = (text: string): number => text.length * entropyOf([...text])

/** Random bytes have eight bits each; a small sample cannot show all of them, so the estimate is scaled. */
const bitsOfBytes = (bytes: Uint8Array): number => {
  const possible = Math.log2(Math.min(256, bytes.length))
  return possible === 0 ? 0 : bytes.length * 8 * Math.min(1, entropyOf([...bytes]) / possible + 0.05)
}

const entropyOf = (symbols: ReadonlyArray<string | number>): number => {
  const counts = new Map<string | number, number>()
  for (const symbol of symbols) counts.set(symbol, (counts.get(symbol) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / symbols.length) * Math.log2(count / symbols.length)
  return bits
}

/** The checks of this file. */
export const webhookSecretChecks: ReadonlyArray<Check> = [secret]
