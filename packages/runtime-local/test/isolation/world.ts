/**
 * A runtime with two organizations, and what one of them sees of it, made comparable with what it sees of another
 * runtime: ids, cursors and measured times are different in each, and nothing else may be.
 */
import { DatabaseSync } from "node:sqlite"
import { type LocalRuntimeHandle, startLocalRuntime } from "../../src/index.ts"
import type { Prepared } from "./requests.ts"

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | null>>
  readonly text: string
}

/** What an organization knows: ids by resource, cursors. */
export interface Knowledge {
  readonly ids: Map<string, Array<string>>
  readonly cursors: Array<string>
}

export interface World {
  readonly runtime: LocalRuntimeHandle
  readonly keys: Readonly<Record<"A" | "B", string>>
  readonly knows: Readonly<Record<"A" | "B", Knowledge>>
  readonly ask: (who: "A" | "B", request: Prepared) => Promise<Answer>
  /** Everything that is stored of an organization. */
  readonly dump: (organization: string) => string
  readonly begin: () => void
  readonly close: () => Promise<void>
}

export const organizations = { A: "org_a", B: "org_b" } as const

const start = Date.parse("2030-01-01T00:00:00.000Z")

const headerNames = [
  "content-type",
  "etag",
  "allow",
  "retry-after",
  "idempotency-replayed",
  "ratelimit",
  "ratelimit-policy"
]

export const openWorld = async (file: string): Promise<World> => {
  const runtime = await startLocalRuntime({
    store: { file },
    clock: "manual",
    organizations: ["org_a", "org_b"],
    // Limits that nobody reaches: what is left of them is told with every answer.
    rateLimit: { limit: 10_000, writes: 10_000, perOrganization: 10_000 },
    listShape: { assistants: 4, tools: 3, calls: 2 }
  })
  const keys = { A: runtime.addKey({ organization: "org_a" }).key, B: runtime.addKey({ organization: "org_b" }).key }
  const knows = { A: { ids: new Map(), cursors: [] }, B: { ids: new Map(), cursors: [] } }
  const database = new DatabaseSync(file, { readOnly: true })
  const statements = tables(database).map((sql) => database.prepare(sql))
  return {
    runtime,
    keys,
    knows,
    begin: () => {
      runtime.reset()
      runtime.clock.set(start)
      for (const one of [knows.A, knows.B]) {
        one.ids.clear()
        one.cursors.length = 0
      }
    },
    ask: async (who, { method, target, headers, body }) => {
      const response = await fetch(runtime.baseUrl + target, {
        method,
        headers: { authorization: `Bearer ${keys[who]}`, ...headers },
        ...(body === undefined ? {} : { body })
      })
      const text = await response.text()
      return {
        status: response.status,
        headers: Object.fromEntries(headerNames.map((name) => [name, response.headers.get(name)])),
        text
      }
    },
    dump: (organization) => JSON.stringify(statements.map((statement) => statement.all(organization))),
    close: async () => {
      database.close()
      await runtime.close()
    }
  }
}

/** Tables without a column for the organization: what their rows belong to has one. */
const owned: Readonly<Record<string, string>> = {
  file_content: "file_id IN (SELECT id FROM resource_rows WHERE resource = 'files' AND org_id = ?)",
  import_mappings: "import_id IN (SELECT id FROM resource_rows WHERE resource = 'imports' AND org_id = ?)",
  webhook_attempts: "job_id IN (SELECT id FROM webhook_jobs WHERE org_id = ?)"
}

/** Tables that belong to nobody. */
const common = new Set([
  "organizations",
  "readiness",
  "cursor_key",
  "call_link_key",
  "webhook_secrets",
  "call_scripts",
  "sqlite_sequence"
])

const tables = (database: DatabaseSync): ReadonlyArray<string> =>
  database
    .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table'")
    .all()
    .flatMap((table) => {
      const name = String(table["name"])
      if (common.has(name)) return []
      const where = /\borg_id\b/.test(String(table["sql"])) ? "org_id = ?" : owned[name]
      // A table that nobody thought of here must not be left out silently.
      if (where === undefined) throw new Error(`Whose are the rows of ${name}?`)
      return [`SELECT * FROM ${name} WHERE ${where}`]
    })

/** Learns the ids and cursors of an answer. */
export const learn = (knowledge: Knowledge, resource: string, text: string): void => {
  const body = parse(text)
  if (!isObject(body) && !Array.isArray(body)) return
  const note = (kind: string, id: unknown) => {
    if (typeof id !== "string") return
    const ids = knowledge.ids.get(kind) ?? []
    knowledge.ids.set(kind, ids)
    if (!ids.includes(id)) ids.push(id)
  }
  const rows = Array.isArray(body) ? body : (body["items"] ?? body["results"] ?? [body])
  for (const row of Array.isArray(rows) ? rows : []) if (isObject(row)) note(resource, row["id"])
  if (!isObject(body)) return
  const { mappings, metadata } = body
  for (const mapping of Array.isArray(mappings) ? mappings : []) note(kinds[mapping.resource] ?? "", mapping.runtimeId)
  const cursor = body["nextCursor"] ?? (isObject(metadata) ? metadata["nextCursor"] : undefined)
  if (typeof cursor === "string") knowledge.cursors.push(cursor)
}

const kinds: Readonly<Record<string, string>> = {
  assistant: "assistants",
  tool: "tools",
  credential: "credentials",
  "phone-number": "phoneNumbers"
}

/**
 * Makes answers of two runtimes comparable: an id is told by when it was first seen. `literals` are ids of the other
 * organization: they were handed over as they are, so they must also come back as they are.
 */
export const makeNormalise = (literals: ReadonlySet<string>) => {
  const seen = new Map<string, string>()
  const name = (id: string) => {
    if (literals.has(id)) return id
    const known = seen.get(id) ?? `<${seen.size}>`
    seen.set(id, known)
    return known
  }
  return (operation: string, { status, headers, text }: Answer): unknown => {
    const body = operation === "operations.metrics" ? withoutTimes(text) : (parse(text) ?? text)
    const json = JSON.stringify(body, (key, value: unknown) => (isMeasured(operation, key, value) ? undefined : value))
    return {
      status,
      headers,
      body: json
        ?.replace(links, "$1")
        .replace(ids, name)
        .replace(/"nextCursor":"[^"]*"/g, '"nextCursor":"…"')
    }
  }
}

/** Addresses of a call, with the port of their runtime and a token of its own. */
const links = /\b(?:http|ws):\/\/[\w.]+:\d+(\/call\/[^"?]+)\?token=[\w-]+/g

const ids = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b(?:evt|req|msg)_[A-Za-z0-9]+/g

const volatile = new Set([
  "requestId",
  "latency",
  "latencyMs",
  "uptimeSeconds",
  "startedAt",
  "process",
  "window",
  "requestHeaders",
  "nextAttemptAt"
])

const jittered = new Set(["updatedAt", "startedAt", "attempts", "attemptCount"])

/** What is measured or random, and so is not the same twice. */
const isMeasured = (operation: string, key: string, value: unknown): boolean => {
  if (volatile.has(key) && !(key === "startedAt" && !operation.startsWith("operations."))) return true
  // When a delivery is tried again has a random part.
  if (operation.startsWith("webhookLogs.") && jittered.has(key)) return true
  const id = isObject(value) ? value["id"] : undefined
  return typeof id === "string" && /^(latency-|slow-answers)/.test(id)
}

const withoutTimes = (text: string): ReadonlyArray<string> =>
  text.split("\n").filter((line) => line.startsWith("aywa_") && !line.startsWith("aywa_runtime_http_request_duration"))

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
