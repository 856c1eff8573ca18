/**
 * Faults that are another answer: a pure function from the true answer to the one that is sent.
 */
import { type Answer, json } from "./answer.ts"
import { errorAnswer, HttpError } from "./errors.ts"
import type { Exchange } from "./exchange.ts"
import type { Fault } from "../faults/rule.ts"
import type { RateLimiter } from "./rateLimit.ts"
import { isObject, type JsonObject } from "../json/object.ts"

/** The answer that a fault puts in place of the true one; `undefined` if its action is not about the answer. */
export const faultAnswer = (
  { action, when }: Fault,
  answer: Answer,
  exchange: Exchange,
  limiter: RateLimiter
): Answer | undefined => {
  switch (action.type) {
    case "status": {
      const retryAfter = action.retryAfter === undefined ? {} : { "retry-after": String(action.retryAfter) }
      // Before anything is done, a 429 is what the limiter would say; after, it says that it is not the limiter's.
      const error =
        action.code === 429 && when === "before"
          ? limiter.exhausted(typeof action.retryAfter === "number" ? action.retryAfter : 1)
          : new HttpError(action.code, `Injected ${action.code}`, { code: "injected_fault" })
      const base = errorAnswer(error, exchange.requestId, exchange.problem)
      const body = action.body === undefined ? base.body : text(action.body)
      return { status: action.code, headers: { ...base.headers, ...retryAfter, ...action.headers }, body }
    }
    case "html": {
      const code = action.code ?? 502
      return {
        status: code,
        headers: { "content-type": "text/html; charset=utf-8" },
        body: `<html>\r\n<head><title>${code} Bad Gateway</title></head>\r\n<body>\r\n<center><h1>${code} Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n`
      }
    }
    case "redirect":
      return { status: action.code ?? 307, headers: { location: action.to }, body: "" }
    case "empty":
      return { status: answer.status, headers: {}, body: "" }
    case "invalid-json":
      return { ...answer, body: `${answer.body.slice(0, -1)},,` }
    case "unknown-enum":
      return mapRows(answer, unknownEnums)
    case "extra-fields":
      return mapRows(answer, (row) => ({ ...row, aywaUnknownField: { nested: [1, null, "x"] }, "x-unknown": null }))
    case "missing-field":
      return mapRows(answer, (row) =>
        Object.fromEntries(Object.entries(row).filter(([key]) => key !== (action.field ?? "id")))
      )
    default:
      return undefined
  }
}

/** Stands for an answer where nothing was done: enough bytes to cut or spoil, and never a row that exists. */
export const placeholder = (method: string): Answer =>
  json(method === "POST" ? 201 : 200, JSON.stringify({ injected: "fault", nothing: "was done".repeat(16) }))

const text = (body: unknown) => (typeof body === "string" ? body : JSON.stringify(body))

/** Changes the row of an answer, or every row of a list in whatever shape it has. */
const mapRows = (answer: Answer, f: (row: JsonObject) => JsonObject): Answer => {
  if (answer.content !== undefined || !answer.headers["content-type"]?.includes("json")) return answer
  const body: unknown = JSON.parse(answer.body)
  const rows = (list: ReadonlyArray<unknown>) => list.map((row) => (isObject(row) ? f(row) : row))
  const mapped = (): unknown => {
    if (Array.isArray(body)) return rows(body)
    if (!isObject(body)) return body
    if (Array.isArray(body["results"])) return { ...body, results: rows(body["results"]) }
    if (Array.isArray(body["items"])) return { ...body, items: rows(body["items"]) }
    return f(body)
  }
  return { ...answer, body: JSON.stringify(mapped()) }
}

const enums: ReadonlySet<string> = new Set(["type", "provider", "status", "firstMessageMode"])

/** Values that no release knew: of the row itself and of the objects directly in it. */
const unknownEnums = (row: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(row).map(([key, value]) => {
      if (enums.has(key) && typeof value === "string") return [key, "aywa-unknown"]
      return [
        key,
        isObject(value) && typeof value["provider"] === "string" ? { ...value, provider: "aywa-unknown" } : value
      ]
    })
  )
