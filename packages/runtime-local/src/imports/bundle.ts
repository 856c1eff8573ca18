/**
 * Reads an import request: what is to be imported, from where.
 */
import { invalid } from "../http/errors.ts"
import { isObject, objectOf, type JsonObject } from "../json/object.ts"
import { kinds } from "./kinds.ts"

/** A request for an import. */
export interface ImportRequest {
  /** Names the account that the rows come from: the same source and source id is the same row. */
  readonly source: string
  /** The rows of each kind that the importer knows. */
  readonly rows: Readonly<Record<string, ReadonlyArray<JsonObject>>>
  /** Lists that it does not know, with their lengths. */
  readonly unknown: ReadonlyArray<readonly [name: string, count: number]>
  /** Whether to say only what would happen. */
  readonly dryRun: boolean
}

/** `POST /imports`: `{ source, bundle, dryRun? }`. */
export const readImport = (body: unknown, query: URLSearchParams): ImportRequest => {
  if (!isObject(body)) throw invalid(["body: expected a JSON object"])
  const { source, bundle, dryRun, ...rest } = body
  const problems = Object.keys(rest).map((key) => `property ${key} should not exist`)
  if (typeof source !== "string" || !/^[\x21-\x7e]{1,100}$/.test(source)) {
    problems.push("source: expected 1 to 100 visible ASCII characters, such as vapi")
  }
  if (dryRun !== undefined && typeof dryRun !== "boolean") problems.push("dryRun: expected true or false")
  if (!isObject(bundle)) problems.push("bundle: expected a JSON object with lists of rows")
  return read(String(source), bundle, query, problems, "bundle.", dryRun === true)
}

/** `POST /imports/vapi`: the bundle itself. */
export const readVapiImport = (body: unknown, query: URLSearchParams): ImportRequest => {
  if (!isObject(body)) throw invalid(["body: expected a JSON object with lists of rows"])
  return read("vapi", body, query, [], "", false)
}

const names: ReadonlySet<string> = new Set(kinds.map(({ name }) => name))

const read = (
  source: string,
  bundle: unknown,
  query: URLSearchParams,
  problems: Array<string>,
  prefix: string,
  dryRunInBody: boolean
): ImportRequest => {
  const rows: Record<string, ReadonlyArray<JsonObject>> = {}
  const unknown: Array<readonly [string, number]> = []
  for (const [name, list] of Object.entries(objectOf(bundle))) {
    if (list === null) continue
    if (!Array.isArray(list)) problems.push(`${prefix}${name}: expected a list of rows`)
    else if (!names.has(name)) unknown.push([name, list.length])
    else if (list.every(isObject)) rows[name] = list
    else problems.push(`${prefix}${name}[${list.findIndex((row) => !isObject(row))}]: expected a JSON object`)
  }
  const dryRun = query.get("dryRun")
  if (dryRun !== null && dryRun !== "true" && dryRun !== "false") problems.push("dryRun: expected true or false")
  if (problems.length > 0) throw invalid(problems)
  return { source, rows, unknown, dryRun: dryRunInBody || dryRun === "true" }
}
