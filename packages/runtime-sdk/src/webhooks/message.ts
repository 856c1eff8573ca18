/**
 * From the bytes of a body to its typed message.
 *
 * @since 0.1.0
 */
import { rawBody, type RawBody, type WebhookBody } from "./body.ts"
import { isObject } from "../schema/isObject.ts"
import type { WebhookMessage } from "./events.ts"
import { decodeText, parseJson, withExactIntegers } from "./json.ts"
import { readMessage } from "./messages.ts"
import { fail } from "./WebhookVerificationError.ts"

/** Reads `{ message: { type, … } }`; fails with `MalformedPayload`. */
export const messageOf = (body: RawBody): WebhookMessage => {
  let text: string
  let json: unknown
  try {
    text = decodeText(body)
    json = parseJson(text)
  } catch (error) {
    return malformed(error instanceof RangeError ? "its JSON is nested too deep" : "the body is not JSON in UTF-8")
  }
  const message = inside(json)
  return isObject(message) && typeof message["type"] === "string"
    ? readMessage({ ...message, type: message["type"] }, () => inside(withExactIntegers(text, json)))
    : malformed("the body has no message with a type")
}

const inside = (json: unknown): unknown => (isObject(json) ? json["message"] : undefined)

const malformed = (detail: string): never => fail({ _tag: "MalformedPayload", detail })

/** The message's own time: epoch milliseconds or ISO text. */
export const timeOf = (message: WebhookMessage): Date | undefined => {
  const { timestamp } = message.type === "unknown" || message.type === "invalid" ? message.raw : message
  if (typeof timestamp !== "number" && typeof timestamp !== "string") return undefined
  const date = new Date(timestamp)
  return Number.isNaN(date.getTime()) ? undefined : date
}

/**
 * Reads the message of a body that was verified when it was received, as an inbox stored it. **Verifies nothing.**
 *
 * **Details**
 *
 * Throws `WebhookVerificationError` (`MalformedPayload`, `InvalidBody`) for a body that is no event.
 *
 * @since 0.1.0
 * @category messages
 */
export const parseAywaRuntimeWebhook = (body: WebhookBody): WebhookMessage => messageOf(rawBody(body, Infinity))
