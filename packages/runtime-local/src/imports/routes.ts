/**
 * The import operations: `POST /imports`, `POST /imports/vapi`, and what can be read of imports afterwards.
 */
import { type Answer, json } from "../http/answer.ts"
import { type ResourceContext, find, insertRow } from "../rows/crud.ts"
import type { Handler, HandlerRequest } from "../http/handler.ts"
import { HttpError, invalid } from "../http/errors.ts"
import { runAtOnce, runInSlices } from "../time/slices.ts"
import type { Store } from "../store/Store.ts"
import type { JsonObject } from "../json/object.ts"
import { type ImportRequest, readImport, readVapiImport } from "./bundle.ts"
import { type ImportPlan, planImport } from "./plan.ts"
import { countMappings, readMappings, StalePlan, writeMappings, writeRows } from "./store.ts"

/** `POST /imports`. */
export const create = (context: ResourceContext): Handler => importWith(context, readImport)

/** `POST /imports/vapi` and its older name. */
export const createVapi = (context: ResourceContext): Handler => importWith(context, readVapiImport)

type Read = (body: unknown, query: URLSearchParams) => ImportRequest

/**
 * Plans in slices, outside of a transaction, and then writes all of it in one. Where the rows changed in between so that
 * the early plan does not fit any more, a new one is made inside the transaction.
 */
const importWith = (context: ResourceContext, read: Read): Handler => {
  const plan = (request: HandlerRequest, input: ImportRequest) =>
    planImport(
      { store: context.store, ids: context.ids, organization: request.organization, now: context.now() },
      input
    )
  const handler: Handler = (request) => {
    const input = read(request.body, request.query)
    try {
      return apply(context, request, input, runAtOnce(plan(request, input)))
    } catch (error) {
      throw error instanceof StalePlan ? conflict() : error
    }
  }
  const prepare = async (request: HandlerRequest, signal: AbortSignal): Promise<Handler> => {
    const input = read(request.body, request.query)
    const early = await runInSlices(plan(request, input), signal)
    return (request) => {
      try {
        return attempt(context.store, () => apply(context, request, input, early))
      } catch (error) {
        if (error instanceof StalePlan) return handler(request)
        throw error
      }
    }
  }
  return Object.assign(handler, { prepare })
}

const apply = (context: ResourceContext, request: HandlerRequest, input: ImportRequest, plan: ImportPlan): Answer => {
  const { store } = context
  const { source, dryRun } = input
  const { mappings, unresolved, secretsNeeded, warnings } = plan
  const counts = { created: 0, updated: 0, unchanged: 0, skipped: 0 }
  for (const { action } of mappings) counts[action] += 1
  const stored = { source, status: statusOf(plan), counts, secretsNeeded, warnings }
  const detail = { unresolved, mappings }
  if (dryRun) {
    const at = new Date(context.now()).toISOString()
    return json(201, JSON.stringify({ id: context.ids.uuid(), createdAt: at, dryRun, ...stored, ...detail }))
  }
  writeRows(store, request.organization, source, plan.now, plan.writes)
  const text = insertRow(context, request.organization, stored)
  const row = JSON.parse(text) as JsonObject // Written by `insertRow`: an object.
  writeMappings(store, String(row["id"]), mappings)
  return json(201, JSON.stringify({ ...row, ...detail }))
}

const statusOf = ({ mappings, warnings }: ImportPlan): string => {
  if (mappings.length > 0 && mappings.every(({ action }) => action === "skipped")) return "failed"
  return warnings.length > 0 || mappings.some((mapping) => mapping.warnings.length > 0)
    ? "completed_with_warnings"
    : "completed"
}

/** `GET /imports/:id/mappings`: where each row went, in the order of the bundle, page by page. */
export const mappings =
  (context: ResourceContext): Handler =>
  (request) => {
    const id = existing(context, request)
    const { from, limit } = windowOf(request.query, context.shape === 2)
    const rows = readMappings(context.store, id, from, limit + 1)
    const items = `[${rows.slice(0, limit).join(",")}]`
    const next = rows.length > limit ? JSON.stringify(Buffer.from(`n:${from + limit}`).toString("base64url")) : "null"
    switch (context.shape) {
      case 2: {
        const metadata = { currentPage: from / Math.max(1, limit) + 1, itemsPerPage: limit }
        const total = countMappings(context.store, id)
        return json(200, `{"results":${items},"metadata":${JSON.stringify({ ...metadata, totalItems: total })}}`)
      }
      case 3: {
        const metadata = `{"nextCursor":${next},"hasNextPage":${rows.length > limit},"limit":${limit}}`
        return json(200, `{"results":${items},"metadata":${metadata}}`)
      }
      default:
        // A bare array is continued by time, and mappings have none of their own.
        return json(200, `{"items":${items},"nextCursor":${next}}`)
    }
  }

/** `GET /imports/:id/mapping?format=json|csv`: all of it in one file. */
export const mapping =
  (context: ResourceContext): Handler =>
  (request) => {
    const format = request.query.get("format") ?? "json"
    if (format !== "json" && format !== "csv") throw invalid(["format: expected json or csv"])
    const id = existing(context, request)
    const rows = readMappings(context.store, id, 0, -1)
    if (format === "json") return json(200, `[${rows.join(",")}]`)
    const lines = rows.map((row) => {
      const mapping = JSON.parse(row) as JsonObject // Written by `writeMappings`.
      return columns.map((column) => csv(mapping[column])).join(",")
    })
    return {
      status: 200,
      headers: { "content-type": "text/csv; charset=utf-8; header=present" },
      body: `${[columns.join(","), ...lines].join("\r\n")}\r\n`
    }
  }

const columns = ["resource", "sourceId", "runtimeId", "action"]

const csv = (value: unknown): string => {
  const text = typeof value === "string" ? value : ""
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** 404 for the import of another organization, as for one that never was. */
const existing = (context: ResourceContext, request: HandlerRequest): string => {
  find(context, request)
  return request.id
}

const windowOf = (query: URLSearchParams, byPage: boolean): { readonly from: number; readonly limit: number } => {
  const problems: Array<string> = []
  const integer = (name: string, fallback: number, minimum: number, maximum: number): number => {
    const text = query.get(name)
    if (text === null) return fallback
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (value >= minimum && value <= maximum) return value
    problems.push(`${name}: expected an integer from ${minimum} to ${maximum}`)
    return fallback
  }
  const limit = integer("limit", 100, 0, 1000)
  const page = integer("page", 1, 1, 1_000_000)
  const cursor = query.get("cursor")
  const start = cursor === null ? "n:0" : Buffer.from(cursor, "base64url").toString()
  const from = /^n:\d{1,9}$/.test(start) ? Number(start.slice(2)) : Number.NaN
  if (Number.isNaN(from)) problems.push("cursor: expected a cursor that a list answered with")
  if (problems.length > 0) throw invalid(problems)
  return { from: byPage ? (page - 1) * limit : from, limit }
}

/** Takes back what `f` wrote when it throws, and leaves the transaction around it open. */
const attempt = <A>(store: Store, f: () => A): A => {
  store.run("SAVEPOINT import")
  try {
    return f()
  } catch (error) {
    store.run("ROLLBACK TO import")
    throw error
  } finally {
    store.run("RELEASE import")
  }
}

/** What a new plan cannot mend: two rows want what only one may have. */
const conflict = () =>
  new HttpError(409, "The import does not fit the rows that are here: read them and try again", {
    code: "import_conflict",
    outcome: true
  })
