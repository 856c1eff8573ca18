/**
 * From the arguments of a call to its request, or to the error that says everything that is wrong with them. What does
 * not change between the calls of an operation is prepared once: the headers of a plain call are one frozen list, so
 * that such a call builds none.
 */
import * as Redacted from "effect/Redacted"
import type { CallOptions } from "./CallOptions.ts"
import type { Operation } from "../contract/Operation.ts"
import type { CallFields, Issue } from "../errors/Errors.ts"
import * as Errors from "../errors/Errors.ts"
import * as Policy from "../policy/Policy.ts"
import type { RuntimeConfig } from "../config/RuntimeConfig.ts"
import type { TracedCall } from "./Trace.ts"
import { compile, compileRows, explain, keysOf } from "../schema/codec.ts"
import { badCharacter } from "../config/checks.ts"
import { text } from "./outcome.ts"
import type { Observer } from "./observe.ts"
import { pageRequest, type PageRequest } from "./pagination.ts"
import { redactor } from "./redact.ts"
import { putHeaders } from "../config/headers.ts"
import { checkIdempotencyKey, encode, encodeQuery, fillPath } from "./encode.ts"
import { specOf, type Spec } from "../contract/table.ts"
import { streamer } from "../transport/streaming.ts"
import { prepareUpload, type Upload } from "./upload.ts"
import { version } from "../contract/version.ts"
import type { TransportShape } from "../transport/port.ts"

/** What a service is built on. */
export interface Runtime {
  readonly config: RuntimeConfig
  /** The policy of a call without options, outside of any `Policy.with`. */
  readonly policy: Policy.Policy
  readonly transport: TransportShape
  readonly observer?: Observer | undefined
}

/** Arguments of a call, by role. */
export interface Arguments {
  readonly id?: unknown
  readonly body?: unknown
  readonly query?: unknown
  readonly options?: CallOptions | undefined
}

/** An operation of a runtime. */
export interface Prepared {
  readonly runtime: Runtime
  readonly name: string
  readonly spec: Spec
  readonly reads: boolean
  readonly idempotentMethod: boolean
  readonly isSuccess: (u: unknown) => boolean
  readonly isBody: ((u: unknown) => boolean) | undefined
  readonly isQuery: ((u: unknown) => boolean) | undefined
  /** Body fields that the operation takes, whoever owns them elsewhere. */
  readonly ownKeys: Pick<ReadonlySet<string>, "has">
  /** Headers that say nothing of who asks. */
  readonly ownHeaders: ReadonlyArray<string>
  /** Headers of a call without options; an attempt adds its own. */
  readonly headers: ReadonlyArray<string>
  /** All headers of the first attempt of such a call, when the key is known beforehand. */
  readonly firstHeaders: ReadonlyArray<string> | undefined
  /** How an attempt is sent when its body or its answer is streamed. */
  readonly streams: TransportShape["execute"] | undefined
  /** The call as those who watch see it. */
  readonly traced: TracedCall
}

/** A call, ready to be sent. */
export interface Request {
  /** Path below the base URL, without query: for errors and spans. */
  readonly path: string
  /** Path on the wire. */
  readonly target: string
  readonly page: PageRequest | undefined
  readonly headers: ReadonlyArray<string>
  readonly body: string | undefined
  readonly upload: Upload | undefined
  readonly idempotencyKey: string | undefined
  readonly policy: Policy.Policy
  /** Extra headers that the caller gave. */
  readonly extraHeaders: CallOptions["headers"]
}

const allKeys = { has: () => true }

/** `streamed` asks an operation that gives bytes for a stream of them. */
export const prepareOperation = (runtime: Runtime, name: string, operation: Operation, streamed: boolean): Prepared => {
  const spec = specOf(operation)
  const { config } = runtime
  const bytes = spec.kind === "bytes"
  const ownAgent = config.headers.some((name, i) => i % 2 === 0 && name === "user-agent")
  const ownHeaders = [
    "accept",
    bytes ? "*/*" : spec.text ? "text/plain" : "application/json",
    // `fetch` takes compressed content that was cut for whole.
    ...(bytes ? ["accept-encoding", "identity"] : []),
    ...(ownAgent ? [] : ["user-agent", `aywa-runtime-sdk/${version}`]),
    ...config.headers
  ]
  const headers = Object.freeze(
    config.organizationId === undefined ? ownHeaders : [...ownHeaders, "x-organization-id", config.organizationId]
  )
  return {
    runtime,
    name,
    spec,
    reads: spec.method === "GET",
    idempotentMethod: spec.method !== "POST" && spec.method !== "PATCH",
    isSuccess: spec.kind === "page" ? compileRows(spec.success) : compile(spec.success),
    isBody: spec.body === undefined ? undefined : compile(spec.body),
    isQuery: spec.query === undefined ? undefined : compile(spec.query),
    ownKeys: spec.verbatim ? allKeys : spec.body === undefined ? new Set() : keysOf(spec.body),
    ownHeaders,
    headers,
    firstHeaders: Redacted.isRedacted(config.apiKey)
      ? Object.freeze(withAuthorization(headers, config.apiKey, 0))
      : undefined,
    streams: bytes || spec.multipart ? streamer(runtime, bytes ? (streamed ? "stream" : "bytes") : "text") : undefined,
    traced: { operation: name, method: spec.method, path: spec.path, origin: config.origin }
  }
}

/** Adds what an attempt adds. */
export const withAuthorization = (
  headers: ReadonlyArray<string>,
  key: Redacted.Redacted<string>,
  attempt: number
): Array<string> => [...headers, "authorization", `Bearer ${Redacted.value(key)}`, "x-aywa-attempt", String(attempt)]

export const prepareRequest = (
  prepared: Prepared,
  args: Arguments,
  base: Policy.Policy
): Request | Errors.InvalidRequest => {
  const { spec, runtime } = prepared
  const options = args.options ?? undefined
  const issues: Array<Issue> = []
  const filled = fillPath(spec.path, args.id)
  if (typeof filled !== "string") issues.push(filled)
  const path = typeof filled === "string" ? filled : spec.path

  let query = ""
  let page: PageRequest | undefined
  if (prepared.isQuery !== undefined && spec.query !== undefined) {
    const given: unknown = args.query ?? {}
    if (!prepared.isQuery(given)) issues.push(...explain(spec.query, given))
    else if (spec.kind === "page") {
      const asked = pageRequest(given as Readonly<Record<string, unknown>>)
      if (typeof asked === "string") issues.push({ path: ["cursor"], message: asked })
      else {
        page = asked
        query = encodedQuery(asked.query, issues)
      }
    } else query = encodedQuery({ ...(given as object) }, issues)
  }

  let body: string | undefined
  let upload: Upload | undefined
  if (spec.multipart) {
    const made = prepareUpload(spec, args.body)
    if ("open" in made) upload = made
    else issues.push(...made)
  } else if (prepared.isBody !== undefined && spec.body !== undefined) {
    const encoded = encode(args.body, prepared.ownKeys)
    if (!("text" in encoded)) issues.push(encoded)
    else {
      if (!prepared.isBody(encoded.sent)) issues.push(...explain(spec.body, encoded.sent))
      body = encoded.text
    }
  }

  let { headers } = prepared
  let policy = base
  if (typeof options === "object") {
    headers = optionHeaders(prepared, options, issues)
    policy = applyOptions(base, options, issues)
  } else if (options !== undefined) {
    issues.push({ path: ["options"], message: `Expected an object, got ${typeof options}` })
  }
  let idempotencyKey: string | undefined
  if (options?.idempotencyKey !== undefined) {
    const issue = checkIdempotencyKey(options.idempotencyKey)
    if (issue === undefined) ({ idempotencyKey } = options)
    else issues.push(issue)
  } else if (spec.method === "POST" && policy.idempotency === "auto" && upload?.once !== true) {
    idempotencyKey = `aywa-${globalThis.crypto.randomUUID()}`
  }
  if (idempotencyKey !== undefined) headers = [...headers, "idempotency-key", idempotencyKey]
  if (body !== undefined) headers = [...headers, "content-type", "application/json"]
  else if (upload !== undefined) headers = [...headers, "content-type", upload.contentType]

  if (issues.length > 0) {
    return invalidRequest({ operation: prepared.name, method: spec.method, path }, issues)
  }
  return {
    path,
    target: runtime.config.basePath + path + query,
    page,
    headers,
    body,
    upload,
    idempotencyKey,
    policy,
    extraHeaders: options?.headers
  }
}

const encodedQuery = (query: Readonly<Record<string, unknown>>, issues: Array<Issue>): string => {
  const encoded = encodeQuery(query)
  if (typeof encoded === "string") return encoded
  issues.push(encoded)
  return ""
}

/** The error of a call whose arguments are wrong. */
export const invalidRequest = (
  call: Pick<CallFields, "operation" | "method" | "path">,
  issues: ReadonlyArray<Issue>
): Errors.InvalidRequest => {
  const fields = { ...call, attempts: 0, outcome: "not-sent" as const }
  const said = issues
    .map((issue) => (issue.path.length === 0 ? issue.message : `${issue.path.join(".")}: ${issue.message}`))
    .join("; ")
  return new Errors.InvalidRequest({
    ...fields,
    issues,
    message: text(fields, `the request is wrong, and was not sent. ${said}`)
  })
}

/** The headers of a call with options: another organization, extra headers. */
const optionHeaders = (prepared: Prepared, options: CallOptions, issues: Array<Issue>): ReadonlyArray<string> => {
  const { organizationId } = options
  const extra = options.headers ?? undefined
  if (organizationId === undefined && extra === undefined) return prepared.headers
  let headers = [...prepared.headers]
  if (organizationId !== undefined && organizationId !== null) {
    const bad =
      typeof organizationId === "string" && organizationId !== "" ? badCharacter(organizationId) : "is not an id"
    if (bad !== undefined) issues.push({ path: ["organizationId"], message: `Expected visible ASCII, but it ${bad}` })
    headers = [...prepared.ownHeaders, "x-organization-id", organizationId]
  }
  if (extra !== undefined) {
    const issue = putHeaders(headers, extra)
    if (issue !== undefined) issues.push(issue)
  }
  return headers
}

/** Takes what is secret about a call out of a text. Made for a failure, not for each call. */
export const redactorOf = ({ runtime }: Prepared, { body, extraHeaders }: Request): ((text: string) => string) =>
  redactor(runtime.config.apiKey, body, () => [
    ...runtime.config.headers,
    ...Object.entries(extraHeaders ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [name, value]))
  ])

/** A single call's options win over the policy around it. */
const applyOptions = (policy: Policy.Policy, options: CallOptions, issues: Array<Issue>): Policy.Policy => {
  const millis = (name: "timeout" | "deadline"): number | undefined => {
    const given = options[name]
    if (given === undefined) return undefined
    if (typeof given === "number" && given > 0) return given
    issues.push({ path: [name], message: "Expected milliseconds greater than 0" })
    return undefined
  }
  const attemptTimeout = millis("timeout") ?? policy.attemptTimeout
  const deadline = millis("deadline") ?? policy.deadline
  let { retry } = policy
  if (options.retries !== undefined) {
    if (!Number.isSafeInteger(options.retries) || options.retries < 0) {
      issues.push({ path: ["retries"], message: "Expected a whole number of 0 or more" })
    } else retry = options.retries === 0 ? undefined : { ...(retry ?? Policy.defaultRetry), times: options.retries }
  }
  return { ...policy, attemptTimeout, deadline, retry }
}
