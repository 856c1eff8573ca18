/**
 * What reached the runtime, for tests and for whoever watches: kept as it came, and shown without secrets.
 */
import type { IncomingHttpHeaders } from "node:http"
import { maskCredential, maskHeaders, maskValue } from "../json/mask.ts"
import { isObject, type JsonObject } from "../json/object.ts"
import type { Answer } from "./answer.ts"

/** One request as the runtime saw it. */
export interface JournalEntry {
  /** Its number since the start of the process. */
  readonly id: string
  readonly requestId: string
  /** When it arrived, on the runtime's clock. */
  readonly time: string
  readonly method: string
  readonly path: string
  readonly query: string
  /** Lower-case names; values that may be credentials are masked. */
  readonly headers: Readonly<Record<string, string>>
  /** The header `X-Aywa-Attempt`, as a number. */
  readonly attempt: number | undefined
  readonly idempotencyKey: string | undefined
  /** The organization of the key; `undefined` when nobody was authenticated. */
  readonly organization: string | undefined
  /** The route of the request, as its path in the contract: `/assistant/:id`. */
  readonly route: string | undefined
  /** The parsed JSON body without its secrets, if the request got that far. Of large ones only the newest are kept. */
  readonly body: unknown
  /** The status of the answer; `undefined` when there was none. A fault may have lost the answer on its way. */
  readonly status: number | undefined
  /** Whether this very request changed the database: `false` for reads, refusals and replays. */
  readonly committed: boolean
  readonly replayed: boolean
  /** The fault that was applied, e.g. `reset after`. */
  readonly fault: string | undefined
  /** What a runtime that is not strict took, and would refuse otherwise. */
  readonly warning: string | undefined
  /** Real milliseconds from its arrival to the end of its answer; `undefined` while it is under way. */
  readonly ms: number | undefined
}

/** A request whose fields are still being filled in, with everything that it said. */
export interface OpenEntry extends Pick<
  JournalEntry,
  "requestId" | "time" | "method" | "path" | "query" | "attempt" | "idempotencyKey"
> {
  /** Given by the journal. */
  seq: number
  readonly headers: IncomingHttpHeaders
  organization: string | undefined
  route: string | undefined
  status: number | undefined
  committed: boolean
  replayed: boolean
  fault: string | undefined
  ms: number | undefined
  /** The bytes of a body, or what stands for a form. */
  body: Buffer | JsonObject | undefined
  answer: Pick<Answer, "headers" | "body"> | undefined
}

/** Which requests to look at. */
export interface RequestFilter {
  readonly method?: string | undefined
  readonly path?: string | RegExp | undefined
  readonly idempotencyKey?: string | undefined
  readonly committed?: boolean | undefined
  readonly status?: number | undefined
}

/** A part of the journal, newest first. */
export interface PageOptions extends RequestFilter {
  readonly limit: number
  /** Only what came before the entry of this number. */
  readonly before?: number | undefined
  /** Only entries in whose path, query, route, body or answer this stands. */
  readonly text?: string | undefined
  /** Only entries that changed the row of this id: they made it, or were sent to it. */
  readonly changed?: string | undefined
}

/** The requests in the order of their arrival. */
export interface Journal {
  readonly add: (entry: OpenEntry) => void
  /** Counts what an entry holds, now that it is over; the oldest bodies give way when all of them are too much. */
  readonly settle: (entry: OpenEntry) => void
  readonly list: (filter?: RequestFilter) => ReadonlyArray<JournalEntry>
  readonly page: (options: PageOptions) => ReadonlyArray<OpenEntry>
  readonly find: (seq: number) => OpenEntry | undefined
  /** The request whose answer this one repeated. */
  readonly original: (entry: OpenEntry) => OpenEntry | undefined
  readonly clear: () => void
}

const mebibyte = 1024 * 1024

/** Bytes of an answer that are kept; the rest is only counted. */
export const answerBytes = 262_144

/** What a journal keeps. */
export interface JournalOptions {
  /** Requests. Default 10,000. */
  readonly limit?: number | undefined
  /** Bytes of bodies and answers. Default 32 MiB. */
  readonly bodyBytes?: number | undefined
  /** Bytes of paths and headers. Default 32 MiB. */
  readonly headBytes?: number | undefined
  /** Milliseconds. Default: for ever. */
  readonly age?: number | undefined
  readonly now?: (() => number) | undefined
}

/** A journal within bounds: no client may fill the memory through it. */
export const makeJournal = (options: JournalOptions = {}): Journal => {
  const { limit = 10_000, bodyBytes = 32 * mebibyte, headBytes = 32 * mebibyte } = options
  const { age = Number.POSITIVE_INFINITY, now = Date.now } = options
  let entries: Array<OpenEntry> = []
  let heads = 0
  let bodies: Array<{ readonly entry: OpenEntry; readonly bytes: number }> = []
  let held = 0
  let count = 0
  const newest = () => {
    const oldest = now() - age
    const [first] = entries
    if (first !== undefined && Date.parse(first.time) < oldest) {
      entries = entries.filter(({ time }) => Date.parse(time) >= oldest)
    }
    return entries.slice(-limit)
  }
  return {
    add: (entry) => {
      entry.seq = ++count
      entries.push(entry)
      heads += headOf(entry)
      if (entries.length < limit * 2 && heads <= headBytes) return
      // Cut rarely and by half: removing one from the front of a long array on every request is what would be slow.
      const candidates = newest().toReversed()
      let kept = 0
      heads = 0
      for (const one of candidates) {
        if (kept > 0 && heads + headOf(one) > headBytes / 2) break
        heads += headOf(one)
        kept += 1
      }
      entries = entries.slice(-kept)
    },
    settle: (entry) => {
      const bytes = heldBy(entry)
      if (bytes === 0) return
      bodies.push({ entry, bytes })
      held += bytes
      if (held <= bodyBytes && bodies.length < limit * 2) return
      let gone = 0
      for (; gone < bodies.length - 1 && (held > bodyBytes / 2 || bodies.length - gone > limit); gone++) {
        const oldest = bodies[gone]
        if (oldest === undefined) break
        oldest.entry.body = undefined
        oldest.entry.answer = undefined
        held -= oldest.bytes
      }
      bodies = bodies.slice(gone)
    },
    list: (filter = {}) => newest().flatMap((entry) => (accepts(filter, entry) ? [entryOf(entry)] : [])),
    page: (options) => pageOf(newest(), options),
    find: (seq) => newest().find((entry) => entry.seq === seq),
    original: (entry) =>
      entry.replayed ? newest().findLast((one) => one.committed && isSameKey(one, entry)) : undefined,
    clear: () => {
      entries = []
      heads = 0
      bodies = []
      held = 0
    }
  }
}

const isSameKey = (one: OpenEntry, other: OpenEntry): boolean =>
  one.idempotencyKey === other.idempotencyKey &&
  one.method === other.method &&
  one.path === other.path &&
  one.organization === other.organization

const pageOf = (entries: ReadonlyArray<OpenEntry>, { limit, before, text, changed, ...filter }: PageOptions) => {
  const page: Array<OpenEntry> = []
  for (let at = entries.length - 1; at >= 0 && page.length < limit; at--) {
    const entry = entries[at]
    if (entry === undefined || (before !== undefined && entry.seq >= before)) continue
    if (!accepts(filter, entry)) continue
    if (text !== undefined && !contains(entry, text)) continue
    if (changed === undefined || hasChanged(entry, changed)) page.push(entry)
  }
  return page
}

const contains = ({ path, query, route = "", body, answer }: OpenEntry, text: string): boolean =>
  `${path}?${query} ${route}`.includes(text) ||
  (Buffer.isBuffer(body) && body.includes(text)) ||
  answer?.body.includes(text) === true

/** A request that only mentions a row, such as one that makes another row beside it, has not changed it. */
const hasChanged = ({ committed, method, path, answer }: OpenEntry, id: string): boolean => {
  if (!committed) return false
  if (path.split("/").includes(encodeURIComponent(id))) return true
  const made = method === "POST" && answer?.body.includes(id) === true ? parsed(answer.body) : undefined
  if (!isObject(made)) return false
  // A batch of calls has a list of what it made.
  const { results } = made
  return made["id"] === id || (Array.isArray(results) && results.some((one) => isObject(one) && one["id"] === id))
}

/** Copies what is kept of a long answer, so that the rest of it is given back. */
export const answerCopy = ({ headers, body }: Answer): NonNullable<OpenEntry["answer"]> => ({
  headers: body.length <= answerBytes ? headers : { ...headers, "content-length": String(Buffer.byteLength(body)) },
  body: body.length <= answerBytes ? body : Buffer.from(body.slice(0, answerBytes)).toString()
})

const heldBy = ({ body, answer }: OpenEntry): number =>
  (Buffer.isBuffer(body) ? body.length : body === undefined ? 0 : 100) + (answer?.body.length ?? 0)

const headOf = ({ path, query, headers }: OpenEntry): number =>
  Object.entries(headers).reduce(
    (sum, [name, value]) => sum + name.length + (value?.length ?? 0),
    path.length + query.length
  )

const accepts = ({ method, path, idempotencyKey, committed, status }: RequestFilter, entry: OpenEntry) =>
  (method === undefined || entry.method === method) &&
  (path === undefined || (typeof path === "string" ? entry.path === path : path.test(entry.path))) &&
  (idempotencyKey === undefined || entry.idempotencyKey === idempotencyKey) &&
  (committed === undefined || entry.committed === committed) &&
  (status === undefined || entry.status === status)

/** An entry as it is shown. Headers and body are worked out when they are looked at. */
export const entryOf = (entry: OpenEntry): JournalEntry => {
  const { seq, requestId, time, method, path, query, attempt, idempotencyKey } = entry
  const { organization, route, status, committed, replayed, fault, ms, answer } = entry
  return {
    id: String(seq),
    requestId,
    time,
    method,
    path,
    query,
    get headers() {
      return maskHeaders(entry.headers)
    },
    attempt,
    idempotencyKey,
    organization,
    route,
    get body() {
      return bodyView(entry, entry.body)
    },
    status,
    committed,
    replayed,
    fault,
    warning: answer?.headers["aywa-warning"],
    ms
  }
}

/** A body without its secrets; `undefined` for one that is no JSON: nobody knows what in it is secret. */
export const bodyView = (entry: OpenEntry, body: Buffer | string | JsonObject | undefined): unknown => {
  const value = typeof body === "string" || Buffer.isBuffer(body) ? parsed(body) : body
  if (!/^\/credential(\/|$)/.test(entry.path)) return maskValue(value)
  return Array.isArray(value) ? value.map(maskCredential) : maskCredential(value)
}

const parsed = (text: Buffer | string): unknown => {
  try {
    return JSON.parse(text.toString())
  } catch {
    return undefined
  }
}
