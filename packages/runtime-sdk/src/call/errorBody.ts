/**
 * Reads what the body of an error tells: its messages, and its code for machines. A gateway's HTML tells nothing.
 */
export interface ErrorBody {
  /** One line each, whatever was in them: they end up in logs and on terminals. */
  readonly messages: ReadonlyArray<string>
  readonly code: string | undefined
}

const nothing: ErrorBody = { messages: [], code: undefined }

export const readErrorBody = (body: string): ErrorBody => {
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

const line = (value: unknown): string => (typeof value === "string" ? value.replace(/\p{Cc}+/gu, " ").trim() : "")

const token = (value: unknown): string | undefined =>
  typeof value === "string" && /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(value) ? value.slice(0, 100) : undefined
