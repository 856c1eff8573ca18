/**
 * Why a signature does not fit: the changes that frameworks, proxies and clipboards make to a body or a secret are
 * tried one by one. A secret that would fit is never accepted, only named.
 */
import { verifyAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
import type { StoredRequest } from "./request.ts"

interface Guess {
  readonly finding: string
  readonly body?: Uint8Array | undefined
  readonly secret?: string | Uint8Array | undefined
}

/** What was changed on the way, if one of the usual suspects explains it. */
export const diagnose = (request: StoredRequest, secret: string): string | undefined => {
  const fits = (guess: Guess): boolean => {
    try {
      verifyAywaRuntimeWebhook({
        headers: request.headers,
        body: guess.body ?? request.body,
        secret: guess.secret ?? secret,
        toleranceSeconds: "disabled"
      })
      return true
    } catch (error) {
      // What is signed well and is no event is signed well.
      return (
        error instanceof Error && "reason" in error && Reflect.get(Object(error.reason), "_tag") === "MalformedPayload"
      )
    }
  }
  return guesses(request.body, secret).find(fits)?.finding
}

const guesses = (bytes: Uint8Array, secret: string): ReadonlyArray<Guess> => {
  const buffer = Buffer.from(bytes)
  const text = buffer.toString("utf8")
  const of = (finding: string, changed: string | Uint8Array | undefined): ReadonlyArray<Guess> =>
    changed === undefined ? [] : [{ finding, body: typeof changed === "string" ? Buffer.from(changed) : changed }]
  return [
    ...of(
      "a line break was added at the end of the body",
      text.endsWith("\n") ? text.replace(/\r?\n$/, "") : undefined
    ),
    ...of("the line break at the end of the body was cut off", `${text}\n`),
    ...of("line endings were changed to CRLF", text.includes("\r\n") ? text.replaceAll("\r\n", "\n") : undefined),
    ...of("line endings were changed to LF", text.includes("\n") ? text.replaceAll(/\r?\n/g, "\r\n") : undefined),
    ...of("a byte order mark was put before the body", text.startsWith("\uFEFF") ? text.slice(1) : undefined),
    ...of("the byte order mark of the body was cut off", `\uFEFF${text}`),
    ...of("the body is still base64: decode it before it is verified", decode(text)),
    ...variantsOf(text),
    ...secretGuesses(secret)
  ]
}

const decode = (text: string): Uint8Array | undefined => {
  const bytes = Buffer.from(text.trim(), "base64")
  return bytes.length > 0 && bytes.toString("base64") === text.trim() ? bytes : undefined
}

const variantsOf = (text: string): ReadonlyArray<Guess> => {
  const finding = "the body was parsed and written again: verify the raw bytes, before any JSON parser"
  try {
    const json: unknown = JSON.parse(text)
    return [JSON.stringify(json), JSON.stringify(json, null, 2), JSON.stringify(json, null, 4)]
      .filter((variant) => variant !== text)
      .map((variant) => ({ finding, body: Buffer.from(variant) }))
  } catch {
    return []
  }
}

const secretGuesses = (secret: string): ReadonlyArray<Guess> => {
  const bytes = Buffer.from(secret, "base64")
  const isBase64 = !secret.startsWith("whsec_") && bytes.length >= 16 && bytes.toString("base64") === secret
  return [
    ...(isBase64 ? [{ finding: "the secret is base64 and misses its prefix whsec_", secret: bytes }] : []),
    ...(secret.startsWith("whsec_")
      ? [{ finding: "the sender uses the text of the secret as the key, not its bytes", secret: Buffer.from(secret) }]
      : [])
  ]
}
