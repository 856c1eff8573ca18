/**
 * An import for a runtime without importer: a create per row, then a second pass for what refers in circles.
 */
import { appendFileSync } from "node:fs"
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import { type Bundle, digest, idOf, isObject, type Kind, kinds, rowsOf } from "../bundle/Bundle.ts"
import { secretsNeeded } from "../bundle/secrets.ts"
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
  { ledger, secrets = {}, idempotencyKey = "", onEvent, signal }: RunImportOptions
): Promise<Omit<ImportReport, "mappings">> => {
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
  // By its place in the bundle, which may have an id twice.
  const done = new Map<string, ImportRow>()
  const refusals: Array<Refusal> = []
  const tell = (pass: 1 | 2, place: string, row: ImportRow) => {
    done.set(place, row)
    onEvent?.({ type: "row", pass, done: done.size, of: total, row })
  }
  // Also takes out a last line that was broken off, so that lines can be added.
  if (ledger !== undefined) writeLedgerFile(ledger, known)
  const remember = ({ name }: Kind, mapping: Mapping, before: string | undefined) => {
    targets.get(name)?.set(mapping.sourceId, mapping.runtimeId)
    if (ledger === undefined) return
    appendFileSync(ledger, before === undefined ? mappingsToJsonLines([mapping]) : replacingLine(mapping, before))
  }
  onEvent?.({ type: "started", mode: "rows", rows: total })

  for (const kind of kinds) {
    const { resource, name } = kind
    const rows = current.get(name) ?? new Map<string, JsonObject>()
    const seen = new Set<string>()
    for (const [at, given] of rowsOf(bundle, kind).entries()) {
      if (signal?.aborted === true) fail({ _tag: "Aborted" }, signal.reason)
      const sourceId = idOf(given)
      const place = `${name}[${at}]`
      const row = { resource, sourceId: sourceId || place }
      const reason = unfit(kind, given, seen, secrets[sourceId])
      seen.add(sourceId)
      if (reason !== undefined) {
        tell(1, place, { ...row, action: "skipped", warnings: [reason] })
        continue
      }
      const runtimeId = targets.get(name)?.get(sourceId)
      const wanted = wantedOf(ids, kind, given, targets)
      const waiting = keysOf(wanted.waiting)
      const warnings = wanted.dangling
      if (runtimeId !== undefined && rows.has(runtimeId)) {
        tell(1, place, { ...row, runtimeId, action: "unchanged", warnings })
        continue
      }
      const body = Object.fromEntries(Object.entries(wanted.row).filter(([key]) => !waiting.has(key)))
      // The key is the row's, not its content's: a run that was interrupted must find what it made. A row that is gone
      // since has an old id, and is another create.
      const key = `aywa-row-${digest(idempotencyKey, source, resource, sourceId, runtimeId ?? "")}`
      const created = await attempt(() =>
        resourceOf(aywa, kind)?.create(merge(body, secrets[sourceId]), { idempotencyKey: key, signal })
      )
      if ("refused" in created) {
        refusals.push({ ...row, fields: [], reason: created.refused })
        tell(1, place, { ...row, action: "skipped", warnings: [created.refused] })
        continue
      }
      const made = idOf(created.row)
      rows.set(made, created.row)
      remember(kind, { source, resource, sourceId, runtimeId: made }, runtimeId)
      tell(1, place, { ...row, runtimeId: made, action: "created", warnings })
    }
  }

  for (const kind of kinds) {
    for (const [at, given] of rowsOf(bundle, kind).entries()) {
      const place = `${kind.name}[${at}]`
      const before = done.get(place)
      const runtimeId = before?.runtimeId
      const stored = runtimeId === undefined ? undefined : current.get(kind.name)?.get(runtimeId)
      if (before === undefined || runtimeId === undefined || stored === undefined) continue
      if (signal?.aborted === true) fail({ _tag: "Aborted" }, signal.reason)
      const { row, dangling, waiting } = wantedOf(ids, kind, given, targets)
      const missing = waiting.map(({ at, value }) => `${at}: ${value} was not imported; it is kept`)
      const warnings = [...dangling, ...missing]
      const keys = differingKeys(kind, row, stored)
      if (keys.length === 0) {
        if (missing.length > 0) tell(2, place, { ...before, warnings })
        continue
      }
      // A change is shallow: a field is replaced whole.
      const changes = Object.fromEntries(keys.map((key) => [key, row[key]]))
      const updated = await attempt(() => resourceOf(aywa, kind)?.update(runtimeId, changes, { signal }))
      const refused = "refused" in updated ? [`${keys.join(", ")}: ${updated.refused}`] : []
      if ("refused" in updated) {
        const { resource, sourceId } = before
        refusals.push({ resource, sourceId, fields: keys, reason: updated.refused })
      }
      const action = refused.length > 0 || before.action === "created" ? before.action : "updated"
      tell(2, place, { ...before, action, changes: keys, warnings: [...warnings, ...refused] })
    }
  }
  const rows = [...done.values()]
  return { mode: "rows", rows, counts: countsOf(rows), refused: refusals, warnings: summary(rows) }
}

const unfit = (
  kind: Kind,
  row: JsonObject,
  seen: ReadonlySet<string>,
  supplied: object | undefined
): string | undefined => {
  const sourceId = idOf(row)
  if (kind.skipped !== undefined) return kind.skipped
  if (sourceId === "") return "it has no id: a second import could not know it again"
  if (seen.has(sourceId)) return "the bundle has another row with this id"
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
