/**
 * Runs an import: by the runtime's own importer, or row by row.
 *
 * @since 0.1.0
 */
import { checkOptions } from "../errors/checkOptions.ts"
import { type Names, rewriteReferences, wrongChoice } from "@aywa-ai/runtime-sdk/contract"
import type { ImportMapping, ImportResult } from "@aywa-ai/runtime-sdk"
import { type Bundle, canonical, digest, idOf, rowsOf } from "../bundle/Bundle.ts"
import { readLedgerFile, readRuntimeMappings, writeLedgerFile } from "../ledger/files.ts"
import { type Mapping, mergeMappings } from "../ledger/Mapping.ts"
import { fail } from "../errors/MigrationError.ts"
import { importRowByRow } from "./importRows.ts"
import { countsOf, hasNoImporter, type ImportCounts, type ImportRow, knownToRuntime } from "./planImport.ts"
import { kindsIn, type MigrationClient, readRuntime, targetsOf } from "./runtimeRows.ts"

/**
 * What happens while an import runs.
 *
 * @since 0.1.0
 * @category models
 */
export type ImportEvent =
  | { readonly type: "started"; readonly mode: "importer" | "rows"; readonly rows: number }
  /** Importer: a part of the bundle was taken. */
  | { readonly type: "sent"; readonly rows: number; readonly of: number }
  /** Row by row: one row is done. The second pass tells of rows that it changed. */
  | { readonly type: "row"; readonly pass: 1 | 2; readonly done: number; readonly of: number; readonly row: ImportRow }
  | { readonly type: "finished"; readonly counts: ImportCounts }

/**
 * Options of `runImport`.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunImportOptions {
  /** Names the source account: the same row of the same source is imported once. Default `vapi`. */
  readonly source?: string | undefined
  /** `importer`: `POST /imports`. `rows`: a create per row. `auto` (default): the importer, where there is one. */
  readonly mode?: "auto" | "importer" | "rows" | undefined
  /**
   * File of the ledger: read before, written after. Row by row it is JSON Lines, written row after row, and what a run
   * that was interrupted goes on from.
   */
  readonly ledger?: string | undefined
  /** Rows per request of the importer. Default: all in one, and 500 where that is too large for it (413). */
  readonly batch?: number | undefined
  /** Row by row: secrets that the operator supplies, by source id: `{ [id]: { authToken: "…" } }`. Never reported. */
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined
  /**
   * Instead of the key derived from source and bundle. The same bundle under the same key is answered from the first
   * run's answer for a day: give another one to import the same bundle anew.
   */
  readonly idempotencyKey?: string | undefined
  /**
   * Makes rows again that were imported before and deleted in the runtime since. Without it such rows are skipped row by
   * row; a runtime's own importer makes them again unless it answers from an earlier run of the same bundle.
   */
  readonly recreate?: boolean | undefined
  readonly onEvent?: ((event: ImportEvent) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * What the runtime did not take: a row, or fields of one that are missing there now.
 *
 * @since 0.2.0
 * @category models
 */
export interface Refusal {
  readonly resource: string
  readonly sourceId: string
  /** Top-level fields; empty for a whole row. */
  readonly fields: ReadonlyArray<string>
  readonly reason: string
}

/**
 * What an import did.
 *
 * @since 0.1.0
 * @category models
 */
export interface ImportReport {
  readonly mode: "importer" | "rows"
  readonly rows: ReadonlyArray<ImportRow>
  readonly counts: ImportCounts
  /** The ledger: what was known before and what came. */
  readonly mappings: ReadonlyArray<Mapping>
  readonly warnings: ReadonlyArray<string>
  /** Row by row: what the runtime refused. The import is not whole until this is empty; an importer warns instead. */
  readonly refused: ReadonlyArray<Refusal>
}

/**
 * Imports a bundle. Run it again after anything that went wrong: rows match by source and source id, requests carry
 * idempotency keys derived from the bundle, and it ends in the same state.
 *
 * **Details**
 *
 * The importer gets the bundle whole, and rewrites references itself. Row by row, rows are created in the order of
 * their dependencies, without the fields that refer to rows to come; a second pass adds those fields, and brings every
 * row to what the source has. What the runtime's owner changed there meanwhile is written over.
 *
 * @since 0.1.0
 * @category import
 */
export const runImport = async (
  aywa: MigrationClient,
  bundle: Bundle,
  options: RunImportOptions = {}
): Promise<ImportReport> => {
  checkOptions("runImport", options, names)
  const { source = "vapi", mode = "auto", ledger, onEvent } = options
  const wrongMode = wrongChoice(mode, modes)
  if (wrongMode !== undefined) fail({ _tag: "InvalidConfig", field: "mode", detail: wrongMode })
  const known = ledger === undefined ? [] : readLedgerFile(ledger)
  const outcome =
    mode === "rows"
      ? undefined
      : await withFiles(bundle, source, known, (rest) => byImporter(aywa, rest, source, mode, known, options))
  const report = outcome ?? (await importRowByRow(aywa, bundle, source, known, options))
  const found = report.rows.flatMap(({ resource, sourceId, runtimeId }) =>
    runtimeId === undefined ? [] : [{ source, resource, sourceId, runtimeId }]
  )
  // Read again: another run may have added to it. A row that was gone and came again has a new id: the old one is of no
  // use any more.
  const renewed = new Set(found.map(({ resource, sourceId }) => canonical([source, resource, sourceId])))
  const others = (ledger === undefined ? known : readLedgerFile(ledger)).filter(
    (one) => !renewed.has(canonical([one.source, one.resource, one.sourceId]))
  )
  const mappings =
    ledger === undefined ? mergeMappings(found) : writeLedgerFile(ledger, mergeMappings(others, found), "replace")
  onEvent?.({ type: "finished", counts: report.counts })
  return { ...report, mappings }
}

/** The importer knows nothing of files that were uploaded: it gets a bundle that refers to them by their new ids. */
const withFiles = async (
  bundle: Bundle,
  source: string,
  known: ReadonlyArray<Mapping>,
  work: (rest: Bundle) => Promise<Outcome | undefined>
): Promise<Outcome | undefined> => {
  const uploaded = targetsOf(known, source).get("files") ?? new Map<string, string>()
  if (uploaded.size === 0) return work(bundle)
  const rewritten = kindsIn(bundle).map(({ name }) => [
    name,
    (bundle[name] ?? []).map(
      (row) => rewriteReferences(name, row, ({ to, value }) => (to === "files" ? uploaded.get(value) : value)).row
    )
  ])
  const { files = [] } = bundle
  const left = files.filter((row) => !uploaded.has(idOf(row)))
  const outcome = await work({ ...bundle, ...Object.fromEntries(rewritten), files: left })
  const rows = files.flatMap((row): ReadonlyArray<ImportRow> => {
    const runtimeId = uploaded.get(idOf(row))
    return runtimeId === undefined
      ? []
      : [{ resource: "file", sourceId: idOf(row), runtimeId, action: "unchanged", warnings: [] }]
  })
  if (outcome === undefined) return undefined
  const all = [...rows, ...outcome.rows]
  return { ...outcome, rows: all, counts: countsOf(all) }
}

type Outcome = Omit<ImportReport, "mappings">

// True of what the runtime did then; whatever changed there since, it did not look at.
const replayedWarning =
  "the runtime answered from an earlier run of the same bundle and changed nothing now: compare the accounts, or give " +
  "another idempotencyKey to import it anew"

// An import of ten thousand rows takes its time.
const patience = { timeout: 600_000, deadline: 1_800_000 }

const byImporter = async (
  aywa: MigrationClient,
  bundle: Bundle,
  source: string,
  mode: "auto" | "importer",
  known: ReadonlyArray<Mapping>,
  { batch, idempotencyKey, recreate, onEvent, signal }: RunImportOptions
): Promise<Outcome | undefined> => {
  const total = Object.values(bundle).reduce((sum, rows) => sum + rows.length, 0)
  // Rows that are gone are part of the key: an answer from before they went is no answer to this.
  const gone = recreate === true ? await goneRows(aywa, bundle, source, known, signal) : []
  const send = async (part: Bundle, name: string): Promise<ImportResult> => {
    const key = `aywa-import-${digest(idempotencyKey ?? source, name, canonical(part), ...gone)}`
    const { value, response } = await aywa.imports
      .create({ source, bundle: part }, { ...patience, idempotencyKey: key, signal })
      .withResponse()
    return response.replayed ? asOfNow(value, await readRuntimeMappings(aywa, { source, signal })) : value
  }
  if (batch === undefined) {
    if (!fitsOneText(bundle)) {
      const detail =
        "the bundle is larger than one JSON text can be (512 MB): send it in parts, such as 500 rows (--batch 500)"
      return fail({ _tag: "InvalidConfig", field: "batch", detail })
    }
    try {
      onEvent?.({ type: "started", mode: "importer", rows: total })
      const result = await send(bundle, "whole")
      onEvent?.({ type: "sent", rows: total, of: total })
      return outcomeOf(result.mappings.map(rowOf), result.warnings)
    } catch (error) {
      if (mode === "auto" && hasNoImporter(error)) return undefined
      if (Reflect.get(Object(error), "status") !== 413) throw error
    }
  }
  return inParts(bundle, batch ?? 500, total, send, onEvent)
}

/** Whether a bundle can be sent as one text. Row by row: what does not fit cannot be made to be measured. */
const fitsOneText = (bundle: Bundle): boolean => {
  let left = 0x1fff_ffe8 - 1000
  for (const rows of Object.values(bundle)) {
    for (const row of rows) if ((left -= JSON.stringify(row).length + 1) < 0) return false
  }
  return true
}

/** An earlier answer, with the ids that rows have by now: one that was deleted may have been made again since. */
const asOfNow = (value: ImportResult, mappings: ReadonlyArray<Mapping>): ImportResult => {
  const now = new Map(mappings.map((one) => [canonical([one.resource, one.sourceId]), one.runtimeId]))
  return {
    ...value,
    mappings: value.mappings.map((row) => {
      const runtimeId = now.get(canonical([row.resource, row.sourceId]))
      return runtimeId === undefined ? row : { ...row, runtimeId }
    }),
    warnings: [...value.warnings, replayedWarning]
  }
}

/** Ids of rows that were imported and are not in the runtime any more. */
const goneRows = async (
  aywa: MigrationClient,
  bundle: Bundle,
  source: string,
  known: ReadonlyArray<Mapping>,
  signal: AbortSignal | undefined
): Promise<ReadonlyArray<string>> => {
  const targets = targetsOf([...known, ...(await knownToRuntime(aywa, source, signal))], source)
  const current = await readRuntime(aywa, kindsIn(bundle), targets, signal)
  return kindsIn(bundle).flatMap(({ name }) => {
    const rows = current.get(name)
    return [...(targets.get(name)?.values() ?? [])].filter((id) => rows?.has(id) !== true).sort()
  })
}

/** A bundle that is too large goes in parts; references to parts to come are rewritten when all were sent once. */
const inParts = async (
  bundle: Bundle,
  size: number,
  total: number,
  send: (part: Bundle, name: string) => Promise<ImportResult>,
  onEvent: RunImportOptions["onEvent"]
): Promise<Outcome> => {
  if (!Number.isInteger(size) || size < 1)
    return fail({ _tag: "InvalidConfig", field: "batch", detail: "expected 1 row or more" })
  const parts: Array<Bundle> = []
  for (const kind of kindsIn(bundle)) {
    const rows = rowsOf(bundle, kind)
    for (let at = 0; at < rows.length; at += size) parts.push({ [kind.name]: rows.slice(at, at + size) })
  }
  const others = Object.entries(bundle).filter(([name]) => !kindsIn(bundle).some((kind) => kind.name === name))
  if (others.some(([, rows]) => rows.length > 0)) parts.push(Object.fromEntries(others))
  const rows = new Map<string, ImportRow>()
  const warnings = new Set<string>()
  for (const pass of [1, 2] as const) {
    let sent = 0
    warnings.clear()
    for (const part of parts) {
      const result = await send(part, `pass ${pass}`)
      sent += Object.values(part).reduce((sum, rows) => sum + rows.length, 0)
      onEvent?.({ type: "sent", rows: sent, of: total })
      for (const row of result.mappings.map(rowOf)) {
        const key = canonical([row.resource, row.sourceId])
        const before = rows.get(key)?.action
        // What the first pass created is created, whatever the second one added to it.
        const kept = before === "created" || row.action === "unchanged" ? before : undefined
        rows.set(key, { ...row, action: kept ?? row.action })
      }
      for (const warning of result.warnings) warnings.add(warning)
    }
  }
  return outcomeOf([...rows.values()], [...warnings])
}

const rowOf = ({ resource, sourceId, runtimeId, action, warnings }: ImportMapping): ImportRow => ({
  resource,
  sourceId,
  ...(typeof runtimeId === "string" ? { runtimeId } : {}),
  action: isAction(action) ? action : "skipped",
  warnings: warnings ?? []
})

const isAction = (action: string): action is ImportRow["action"] => /^(created|updated|unchanged)$/.test(action)

const outcomeOf = (rows: ReadonlyArray<ImportRow>, warnings: ReadonlyArray<string>): Outcome => ({
  mode: "importer",
  rows,
  counts: countsOf(rows),
  refused: [],
  warnings
})

const modes = ["auto", "importer", "rows"]

const names: Names<RunImportOptions> = {
  source: true,
  mode: true,
  ledger: true,
  batch: true,
  secrets: true,
  idempotencyKey: true,
  recreate: true,
  onEvent: true,
  signal: true
}
