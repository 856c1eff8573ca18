/**
 * A map of handlers, ready to be looked up by type. What nobody would ever call is refused when the map is written.
 *
 * @since 0.1.0
 */
import { kindOf, refuseUnknown } from "../../config/names.ts"
import { ConfigError } from "../../errors/Errors.ts"
import { isObject } from "../../schema/isObject.ts"
import { isRequestType, noticeTypes, requestTypes } from "./asks.ts"
import { fallbackIssues } from "./checkReply.ts"
import { sentenceOf } from "./WebhookHandlerError.ts"

/** A handler with what the map says about it. */
export interface Route<Handler> {
  readonly reply: Handler
  readonly timeoutSeconds?: number | undefined
  readonly fallback?: unknown
}

/** Handlers by type of event. */
export type Routes<Handler> = ReadonlyMap<string, Route<Handler>>

const types = [...requestTypes, ...noticeTypes, "unknown", "invalid"]
const routeOptions = ["reply", "timeoutSeconds", "fallback"]

/** Reads a map of handlers, in their short form or as routes; throws a ConfigError. */
export const routesOf = <Handler>(map: object): Routes<Handler> => {
  if (!isObject(map)) throw refusal("handlers", `must be handlers by type of event, not ${kindOf(map)}`)
  refuseUnknown(map, types, { inside: "handlers.", what: "is for no event" })
  const entries = Object.entries(map).filter(([, handler]) => handler !== undefined)
  return new Map(entries.map(([type, handler]) => [type, routeOf<Handler>(type, handler)]))
}

const routeOf = <Handler>(type: string, option: unknown): Route<Handler> => {
  const field = `handlers.${type}`
  // A handler takes only the message of its own type; it is looked up by that type.
  if (typeof option === "function") return { reply: option as Handler }
  if (!isRequestType(type)) throw refusal(field, `must be a function, not ${kindOf(option)}`)
  if (!isObject(option)) {
    throw refusal(field, `must be a function or { ${routeOptions.join(", ")} }, not ${kindOf(option)}`)
  }
  refuseUnknown(option, routeOptions, { inside: `${field}.` })
  const { reply, timeoutSeconds = 1, fallback } = option
  if (typeof reply !== "function") throw refusal(`${field}.reply`, `must be a function, not ${kindOf(reply)}`)
  if (typeof timeoutSeconds !== "number" || !(timeoutSeconds >= 1 && timeoutSeconds <= 300)) {
    throw refusal(`${field}.timeoutSeconds`, "must be 1 to 300 seconds")
  }
  const issues = fallback === undefined || typeof fallback === "function" ? [] : fallbackIssues(type, fallback)
  if (issues.length > 0) throw refusal(`${field}.fallback`, `is not what the runtime reads: ${sentenceOf(issues)}`)
  // What was just checked, field by field.
  return option as unknown as Route<Handler>
}

const refusal = (field: string, what: string): ConfigError => new ConfigError({ field, message: `${field} ${what}.` })
