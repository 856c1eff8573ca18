/**
 * What reached the runtime, for tests to look at.
 */

/** One request as the runtime saw it. */
export interface JournalEntry {
  readonly requestId: string
  /** When it arrived, on the runtime's clock. */
  readonly time: string
  readonly method: string
  readonly path: string
  readonly query: string
  /** Lower-case names; credentials are masked. */
  readonly headers: Readonly<Record<string, string>>
  /** The header `X-Aywa-Attempt`, as a number. */
  readonly attempt: number | undefined
  readonly idempotencyKey: string | undefined
  /** The organization of the key; `undefined` when nobody was authenticated. */
  readonly organization: string | undefined
  /** The route of the request, as its path in the contract: `/assistant/:id`. */
  readonly route: string | undefined
  /** The parsed JSON body, if the request got that far. Of large ones only the newest are kept. */
  readonly body: unknown
  /** The status of the answer; `undefined` when there was none. A fault may have lost the answer on its way. */
  readonly status: number | undefined
  /** Whether this very request changed the database: `false` for reads, refusals and replays. */
  readonly committed: boolean
  readonly replayed: boolean
  /** The fault that was applied, e.g. `reset after`. */
  readonly fault: string | undefined
}

/** An entry whose fields are still being filled in. */
export type OpenEntry = { -readonly [K in keyof JournalEntry]: JournalEntry[K] }

/** Which requests to look at. */
export interface RequestFilter {
  readonly method?: string | undefined
  readonly path?: string | RegExp | undefined
  readonly idempotencyKey?: string | undefined
  readonly committed?: boolean | undefined
}

/** The requests in the order of their arrival. */
export interface Journal {
  readonly add: (entry: OpenEntry) => void
  /** Keeps the body of a request of so many bytes; the oldest bodies give way when all of them are too much. */
  readonly keepBody: (entry: OpenEntry, body: unknown, bytes: number) => void
  readonly list: (filter?: RequestFilter) => ReadonlyArray<JournalEntry>
  readonly clear: () => void
}

const mebibyte = 1024 * 1024

/**
 * Keeps the last `limit` requests, `headBytes` of their heads and `bodyBytes` of their bodies: no client may fill the
 * memory through it.
 */
export const makeJournal = (limit = 10_000, bodyBytes = 32 * mebibyte, headBytes = 32 * mebibyte): Journal => {
  let entries: Array<OpenEntry> = []
  let heads = 0
  let bodies: Array<{ readonly entry: OpenEntry; readonly bytes: number }> = []
  let held = 0
  return {
    add: (entry) => {
      entries.push(entry)
      heads += headOf(entry)
      if (entries.length < limit * 2 && heads <= headBytes) return
      // Cut rarely and by half: removing one from the front of a long array on every request is what would be slow.
      const newest = entries.slice(-limit).toReversed()
      let kept = 0
      heads = 0
      for (const one of newest) {
        if (kept > 0 && heads + headOf(one) > headBytes / 2) break
        heads += headOf(one)
        kept += 1
      }
      entries = entries.slice(-kept)
    },
    keepBody: (entry, body, bytes) => {
      entry.body = body
      bodies.push({ entry, bytes })
      held += bytes
      if (held <= bodyBytes && bodies.length < limit * 2) return
      let gone = 0
      for (; gone < bodies.length - 1 && (held > bodyBytes / 2 || bodies.length - gone > limit); gone++) {
        const oldest = bodies[gone]
        if (oldest === undefined) break
        oldest.entry.body = undefined
        held -= oldest.bytes
      }
      bodies = bodies.slice(gone)
    },
    list: (filter = {}) => entries.slice(-limit).filter((entry) => accepts(filter, entry)),
    clear: () => {
      entries = []
      heads = 0
      bodies = []
      held = 0
    }
  }
}

const headOf = ({ path, query, headers }: OpenEntry): number =>
  Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length, path.length + query.length)

const accepts = ({ method, path, idempotencyKey, committed }: RequestFilter, entry: JournalEntry) =>
  (method === undefined || entry.method === method) &&
  (path === undefined || (typeof path === "string" ? entry.path === path : path.test(entry.path))) &&
  (idempotencyKey === undefined || entry.idempotencyKey === idempotencyKey) &&
  (committed === undefined || entry.committed === committed)

const masked = new Set(["authorization", "x-api-key", "cookie", "proxy-authorization"])

/** Headers as one string each, without their secrets. */
export const maskHeaders = (headers: NodeJS.Dict<string | Array<string>>): Record<string, string> => {
  const result: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    const text = Array.isArray(value) ? value.join(", ") : (value ?? "")
    result[name] = masked.has(name) ? text.replace(/\S+$/, "***") : text
  }
  return result
}
