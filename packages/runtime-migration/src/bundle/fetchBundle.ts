/**
 * A bundle straight from the source API, by its list routes. Reads only.
 *
 * @since 0.1.0
 */
import { checkOptions } from "../errors/checkOptions.ts"
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { JsonObject, ReferringKind } from "@aywa-ai/runtime-sdk"
import { replaceFile } from "../ledger/files.ts"
import { fail, invalid } from "../errors/MigrationError.ts"
import { type Bundle, idOf, isObject, type Kind, kinds, unfinished } from "./Bundle.ts"
import { connect, type Source, type SourceOptions } from "./source.ts"

/**
 * Options of `fetchBundle`.
 *
 * @since 0.1.0
 * @category models
 */
export interface FetchBundleOptions extends SourceOptions {
  /** Keeps what was read: a run that was interrupted goes on from there. `readBundle` reads it, too. */
  readonly folder?: string | undefined
  /** Kinds of rows. Default: all. */
  readonly kinds?: ReadonlyArray<ReferringKind> | undefined
  /** Rows per request, 1 to 1000. Default 100. */
  readonly pageSize?: number | undefined
  /** Told after every page. */
  readonly onPage?: ((page: { readonly kind: ReferringKind; readonly rows: number }) => void) | undefined
}

/**
 * Reads an account from the source API: `GET` on its list routes, page after page, slowly enough, waiting where it says
 * 429. A route that the source does not have (404) gives no rows; without `/assistant` it is no source.
 *
 * @since 0.1.0
 * @category bundle
 */
export const fetchBundle = async (options: FetchBundleOptions): Promise<Bundle> => {
  checkOptions("fetchBundle", options, {
    baseUrl: true,
    apiKey: true,
    folder: true,
    kinds: true,
    requestsPerSecond: true,
    pageSize: true,
    timeout: true,
    onPage: true,
    signal: true
  })
  const source = connect(options)
  const { folder, kinds: names, pageSize = 100 } = options
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > 1000) return invalid("pageSize", "expected 1 to 1000")
  // Assistants first: an address without them is wrong, and nothing is kept of it then.
  const wanted = kinds
    .filter(({ name }) => names === undefined || names.includes(name))
    .toSorted((a, b) => Number(isFirst(b)) - Number(isFirst(a)))
  if (folder !== undefined) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    // All of them at once: a folder is a bundle when none is left.
    for (const kind of wanted) {
      const { whole, partial } = filesOf(folder, kind)
      if (!existsSync(whole) && !existsSync(partial)) replaceFile(partial, JSON.stringify(begin(pageSize)))
    }
  }
  const bundle: { [K in ReferringKind]?: ReadonlyArray<JsonObject> } = {}
  for (const kind of wanted) bundle[kind.name] = await fetchKind(source, kind, { ...options, pageSize })
  return bundle
}

/** Where the rows of a kind are kept, and those of a list that was not read to its end. */
const filesOf = (folder: string, { name }: Kind) => {
  const whole = join(folder, `${name}.json`)
  return { whole, partial: `${whole}${unfinished}` }
}

/** Where a list was left. */
interface Progress {
  readonly rows: ReadonlyArray<JsonObject>
  /** Query of the next page; `undefined` when there is none. */
  readonly next: Readonly<Record<string, string>> | undefined
}

const isFirst = ({ name }: Kind): boolean => name === "assistants"

const begin = (pageSize: number): Progress => ({ rows: [], next: { limit: String(pageSize) } })

const fetchKind = async (
  source: Source,
  kind: Kind,
  { folder, pageSize, onPage }: FetchBundleOptions & { readonly pageSize: number }
): Promise<ReadonlyArray<JsonObject>> => {
  const files = folder === undefined ? undefined : filesOf(folder, kind)
  if (files !== undefined && existsSync(files.whole)) return readRows(files.whole).rows
  let progress = files === undefined ? begin(pageSize) : readRows(files.partial)
  while (progress.next !== undefined) {
    const body = await source(kind.resource, progress.next)
    if (body === undefined) {
      const path = `/${kind.resource}`
      if (isFirst(kind)) return fail({ _tag: "SourceFailed", path, status: 404, detail: "check baseUrl" })
      break
    }
    progress = advance(kind, progress, progress.next, body, pageSize)
    onPage?.({ kind: kind.name, rows: progress.rows.length })
    if (files !== undefined) replaceFile(files.partial, JSON.stringify(progress))
  }
  if (files !== undefined) {
    replaceFile(files.whole, JSON.stringify(progress.rows))
    rmSync(files.partial, { force: true })
  }
  return progress.rows
}

const readRows = (file: string): Progress => {
  try {
    const content: unknown = JSON.parse(readFileSync(file, "utf8"))
    const rows = Array.isArray(content) ? content : isObject(content) ? content["rows"] : undefined
    const next = isObject(content) && isObject(content["next"]) ? content["next"] : undefined
    if (!Array.isArray(rows)) throw new TypeError("no rows")
    const query =
      next === undefined
        ? undefined
        : Object.fromEntries(Object.entries(next).map(([key, value]) => [key, String(value)]))
    return { rows: rows.filter(isObject), next: query }
  } catch (error) {
    return fail({ _tag: "UnreadableFile", file, detail: "this is not what an earlier run left: remove it" }, error)
  }
}

/** Takes a page in, and says what to ask for next. */
const advance = (
  { resource }: Kind,
  before: Progress,
  asked: Readonly<Record<string, string>>,
  body: unknown,
  pageSize: number
): Progress => {
  const path = `/${resource}`
  const odd = (detail: string) => fail({ _tag: "SourceFailed", path, status: 200, detail })
  const list: unknown = Array.isArray(body) ? body : isObject(body) ? (body["results"] ?? body["items"]) : undefined
  if (!Array.isArray(list) || !list.every(isObject)) return odd("expected a list of rows")
  const seen = new Set(before.rows.map(idOf))
  const fresh = list.filter((row) => idOf(row) === "" || !seen.has(idOf(row)))
  const rows = [...before.rows, ...fresh]
  if (!Array.isArray(body) && isObject(body)) {
    if (list.length > 0 && fresh.length === 0 && (asked["page"] ?? asked["cursor"]) !== undefined) {
      return odd("it answers the same rows again and again")
    }
    const metadata = isObject(body["metadata"]) ? body["metadata"] : {}
    const cursor = metadata["nextCursor"] ?? body["nextCursor"]
    if (typeof cursor === "string" && cursor !== "") {
      return { rows, next: { limit: String(pageSize), cursor } }
    }
    const total = Number(metadata["totalItems"] ?? 0)
    const page = Number(asked["page"] ?? 1)
    const more = list.length > 0 && rows.length < total && metadata["hasNextPage"] !== false
    return { rows, next: more ? { limit: String(pageSize), page: String(page + 1) } : undefined }
  }
  const limit = Number(asked["limit"])
  if (list.length < limit) return { rows, next: undefined }
  // A bare list has no cursor: go on at the oldest instant, with room for the rows of that instant that are known.
  const times = rows.map((row) => row["createdAt"]).filter((time) => typeof time === "string")
  const oldest = times.reduce<string | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined)
  if (oldest === undefined) return odd("rows without createdAt cannot be listed to their end")
  const same = rows.filter((row) => row["createdAt"] === oldest).length
  const room = Math.min(1000, pageSize + same)
  if (fresh.length === 0 && room <= limit && asked["createdAtLe"] === oldest) {
    return odd("more than 1000 rows were created in the same millisecond, or createdAtLe is not understood")
  }
  return { rows, next: { limit: String(room), createdAtLe: oldest } }
}
