/**
 * Reads what the body of an error tells: its messages, and its code for machines. A gateway's HTML tells nothing.
 */
import type { Redact } from "./redact.ts"

/** What was read. */
export interface ErrorBody {
  /** One line each, whatever was in them: they end up in logs and on terminals. */
  readonly messages: ReadonlyArray<string>
  readonly code: string | undefined
}

const nothing: ErrorBody = { messages: [], code: undefined }

export const readErrorBody = (body: string, redact: Redact): ErrorBody => {
  /** Taken out before anything else is: what is left of a secret would not be known as one. */
  const line = (value: unknown): string =>
    typeof value === "string"
      ? redact(value)
          .replace(/\p{Cc}+/gu, " ")
          .trim()
      : ""
  // What repeats a secret is no code.
  const token = (value: unknown): string | undefined =>
    typeof value === "string" && /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(value) && redact(value) === value
      ? value.slice(0, 100)
      : undefined
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    return nothing
  }
  if (typeof json !== "object" || json === null) return nothing
  const message = "message" in json ? json.message : "detail" in json ? json.detail : undefined
  return {
    messages: (Array.isArray(message) ? message : [message]).map(line).filter((line) => line !== ""),
    code: token("code" in json ? json.code : undefined) ?? token("error" in json ? json.error : undefined)
  }
}
