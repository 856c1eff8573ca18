/**
 * Where a value would arrive as something else: JSON makes `null` of NaN and `{}` of a Map, without a word.
 *
 * @since 0.1.0
 */
import type { WebhookIssue } from "../events.ts"

type Path = WebhookIssue["path"]

/** What of a value is no JSON. */
export const jsonIssues = (value: unknown, path: Path): ReadonlyArray<WebhookIssue> => {
  try {
    return issuesOf(value, path, [])
  } catch {
    // It throws when it is looked at.
    return [{ path, expected: "JSON" }]
  }
}

const issuesOf = (value: unknown, path: Path, above: ReadonlyArray<object>): ReadonlyArray<WebhookIssue> => {
  const no = (expected: string) => [{ path, expected }]
  if (typeof value === "number") return Number.isFinite(value) ? [] : no("a finite number")
  if (typeof value === "bigint" || typeof value === "function" || typeof value === "symbol") {
    return no(`JSON, not a ${typeof value}`)
  }
  if (typeof value !== "object" || value === null) return []
  if (above.includes(value)) return no("JSON without cycles")
  const inside = [...above, value]
  if (Array.isArray(value)) return value.flatMap((item, index) => issuesOf(item, [...path, index], inside))
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? no("a valid date") : []
  if (value instanceof Error) return no("JSON, not an Error")
  if (ArrayBuffer.isView(value)) return no("JSON, not bytes")
  if ("toJSON" in value && typeof value.toJSON === "function") return issuesOf(value.toJSON(), path, inside)
  // Fields that are no JSON are left out, methods among them. What has nothing else is not what it looks like.
  const fields = Object.entries(value).filter(([, item]) => typeof item !== "function" && typeof item !== "symbol")
  if (fields.length === 0 && !isPlain(value)) return no(`JSON, not a ${nameOf(value)}`)
  return fields.flatMap(([key, item]) => issuesOf(item, [...path, key], inside))
}

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

const nameOf = (value: object): string => {
  const { constructor } = value
  return typeof constructor === "function" && constructor.name !== "" ? constructor.name : "value of its kind"
}
