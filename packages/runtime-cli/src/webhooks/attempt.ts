/**
 * What became of an attempt to deliver, in a line. The runtime has masked the answer that it keeps.
 */
import type { WebhookAttempt, WebhookLog } from "@aywa-ai/runtime-sdk"
import { fit, printable } from "../core/table.ts"

/** Cells of a receiver's words that are shown. */
const mostCells = 200

/** The newest attempt that is over. */
export const lastAttempt = ({ attempts }: WebhookLog): WebhookAttempt | undefined =>
  attempts?.findLast(({ state }) => state !== "started")

/** Why an attempt failed: the receiver's words, or why there was no answer; `undefined` for one that was acknowledged. */
export const reasonOf = ({ statusCode, error, responseBody }: WebhookAttempt): string | undefined => {
  if (statusCode != null && statusCode >= 200 && statusCode < 300 && error == null) return undefined
  const words = statusCode == null ? undefined : wordsOf(responseBody ?? "")
  const reason = words ?? error ?? undefined
  return reason === undefined ? undefined : fit(printable(reason.trim()), mostCells)
}

/** `error` or `message` of a body of JSON, else the first line of a text that is no page. */
const wordsOf = (body: string): string | undefined => {
  const text = body.trim()
  const fields = parsed(text)
  if (fields !== undefined) return saidIn(fields)
  return text === "" || text.startsWith("<") ? undefined : text.split("\n")[0]
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const saidIn = (value: unknown): string | undefined => {
  if (typeof value === "string") return value
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(String).join("; ")
  if (typeof value !== "object" || value === null) return undefined
  return (
    ["error", "message", "detail"]
      .map((name) => saidIn(Reflect.get(value, name)))
      .filter((one) => one !== undefined && one !== "")
      .filter((one, index, all) => all.indexOf(one) === index)
      .join(": ") || undefined
  )
}
