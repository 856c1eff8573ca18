/**
 * Requests to routes that the contract does not know: the same pipeline, and nothing beyond the configured origin.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { RequestOptions } from "./CallOptions.ts"
import type { Issue } from "../errors/Errors.ts"
import { makeCall, type Arguments, type Call, type Runtime } from "./call.ts"
import { invalidRequest } from "./request.ts"
import { object } from "../contract/shapes.ts"
import type { CallRecord } from "./record.ts"
import { anyBody, gone, operation } from "../contract/table.ts"

/** Prepares a request; what is wrong with it is told when it is run. */
export const makeRequest = (runtime: Runtime, options: RequestOptions): Call => {
  const { method, path, query, body, ...rest }: RequestOptions = { ...options }
  const wrong = issues(method, path)
  const at = wrong.length === 0 ? path : "/"
  const verb = wrong.length === 0 ? method : "GET"
  const call = makeCall(
    runtime,
    "request",
    operation({
      method: verb,
      // A colon would begin a parameter of a path template.
      path: at.replaceAll(":", "%3A"),
      ...(query === undefined ? undefined : { query: object }),
      ...(body === undefined ? undefined : { body: anyBody }),
      success: gone(Schema.Unknown),
      errors: ["NotFound", "ConflictError"]
    })
  )
  const failure =
    wrong.length === 0 ? undefined : invalidRequest({ operation: "request", method: verb, path: at }, wrong)
  const run = (_: Arguments, record?: CallRecord) =>
    failure === undefined ? call({ query, body, options: rest }, record) : Effect.fail(failure)
  const skip = () => {
    if (failure === undefined) call.skip({ query, body, options: rest })
  }
  return Object.assign(run, { operation: "request", method: verb, path: at, skip })
}

const methods: ReadonlyArray<unknown> = ["GET", "POST", "PUT", "PATCH", "DELETE"]

const issues = (method: unknown, path: unknown): ReadonlyArray<Issue> => {
  const list: Array<Issue> = []
  if (!methods.includes(method)) list.push({ path: ["method"], message: `Expected one of ${methods.join(", ")}` })
  const message = pathIssue(path)
  if (message !== undefined) list.push({ path: ["path"], message })
  return list
}

const pathIssue = (path: unknown): string | undefined => {
  if (typeof path !== "string") return `Expected a string, got ${path === null ? "null" : typeof path}`
  if (!path.startsWith("/")) return "Expected a path from / on, below baseUrl; another origin cannot be reached"
  if (path.startsWith("//") || path.includes("\\"))
    return "Expected a path, not an address: another origin cannot be reached"
  if (/[?#]/.test(path)) return "Expected a path without ? and #; give the query as query"
  if (!/^[\x21-\x7e]+$/.test(path)) return "Expected visible ASCII; percent-encode everything else"
  const steps = path.split("/").map((segment) => segment.replace(/%2e/gi, "."))
  return steps.includes(".") || steps.includes("..") ? "Expected a path without the steps . and .." : undefined
}
