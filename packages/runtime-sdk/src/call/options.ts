/**
 * The options of one call: they win over the policy around it, and over the client's organization.
 */
import { badCharacter } from "../config/checks.ts"
import { putHeaders } from "../config/headers.ts"
import { mistakeOf } from "../config/mistakes.ts"
import { type Names, unknownName } from "../config/unknownNames.ts"
import type { Issue } from "../errors/Errors.ts"
import * as Policy from "../policy/Policy.ts"
import type { CallOptions } from "./CallOptions.ts"
import { checkIdempotencyKey } from "./encode.ts"
import { partOf, type Part } from "./part.ts"
import type { Prepared } from "./prepare.ts"

/** What the options of a call come to. */
export interface Settings {
  readonly headers: ReadonlyArray<string>
  readonly policy: Policy.Policy
  /** The caller's own key. */
  readonly idempotencyKey: string | undefined
  /** Extra headers that the caller gave. */
  readonly extraHeaders: CallOptions["headers"]
}

/** Every option of a call. */
export const optionNames: Names<CallOptions & { readonly signal?: unknown }> = {
  idempotencyKey: true,
  timeout: true,
  deadline: true,
  retries: true,
  ifMatch: true,
  headers: true,
  organizationId: true,
  // Of the promise client.
  signal: true
}

/** Reads the options of a call; `base` is the policy around it. */
export const optionsOf = (prepared: Prepared, options: unknown, base: Policy.Policy): Part<Settings> => {
  if (options === undefined || options === null) {
    return { value: { headers: prepared.headers, policy: base, idempotencyKey: undefined, extraHeaders: undefined } }
  }
  if (typeof options !== "object") {
    return { issues: [{ path: ["options"], message: `Expected an object, got ${typeof options}` }] }
  }
  const fields: CallOptions = options // Every field is looked at before it is used.
  const issues: Array<Issue> = []
  const unknown = unknownName(options, optionNames)
  if (unknown !== undefined) issues.push({ path: [unknown.name], message: unknown.message })
  const headers = headersOf(prepared, fields, issues)
  const policy = policyOf(base, fields, issues)
  const { idempotencyKey } = fields
  const wrongKey = idempotencyKey === undefined ? undefined : checkIdempotencyKey(idempotencyKey)
  if (wrongKey !== undefined) issues.push(wrongKey)
  return partOf({ headers, policy, idempotencyKey, extraHeaders: fields.headers }, issues)
}

/** The headers of a call with options: another organization, extra headers. */
const headersOf = (prepared: Prepared, options: CallOptions, issues: Array<Issue>): ReadonlyArray<string> => {
  const { organizationId, ifMatch } = options
  const extra = options.headers ?? undefined
  if (organizationId === undefined && extra === undefined && ifMatch === undefined) return prepared.headers
  let headers = [...prepared.headers]
  if (organizationId !== undefined && organizationId !== null) {
    const bad =
      typeof organizationId === "string" && organizationId !== ""
        ? (mistakeOf(organizationId) ?? badCharacter(organizationId))
        : "is not an id"
    if (bad !== undefined) issues.push({ path: ["organizationId"], message: `Expected visible ASCII, but it ${bad}` })
    headers = [...prepared.ownHeaders, "x-organization-id", organizationId]
  }
  if (extra !== undefined) {
    const issue = putHeaders(headers, extra)
    if (issue !== undefined) issues.push(issue)
  }
  if (ifMatch !== undefined) {
    const isTag = typeof ifMatch === "string" && entityTags.test(ifMatch)
    if (prepared.runtime.config.profile?.ifMatch === "ignored") issues.push({ path: ["ifMatch"], message: unguarded })
    else if (isTag) putHeaders(headers, { "if-match": ifMatch })
    else issues.push({ path: ["ifMatch"], message: "Expected an ETag as it was read, with its quotes, or *" })
  }
  return headers
}

const unguarded = "This runtime ignores it (runtimeProfile): compare the row before you write"

/** RFC 9110: `*`, or entity tags in quotes. */
const entityTags = /^(\*|(W\/)?"[\x21\x23-\x7e\x80-\xff]*"(\s*,\s*(W\/)?"[\x21\x23-\x7e\x80-\xff]*")*)$/

/** The policy of a call with options. */
const policyOf = (policy: Policy.Policy, options: CallOptions, issues: Array<Issue>): Policy.Policy => {
  const millis = (name: "timeout" | "deadline"): number | undefined => {
    const duration = options[name]
    if (duration === undefined) return undefined
    if (typeof duration === "number" && duration > 0) return duration
    issues.push({ path: [name], message: "Expected milliseconds greater than 0" })
    return undefined
  }
  const attemptTimeout = millis("timeout") ?? policy.attemptTimeout
  const deadline = millis("deadline") ?? policy.deadline
  return { ...policy, attemptTimeout, deadline, retry: retryOf(policy.retry, options.retries, issues) }
}

const retryOf = (
  retry: Policy.Retry | undefined,
  times: number | undefined,
  issues: Array<Issue>
): Policy.Retry | undefined => {
  if (times === undefined) return retry
  if (!Number.isSafeInteger(times) || times < 0) {
    issues.push({ path: ["retries"], message: "Expected a whole number of 0 or more" })
    return retry
  }
  return times === 0 ? undefined : { ...(retry ?? Policy.defaultRetry), times }
}
