/**
 * The routes, computed from the contract table: an operation that the table gains is served without a change here,
 * if its name is one of the generic ones, or with one entry in `special`.
 */
import { contract, type Group, type Operation, specOf } from "@aywa-ai/runtime-sdk/internal/contract"
import * as calls from "./calls.ts"
import { control } from "./calls/control.ts"
import * as views from "./calls/views.ts"
import { crud, type CrudContext, type Handler } from "./crud.ts"
import { HttpError } from "./errors.ts"
import * as files from "./files.ts"
import type { Engine } from "./engine.ts"
import * as imports from "./imports/routes.ts"
import type { Ids } from "./ids.ts"
import { type ListShapes, shapeOf } from "./listing.ts"
import { operationHandlers } from "./operations/routes.ts"
import type { ReportContext } from "./operations/report.ts"
import * as webhookLogs from "./outbox/logs.ts"
import { rulesOf } from "./resources.ts"
import type { Store } from "./store.ts"
import * as structuredOutputs from "./structuredOutputs.ts"
import { makeValidate } from "./validation.ts"

/** One operation of the contract, ready to serve. */
export interface Route {
  /** Name in the contract table, e.g. `assistants.create`. */
  readonly name: string
  readonly method: string
  /** Path template, `/assistant/:id`. */
  readonly path: string
  readonly segments: ReadonlyArray<string>
  /** What the contract gives the request as a body. */
  readonly body: "none" | "json" | "form"
  readonly handler: Handler
}

/** A route with the `:id` of the path. */
export interface Match {
  readonly route: Route
  readonly id: string
}

/** What the routes need. */
export interface RouterContext {
  readonly store: Store
  readonly ids: Ids
  readonly now: () => number
  readonly engine: Engine
  readonly listShape: ListShapes | undefined
  readonly strict: boolean
  /** What the operations of the runtime report on. */
  readonly report: ReportContext
}

/** Handlers of operations that are more than reading and writing a row, by their name in the contract table. */
const special: Readonly<Record<string, (context: CrudContext) => Handler>> = {
  "calls.create": calls.create,
  "calls.createPhone": calls.createPhone,
  "calls.createWeb": calls.createWeb,
  "calls.createBatch": calls.create,
  "calls.update": calls.rename,
  "calls.delete": calls.remove,
  "calls.control": control,
  "calls.timeline": views.timeline,
  "calls.logs": views.logs,
  "calls.costs": views.costs,
  "calls.voicePipeline": views.voicePipeline,
  "files.content": files.content,
  "files.delete": files.remove,
  "files.upload": files.upload,
  "structuredOutputs.run": structuredOutputs.run,
  "imports.create": imports.create,
  "imports.createVapi": imports.createVapi,
  "imports.mappings": imports.mappings,
  "webhookLogs.list": webhookLogs.list,
  "webhookLogs.get": webhookLogs.get,
  "webhookLogs.replay": webhookLogs.replay,
  "webhookLogs.retry": webhookLogs.retry
}

/** More paths of an operation: older names, and other forms that only this runtime serves. */
const more: Readonly<Record<string, ReadonlyArray<readonly [path: string, make: (context: CrudContext) => Handler]>>> =
  {
    "imports.createVapi": [["/import/vapi", imports.createVapi]],
    "imports.mappings": [["/imports/:id/mapping", imports.mapping]]
  }

/** Resources that are not plain rows: a generic handler would be wrong for them. */
const notRows: ReadonlySet<string> = new Set(["operations", "webhookLogs"])

/** Finds the route of a request; throws 404, or 405 with the methods that there are. */
export type Router = (method: string, path: string) => Match

/** Routes for every operation of the contract that has a handler. */
export const makeRouter = (context: RouterContext): Router => {
  const routes = Object.entries<Group>(contract).flatMap(([resource, group]) =>
    Object.entries(group).flatMap(([name, operation]) => makeRoute(context, resource, name, operation))
  )
  // A literal segment wins over `:id`: `/call/phone` is not the call "phone".
  routes.sort((a, b) => a.segments.filter(isParameter).length - b.segments.filter(isParameter).length)
  return (method, path) => {
    const segments = path.split("/").slice(1)
    const allowed = new Set<string>()
    for (const route of routes) {
      if (!matches(route.segments, segments)) continue
      if (route.method === method) return { route, id: idOf(route.segments, segments) }
      allowed.add(route.method)
    }
    if (allowed.size === 0) throw new HttpError(404, `There is no ${path}`)
    const allow = [...allowed].join(", ")
    throw new HttpError(405, `${path} takes ${allow}`, { headers: { allow } })
  }
}

const makeRoute = (
  { store, ids, now, engine, listShape, strict, report }: RouterContext,
  resource: string,
  name: string,
  operation: Operation
): ReadonlyArray<Route> => {
  const operational = resource === "operations" ? operationHandlers[name]?.(report) : undefined
  const make =
    operational === undefined
      ? (special[`${resource}.${name}`] ?? (notRows.has(resource) ? undefined : crud[name]))
      : () => operational
  if (make === undefined) return []
  const { method, path, body, multipart } = specOf(operation)
  const rules = rulesOf(resource)
  const full = `${resource}.${name}`
  const context: CrudContext = {
    store,
    ids,
    now,
    engine,
    resource,
    rules,
    shape: shapeOf(listShape, resource, path),
    strict,
    validate: makeValidate(body, strict && !rules.open)
  }
  return [[path, make] as const, ...(more[full] ?? [])].map(([path, make]) => ({
    name: full,
    method,
    path,
    segments: path.split("/").slice(1),
    body: multipart ? ("form" as const) : body === undefined ? ("none" as const) : ("json" as const),
    handler: make(context)
  }))
}

const isParameter = (segment: string) => segment.startsWith(":")

const matches = (pattern: ReadonlyArray<string>, segments: ReadonlyArray<string>) =>
  pattern.length === segments.length &&
  pattern.every((part, index) => (isParameter(part) ? segments[index] !== "" : part === segments[index]))

const idOf = (pattern: ReadonlyArray<string>, segments: ReadonlyArray<string>) => {
  const raw = segments[pattern.findIndex(isParameter)] ?? ""
  try {
    return decodeURIComponent(raw)
  } catch {
    return raw
  }
}
