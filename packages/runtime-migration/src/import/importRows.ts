/**
 * An import for a runtime without importer: a create per row, then a second pass for what refers in circles.
 */
import { randomUUID } from "node:crypto"
import { appendFileSync } from "node:fs"
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import { secretsNeeded } from "@aywa-ai/runtime-sdk/contract"
import { type Bundle, digest, idOf, isObject, type Kind, kinds, rowsOf } from "../bundle/Bundle.ts"
import { writeLedgerFile } from "../ledger/files.ts"
import { mappingsToJsonLines, replacingLine } from "../ledger/format.ts"
import type { Mapping } from "../ledger/Mapping.ts"
import { fail, invalid } from "../errors/MigrationError.ts"
import { countsOf, type ImportRow } from "./planImport.ts"
import type { ImportReport, Refusal, RunImportOptions } from "./runImport.ts"
import {
  differingKeys,
  idsIn,
  keysOf,
  kindsIn,
  type MigrationClient,
  readRuntime,
  resourceOf,
  targetsOf,
  wantedOf
} from "./runtimeRows.ts"

/** Imports row by row. */
export const importRowByRow = async (
  aywa: MigrationClient,
  bundle: Bundle,
  source: string,
  known: ReadonlyArray<Mapping>,
  options: RunImportOptions
): Promise<Omit<ImportReport, "mappings">> => {
  const { ledger, onEvent, signal } = options
  if (ledger?.endsWith(".csv") === true) {
    // A line of CSV that broke off cannot be told from a whole one.
    return invalid(
      "ledger",
      "row by row it is written line by line, as JSON Lines: give a name that does not end in .csv"
    )
  }
  const targets = targetsOf(known, source)
  const ids = idsIn(bundle)
  const current = await readRuntime(aywa, kindsIn(bundle), targets, signal)
  const total = kinds.reduce((sum, kind) => sum + rowsOf(bundle, kind).length, 0)
  const seen = new Map(kinds.map(({ name }) => [name, new Set<string>()]))
  const run: Run = { aywa, source, options, targets, ids, current, total, done: new Map(), refusals: [], seen }
  // Also takes out a last line that was broken off, so that lines can be added.
  if (ledger !== undefined) writeLedgerFile(ledger, known)
  onEvent?.({ type: "started", mode: "rows", rows: total })
  for (const pass of [createPass, referencePass]) {
    for (const kind of kinds) {
      for (const [at, given] of rowsOf(bundle, kind).entries()) await pass(run, kind, given, `${kind.name}[${at}]`)
    }
  }
  const rows = [...run.done.values()]
  return { mode: "rows", rows, counts: countsOf(rows), refused: run.refusals, warnings: summary(rows) }
}

/** What both passes go by, and what they leave. */
interface Run {
  readonly aywa: MigrationClient
  readonly source: string
  readonly options: RunImportOptions
  /** Rows of the runtime by the ids of the source. */
  readonly targets: ReturnType<typeof targetsOf>
  readonly ids: ReturnType<typeof idsIn>
  /** What the runtime has. */
  readonly current: Awaited<ReturnType<typeof readRuntime>>
  readonly total: number
  /** By the place in the bundle, which may have an id twice. */
  readonly done: Map<string, ImportRow>
  readonly refusals: Array<Refusal>
  /** Ids that the first pass has met, by kind. */
  readonly seen: ReadonlyMap<string, Set<string>>
}

const tell = ({ done, total, options }: Run, pass: 1 | 2, place: string, row: ImportRow): void => {
  done.set(place, row)
  options.onEvent?.({ type: "row", pass, done: done.size, of: total, row })
}

const remember = ({ targets, options }: Run, { name }: Kind, mapping: Mapping, before: string | undefined): void => {
  targets.get(name)?.set(mapping.sourceId, mapping.runtimeId)
  if (options.ledger === undefined) return
  const line = before === undefined ? mappingsToJsonLines([mapping]) : replacingLine(mapping, before)
  appendFileSync(options.ledger, line)
}

const stopIfAborted = (signal: AbortSignal | undefined): void => {
  if (signal?.aborted === true) fail({ _tag: "Aborted" }, signal.reason)
}

/** Creates a row, without what refers to rows that are yet to come. */
const createPass = async (run: Run, kind: Kind, given: JsonObject, place: string): Promise<void> => {
  const { aywa, source, targets } = run
  const { secrets = {}, idempotencyKey = "", recreate = false, signal } = run.options
  stopIfAborted(signal)
  const { resource, name } = kind
  const sourceId = idOf(given)
  const row = { resource, sourceId: sourceId || place }
  const uploaded = name === "files" ? targets.get(name)?.get(sourceId) : undefined
  if (uploaded !== undefined) {
    return tell(run, 1, place, { ...row, runtimeId: uploaded, action: "unchanged", warnings: [] })
  }
  const seen = run.seen.get(name)
  const reason = unfit(kind, given, seen?.has(sourceId) === true, secrets[sourceId])
  seen?.add(sourceId)
  if (reason !== undefined) return tell(run, 1, place, { ...row, action: "skipped", warnings: [reason] })
  const rows = run.current.get(name) ?? new Map<string, JsonObject>()
  const runtimeId = targets.get(name)?.get(sourceId)
  const wanted = wantedOf(run.ids, kind, given, targets)
  const waiting = keysOf(wanted.waiting)
  const warnings = wanted.dangling
  if (runtimeId !== undefined && rows.has(runtimeId)) {
    return tell(run, 1, place, { ...row, runtimeId, action: "unchanged", warnings })
  }
  if (runtimeId !== undefined && !recreate) return tell(run, 1, place, { ...row, action: "skipped", warnings: [gone] })
  const body = Object.fromEntries(Object.entries(wanted.row).filter(([key]) => !waiting.has(key)))
  // The key is the row's, not its content's: a run that was interrupted must find what it made. A row that is gone
  // since has an old id, and is another create.
  const key = `aywa-row-${digest(idempotencyKey, source, resource, sourceId, runtimeId ?? "")}`
  const created = await attempt(() =>
    resourceOf(aywa, kind)?.create(merge(body, secrets[sourceId]), { idempotencyKey: key, signal })
  )
  if ("refused" in created) {
    run.refusals.push({ ...row, fields: [], reason: created.refused })
    return tell(run, 1, place, { ...row, action: "skipped", warnings: [created.refused] })
  }
  const id = idOf(created.row)
  rows.set(id, created.row)
  remember(run, kind, { source, resource, sourceId, runtimeId: id }, runtimeId)
  tell(run, 1, place, { ...row, runtimeId: id, action: "created", warnings })
}

/** Updates what is not as it is to be: what refers in circles, and what has changed since an earlier import. */
const referencePass = async (run: Run, kind: Kind, given: JsonObject, place: string): Promise<void> => {
  const { signal } = run.options
  const before = run.done.get(place)
  const runtimeId = before?.runtimeId
  const stored = runtimeId === undefined ? undefined : run.current.get(kind.name)?.get(runtimeId)
  if (before === undefined || runtimeId === undefined || stored === undefined) return
  stopIfAborted(signal)
  const { row, dangling, waiting } = wantedOf(run.ids, kind, given, run.targets)
  const missing = waiting.map(({ at, value }) => `${at}: ${value} was not imported; it is kept`)
  const warnings = [...dangling, ...missing]
  const keys = differingKeys(kind, row, stored)
  if (keys.length === 0) {
    if (missing.length > 0) tell(run, 2, place, { ...before, warnings })
    return
  }
  // A change is shallow: a field is replaced whole.
  const changes = Object.fromEntries(keys.map((key) => [key, row[key]]))
  // It says what the fields are to be, so it may be sent twice; a key, or the client would not repeat it. It is a fresh
  // one: a later run that wants the same again must not be answered from this one.
  const updated = await attempt(() =>
    resourceOf(run.aywa, kind)?.update(runtimeId, changes, { idempotencyKey: randomUUID(), signal })
  )
  const refused = "refused" in updated ? [`${keys.join(", ")}: ${updated.refused}`] : []
  if ("refused" in updated) {
    const { resource, sourceId } = before
    run.refusals.push({ resource, sourceId, fields: keys, reason: updated.refused })
  }
  const action = refused.length > 0 || before.action === "created" ? before.action : "updated"
  tell(run, 2, place, { ...before, action, changes: keys, warnings: [...warnings, ...refused] })
}

const gone = "it was imported before and was deleted in the runtime since: recreate (--recreate) makes it again"

const unfit = (kind: Kind, row: JsonObject, isRepeated: boolean, supplied: object | undefined): string | undefined => {
  const sourceId = idOf(row)
  if (kind.skipped !== undefined) return kind.skipped
  if (sourceId === "") return "it has no id: a second import could not know it again"
  if (isRepeated) return "the bundle has another row with this id"
  const missing = secretsNeeded(kind.name, row).filter((path) => !has(supplied, path))
  // A number or credential without its secret would be refused; elsewhere the row works without it.
  if (missing.length === 0 || (kind.name !== "credentials" && kind.name !== "phoneNumbers")) return undefined
  return `secrets are in no export: supply ${missing.join(", ")} for it and run the import again`
}

const has = (value: unknown, path: string): boolean => {
  let at: unknown = value
  for (const key of path.split(".")) at = isObject(at) ? at[key] : undefined
  return typeof at === "string" && at !== ""
}

const merge = (row: JsonObject, more: JsonObject | undefined): JsonObject => {
  if (more === undefined) return row
  const merged: Record<string, unknown> = { ...row }
  for (const [key, value] of Object.entries(more)) {
    const before = merged[key]
    merged[key] = isObject(before) && isObject(value) ? merge(before, value) : value
  }
  return merged
}

type Attempt = { readonly row: JsonObject } | { readonly refused: string }

// To make it under a fresh key could make it twice: whether there is one is not known here.
const otherContent =
  "an earlier run sent this row with other content, and no ledger tells what came of it: the runtime may have it. " +
  "Import the bundle as it was then, with a ledger, and this one after it; or look for the row in the runtime, and give " +
  "another idempotencyKey when it is not there"

/** A row that the runtime does not take is left out and told; anything else ends the run, which can be run again. */
const attempt = async (call: () => Promise<JsonObject> | undefined): Promise<Attempt> => {
  try {
    return { row: (await call()) ?? {} }
  } catch (error) {
    const tag: unknown = Reflect.get(Object(error), "_tag")
    if (
      (tag === "InvalidRequest" || tag === "ConflictError") &&
      error instanceof Error &&
      Reflect.get(error, "code") !== "idempotency_key_in_use"
    ) {
      const reused = Reflect.get(error, "code") === "idempotency_key_reused"
      return { refused: reused ? otherContent : error.message }
    }
    throw error
  }
}

const summary = (rows: ReadonlyArray<ImportRow>): ReadonlyArray<string> => {
  const skipped = rows.filter(({ action }) => action === "skipped").length
  const warned = rows.filter(({ action, warnings }) => action !== "skipped" && warnings.length > 0).length
  return [
    ...(skipped > 0 ? [`${skipped} rows were skipped`] : []),
    ...(warned > 0 ? [`${warned} rows have references that lead nowhere, or fields that were refused`] : [])
  ]
}
