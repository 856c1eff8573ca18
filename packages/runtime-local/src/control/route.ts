/**
 * What the control routes have in common: how one is found, how its input is read, how a page of its answer is cut.
 */
import * as Schema from "effect/Schema"
import type { Answer } from "../http/answer.ts"
import { HttpError, invalid } from "../http/errors.ts"
import type { Exchange } from "../http/exchange.ts"

/** A request to a control route. */
export interface ControlRequest {
  readonly exchange: Exchange
  readonly query: URLSearchParams
  /** The `:id` of the path. */
  readonly id: string
  /** Parsed JSON; `undefined` where there is no body. */
  readonly body: () => Promise<unknown>
}

/** Gives the value that is answered as JSON, a whole answer, or `answersItself`. */
export type ControlHandler = (request: ControlRequest) => unknown

/** Handlers by method and path below `/__aywa/`: `DELETE faults/:id`. */
export type ControlRoutes = Readonly<Record<string, ControlHandler>>

/** The handler has taken the response over. */
export const answersItself = Symbol("answers itself")

/** The handler of a request, with the `:id` of its path. */
export const findRoute = (
  routes: ControlRoutes,
  method: string,
  path: string
): { readonly handler: ControlHandler; readonly id: string } | undefined => {
  const exact = Object.hasOwn(routes, `${method} ${path}`) ? routes[`${method} ${path}`] : undefined
  if (exact !== undefined) return { handler: exact, id: "" }
  const segments = path.split("/")
  for (const [name, handler] of Object.entries(routes)) {
    const pattern = name.slice(name.indexOf(" ") + 1).split("/")
    const at = pattern.indexOf(":id")
    if (at === -1 || !name.startsWith(`${method} `) || pattern.length !== segments.length) continue
    if (pattern.every((part, index) => (index === at ? segments[index] !== "" : part === segments[index]))) {
      return { handler, id: decoded(segments[at] ?? "") }
    }
  }
  return undefined
}

/** A segment of a path as text. */
export const decoded = (segment: string): string => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** Reads a value from outside; 400 with the reason. */
export const decode = <A>(schema: Schema.Codec<A, unknown>, value: unknown): A =>
  orBadRequest(() => Schema.decodeUnknownSync(schema, { onExcessProperty: "error" })(value))

/** A value that is wrong is an error of the client: 400 with the reason. */
export const orBadRequest = <A>(f: () => A): A => {
  try {
    return f()
  } catch (error) {
    if (error instanceof HttpError) throw error
    throw new HttpError(400, error instanceof Error ? error.message : String(error))
  }
}

/** Refuses parameters that the route does not know: a misspelled filter would show everything. */
export const onlyParameters = (query: URLSearchParams, known: ReadonlyArray<string>): void => {
  const unknown = [...new Set(query.keys())].filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    throw invalid(unknown.map((name) => `query parameter ${name} should not exist; there are ${known.join(", ")}`))
  }
}

/** A whole number of the query. */
export const integerOf = (query: URLSearchParams, name: string, minimum: number, maximum: number) => {
  const text = query.get(name)
  if (text === null) return undefined
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= minimum && value <= maximum) return value
  throw invalid([`${name}: expected an integer from ${minimum} to ${maximum}`])
}

/** A word of the query, out of those that there are. */
export const oneOf = (query: URLSearchParams, name: string, words: ReadonlyArray<string>): string | undefined => {
  const word = query.get(name)
  if (word === null || words.includes(word)) return word ?? undefined
  throw invalid([`${name}: there is no ${JSON.stringify(word.slice(0, 60))}; there are ${words.join(", ")}`])
}

/** Items of a page, unless the query says otherwise. */
export const pageSize = 100

/** How many items, and up to where: of every paged route. */
export const windowOf = (query: URLSearchParams) => ({
  limit: integerOf(query, "limit", 1, 1000) ?? pageSize,
  before: integerOf(query, "before", 0, Number.MAX_SAFE_INTEGER)
})

/** Bytes of JSON in a page: what is more comes with the next one. */
const pageBytes = 1_000_000

/** The texts that fit a page: at least one, so that there is a way on. What does not fit is not even made. */
export const fitting = (texts: Iterable<string>): ReadonlyArray<string> => {
  const page: Array<string> = []
  let sum = 0
  for (const text of texts) {
    sum += Buffer.byteLength(text) + 1
    if (page.length > 0 && sum > pageBytes) break
    page.push(text)
  }
  return page
}

/** A page as it is answered; the cursor leads to the next one. */
export const pageText = (items: ReadonlyArray<string>, next: number | undefined): string =>
  `{"items":[${items.join(",")}],"nextCursor":${next === undefined ? null : `"${next}"`}}`

/** An item of a page. */
export interface PageItem {
  /** Its place in the order. */
  readonly seq: number
  readonly json: string
}

/**
 * Cuts a page at its limit and at a megabyte: `items` may be one longer than the limit, which tells that there is more.
 * `end` is the place where looking for items ended, where that is not the last of them.
 */
export const pageOf = (items: ReadonlyArray<PageItem>, limit: number, end?: number): string => {
  const page = fitting(items.slice(0, limit).map(({ json }) => json))
  return pageText(page, page.length < items.length ? items[page.length - 1]?.seq : end)
}

/** Whether a value is a whole answer. */
export const isAnswer = (value: unknown): value is Answer =>
  typeof value === "object" && value !== null && "status" in value && "headers" in value && "body" in value
