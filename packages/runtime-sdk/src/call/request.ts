/**
 * From the arguments of a call to its request, or to the error that says everything that is wrong with them: each part
 * is read on its own, and `combine` puts them together.
 */
import type { CallFields, Issue } from "../errors/Errors.ts"
import * as Errors from "../errors/Errors.ts"
import type * as Policy from "../policy/Policy.ts"
import { withoutMasks } from "../contract/secrets.ts"
import { almost, unknownName } from "../config/unknownNames.ts"
import { explain, strays } from "../schema/codec.ts"
import type { CallOptions } from "./CallOptions.ts"
import { checkIdempotencyKey, encode, encodeQuery, fillPath } from "./encode.ts"
import { ignoring, issueText, text } from "./message.ts"
import { optionsOf, type Settings } from "./options.ts"
import { pageRequest, type PageRequest } from "./pagination.ts"
import { partOf, type Part } from "./part.ts"
import type { Prepared } from "./prepare.ts"
import { prepareUpload, type Upload } from "./upload.ts"

/** Arguments of a call, by role. */
export interface Arguments {
  readonly id?: unknown
  readonly body?: unknown
  readonly query?: unknown
  readonly options?: CallOptions | undefined
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
  /** Whether a repeated call would carry this key, too: the caller gave it, or the scope that the call is made in. */
  readonly keyIsLasting: boolean
  /** The position in its idempotency scope. */
  readonly position: Policy.ScopePosition | undefined
  readonly policy: Policy.Policy
  /** Extra headers that the caller gave. */
  readonly extraHeaders: CallOptions["headers"]
}

/** Makes the request of a call; `base` is the policy around it. */
export const prepareRequest = (
  prepared: Prepared,
  args: Arguments,
  base: Policy.Policy,
  generateKey: () => string
): Request | Errors.InvalidRequest =>
  combine(
    prepared,
    generateKey,
    pathOf(prepared, args.id),
    queryOf(prepared, args.query),
    bodyOf(prepared, args.body),
    optionsOf(prepared, args.options, base)
  )

const pathOf = ({ spec }: Prepared, id: unknown): Part<string> => {
  const path = fillPath(spec.path, id)
  return typeof path === "string" ? { value: path } : { issues: [path] }
}

interface Query {
  /** From `?` on; empty for none. */
  readonly text: string
  /** Which page of a list is asked for. */
  readonly page: PageRequest | undefined
}

const noQuery: Part<Query> = { value: { text: "", page: undefined } }

const queryOf = ({ name, spec, isQuery, queryFields, runtime }: Prepared, input: unknown): Part<Query> => {
  if (isQuery === undefined || spec.query === undefined) return noQuery
  const query: unknown = input ?? {}
  const unknown = queryFields === undefined ? undefined : unknownName(Object(query), queryFields)
  const wrongName = unknown === undefined ? [] : [{ path: [unknown.name], message: unknown.message }]
  if (!isQuery(query)) return { issues: [...wrongName, ...explain(spec.query, query)] }
  if (wrongName.length > 0) return { issues: wrongName }
  // Queries of the contract are objects.
  const { prefetch, ...fields } = query as Readonly<Record<string, unknown>>
  if (prefetch !== undefined && typeof prefetch !== "boolean") {
    return { issues: [{ path: ["prefetch"], message: "Expected true or false" }] }
  }
  const list = runtime.config.profile?.lists[spec.path]
  const page = spec.kind === "page" ? pageRequest(fields, list, name) : undefined
  if (typeof page === "string") return { issues: [{ path: ["cursor"], message: page }] }
  const text = encodeQuery(page === undefined ? { ...fields } : page.query)
  return typeof text === "string" ? { value: { text, page } } : { issues: [text] }
}

/** JSON, or a file and its fields; `null` for none. */
type Body = string | Upload | null

const noBody: Part<Body> = { value: null }

const bodyOf = ({ spec, isBody, ownKeys }: Prepared, input: unknown): Part<Body> => {
  if (spec.multipart) {
    const upload = prepareUpload(spec, input)
    return "open" in upload ? { value: upload } : { issues: upload }
  }
  if (isBody === undefined || spec.body === undefined) return noBody
  const encoded = encode(spec.omitsMasks ? withoutMasks(input) : input, ownKeys)
  if (!("text" in encoded)) return { issues: [encoded] }
  const issues = isBody(encoded.json) ? [] : explain(spec.body, encoded.json)
  // A row that was read is written back as it came, whatever a newer runtime has in it.
  const misspelt = encoded.read || spec.verbatim ? [] : misspeltFields(spec.body, input)
  return partOf(encoded.text, [...issues, ...misspelt])
}

/** Fields that nobody knows and that are nearly known ones. */
const misspeltFields = (body: Parameters<typeof strays>[0], given: unknown): ReadonlyArray<Issue> =>
  strays(body, given).flatMap(({ path, absent }) => {
    if (path.length === 1 && path[0] === "idempotencyKey")
      return [{ path, message: "It is an option of the call: give it in the argument after the body" }]
    const name = path.at(-1) ?? ""
    const meant = almost(name, absent)
    return meant === undefined
      ? []
      : [
          {
            path,
            message: `Unknown field. Did you mean ${name === "customers" ? "calls.createBatch" : meant}? If not, give it with extras()`
          }
        ]
  })

/** Puts the parts together; what is wrong with any of them is said at once. */
const combine = (
  prepared: Prepared,
  generateKey: () => string,
  path: Part<string>,
  query: Part<Query>,
  body: Part<Body>,
  settings: Part<Settings>
): Request | Errors.InvalidRequest => {
  const { name, spec, runtime } = prepared
  if (
    path.value === undefined ||
    query.value === undefined ||
    body.value === undefined ||
    settings.value === undefined
  ) {
    const issues = [path, query, body, settings].flatMap((part) => part.issues ?? [])
    return invalidRequest({ operation: name, method: spec.method, path: path.value ?? spec.path }, issues)
  }
  const text = typeof body.value === "string" ? body.value : undefined
  const upload = typeof body.value === "string" ? undefined : (body.value ?? undefined)
  const { policy, extraHeaders } = settings.value
  const wrong = (issue: Issue): Errors.InvalidRequest =>
    invalidRequest({ operation: name, method: spec.method, path: path.value }, [issue])
  const ownKey = settings.value.idempotencyKey
  const position = ownKey === undefined ? positionOf(prepared, path.value, body.value, policy) : undefined
  if (position !== undefined && !("key" in position)) return wrong(position)
  const lasting = ownKey ?? position?.key
  const idempotencyKey = lasting ?? (needsKey(prepared, policy, upload) ? generateKey() : undefined)
  const wrongKey = idempotencyKey === undefined ? undefined : checkIdempotencyKey(idempotencyKey)
  if (wrongKey !== undefined) {
    position?.leave("failed")
    return wrong(wrongKey)
  }
  const contentType = text === undefined ? upload?.contentType : "application/json"
  return {
    path: path.value,
    target: runtime.config.basePath + path.value + query.value.text,
    page: query.value.page,
    headers: headersOf(settings.value.headers, idempotencyKey, contentType),
    body: text,
    upload,
    idempotencyKey,
    keyIsLasting: lasting !== undefined,
    position,
    policy,
    extraHeaders
  }
}

/** The headers of a call: those of its operation and its options, with what only a create or a body has. */
const headersOf = (
  headers: ReadonlyArray<string>,
  idempotencyKey: string | undefined,
  contentType: string | undefined
): ReadonlyArray<string> => {
  if (idempotencyKey === undefined && contentType === undefined) return headers
  const all = [...headers]
  if (idempotencyKey !== undefined) all.push("idempotency-key", idempotencyKey)
  if (contentType !== undefined) all.push("content-type", contentType)
  return all
}

/** Where a create stands in the idempotency scope around it, if there is one. */
const positionOf = (
  { name, spec, runtime }: Prepared,
  path: string,
  body: Body,
  { scope }: Policy.Policy
): Policy.ScopePosition | Issue | undefined => {
  if (scope === undefined || spec.method !== "POST") return undefined
  // What is done to different rows is told apart by their ids.
  const operation = name === "request" || path !== spec.path ? `${name}${path}` : name
  if (runtime.config.profile?.idempotencyKeys === "ignored")
    return { path: ["idempotencyScope"], message: `A second run would repeat it: ${ignoring}` }
  const position = scope.position(operation, typeof body === "string" ? body : (body?.label() ?? ""))
  if (typeof position !== "string") return position
  return { path: ["idempotencyKey"], message: noPosition[position](name, JSON.stringify(scope.name)) }
}

/** Why a create has no position, and what to do. */
const noPosition = {
  repeated: (operation: string, scope: string) =>
    `This very ${operation} was made before in this run of the idempotency scope ${scope}, and another create failed since: a loop or retry inside of the scope repeats it, which would make it twice. Put the retry around the scope, whose next run makes nothing twice, or around the one create that failed; to make two that are the same, give each a name: idempotencyScope(name) around it`,
  strayed: (operation: string, scope: string) =>
    `A ${operation} before it in the idempotency scope ${scope} was refused, whose key has another body: what follows could be made twice. Make the same creates in the same order, or give each a name: idempotencyScope(name) around it`,
  busy: (operation: string, scope: string) =>
    `Another ${operation} of the idempotency scope ${scope} is under way, and which of the two is the first would be chance. Make one after the other, or give each a name: idempotencyScope(name) around it, or an idempotencyKey of its own`
}

/** Whether a create gets one key for all its attempts. A stream that is read once is sent once, and needs none. */
const needsKey = ({ spec }: Prepared, policy: Policy.Policy, upload: Upload | undefined): boolean =>
  spec.method === "POST" && policy.idempotency === "auto" && upload?.once !== true

/** The error of a call whose arguments are wrong. */
export const invalidRequest = (
  call: Pick<CallFields, "operation" | "method" | "path">,
  issues: ReadonlyArray<Issue>
): Errors.InvalidRequest => {
  const fields = { ...call, attempts: 0, outcome: "not-sent" as const }
  const list = issues.map(issueText).join("; ")
  return new Errors.InvalidRequest({
    ...fields,
    issues,
    message: text(fields, `the request is wrong, and was not sent. ${list}`)
  })
}
