/**
 * The handler of every operation, computed from the contract table: one that the table gains is served without a change
 * here if its name is a generic one, or with one entry in `special`.
 */
import { contract, type Group, type Operation, specOf } from "@aywa-ai/runtime-sdk/internal/contract"
import { control } from "./calls/actions.ts"
import * as calls from "./calls/routes.ts"
import type { CallContext } from "./calls/calls.ts"
import * as views from "./calls/views.ts"
import type { Handler } from "./http/handler.ts"
import type { Route } from "./http/routes.ts"
import * as imports from "./imports/routes.ts"
import type { ReportContext } from "./operations/report.ts"
import { operationHandlers } from "./operations/routes.ts"
import * as webhookLogs from "./outbox/logs.ts"
import { crud } from "./rows/crud.ts"
import * as files from "./rows/files.ts"
import { type ListShapes, shapeOf } from "./rows/listing.ts"
import { rulesOf } from "./rows/rules.ts"
import * as structuredOutputs from "./rows/structuredOutputs.ts"
import { makeValidate } from "./rows/validation.ts"

/** What handlers work with; each takes what it needs. */
type HandlerContext = CallContext & webhookLogs.LogContext

/** What the handlers of all resources have in common. */
export interface HandlerParts extends Pick<HandlerContext, "store" | "ids" | "now" | "calls" | "outbox" | "strict"> {
  readonly listShape: ListShapes | undefined
  /** What the operations of the runtime report on. */
  readonly report: ReportContext
}

type MakeHandler = (context: HandlerContext) => Handler

/** Handlers of operations that are more than reading and writing a row, by their name in the contract table. */
const special: Readonly<Record<string, MakeHandler>> = {
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
const more: Readonly<Record<string, ReadonlyArray<readonly [path: string, make: MakeHandler]>>> = {
  "imports.createVapi": [["/import/vapi", imports.createVapi]],
  "imports.mappings": [["/imports/:id/mapping", imports.mapping]]
}

/** Resources that are not plain rows: a generic handler would be wrong for them. */
const notRows: ReadonlySet<string> = new Set(["operations", "webhookLogs"])

/** The routes of every operation of the contract that has a handler. */
export const routesOf = (parts: HandlerParts): ReadonlyArray<Route> =>
  Object.entries<Group>(contract).flatMap(([resource, group]) =>
    Object.entries(group).flatMap(([name, operation]) => routesOfOperation(parts, resource, name, operation))
  )

const routesOfOperation = (
  parts: HandlerParts,
  resource: string,
  name: string,
  operation: Operation
): ReadonlyArray<Route> => {
  const fullName = `${resource}.${name}`
  const make = makerOf(parts.report, resource, name)
  if (make === undefined) return []
  const { listShape, report: _, ...common } = parts
  const { method, path, body, multipart } = specOf(operation)
  const rules = rulesOf(resource)
  const context: HandlerContext = {
    ...common,
    resource,
    rules,
    shape: shapeOf(listShape, resource, path),
    validate: makeValidate(body, parts.strict && !rules.open)
  }
  return [[path, make] as const, ...(more[fullName] ?? [])].map(([path, make]) => ({
    name: fullName,
    method,
    path,
    body: multipart ? "form" : body === undefined ? "none" : "json",
    handler: make(context)
  }))
}

const makerOf = (report: ReportContext, resource: string, name: string): MakeHandler | undefined => {
  const operational = resource === "operations" ? operationHandlers[name]?.(report) : undefined
  if (operational !== undefined) return () => operational
  return special[`${resource}.${name}`] ?? (notRows.has(resource) ? undefined : crud[name])
}
