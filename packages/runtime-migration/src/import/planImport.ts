/**
 * What an import would do, before it is done.
 *
 * @since 0.1.0
 */
import { checkOptions } from "../errors/checkOptions.ts"
import { type Bundle, idOf, kinds, rowsOf } from "../bundle/Bundle.ts"
import { checkBundle, type BundleReport } from "../bundle/checkBundle.ts"
import { readRuntimeMappings } from "../ledger/files.ts"
import type { Mapping } from "../ledger/Mapping.ts"
import {
  differingKeys,
  idsIn,
  keysOf,
  kindsIn,
  type MigrationClient,
  readRuntime,
  targetsOf,
  wantedOf
} from "./runtimeRows.ts"

/**
 * One row of an import.
 *
 * @since 0.1.0
 * @category models
 */
export interface ImportRow {
  readonly resource: string
  readonly sourceId: string
  /** Absent for a row that is not there yet, or was skipped. */
  readonly runtimeId?: string
  readonly action: "created" | "updated" | "unchanged" | "skipped"
  /** For `updated`: the fields that differ. */
  readonly changes?: ReadonlyArray<string>
  /** Why, and what is left to do. */
  readonly warnings: ReadonlyArray<string>
}

/**
 * Rows by what happens to them.
 *
 * @since 0.1.0
 * @category models
 */
export interface ImportCounts {
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly skipped: number
}

/**
 * What an import would do.
 *
 * @since 0.1.0
 * @category models
 */
export interface ImportPlan {
  readonly rows: ReadonlyArray<ImportRow>
  readonly counts: ImportCounts
  /** The check of the bundle itself. */
  readonly bundle: BundleReport
}

/**
 * Options of `planImport`.
 *
 * @since 0.1.0
 * @category models
 */
export interface PlanImportOptions {
  /** Names the source account. Default `vapi`. */
  readonly source?: string | undefined
  /** The ledger so far. Default: what the runtime says of its earlier imports. */
  readonly mappings?: Iterable<Mapping> | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Plans an import: reads the runtime, compares row by row, changes nothing. `updated` means that the row is there and
 * differs in the fields of `changes`; an importer leaves those alone that only the runtime changed.
 *
 * @since 0.1.0
 * @category import
 */
export const planImport = async (
  aywa: MigrationClient,
  bundle: Bundle,
  options: PlanImportOptions = {}
): Promise<ImportPlan> => {
  checkOptions("planImport", options, { source: true, mappings: true, signal: true })
  const { source = "vapi", mappings, signal } = options
  const targets = targetsOf(mappings ?? (await knownToRuntime(aywa, source, signal)), source)
  const current = await readRuntime(aywa, kindsIn(bundle), targets, signal)
  const ids = idsIn(bundle)
  const rows: Array<ImportRow> = []
  for (const kind of kinds) {
    const { resource, name, skipped } = kind
    const seen = new Set<string>()
    for (const [at, given] of rowsOf(bundle, kind).entries()) {
      const sourceId = idOf(given)
      const uploaded = name === "files" ? targets.get(name)?.get(sourceId) : undefined
      if (uploaded !== undefined) {
        rows.push({ resource, sourceId, runtimeId: uploaded, action: "unchanged", warnings: [] })
        continue
      }
      const reason =
        skipped ??
        (sourceId === "" ? "it has no id" : seen.has(sourceId) ? "the bundle has another row with this id" : undefined)
      seen.add(sourceId)
      if (reason !== undefined) {
        rows.push({ resource, sourceId: sourceId || `${name}[${at}]`, action: "skipped", warnings: [reason] })
        continue
      }
      const runtimeId = targets.get(name)?.get(sourceId)
      const stored = runtimeId === undefined ? undefined : current.get(name)?.get(runtimeId)
      const wanted = wantedOf(ids, kind, given, targets)
      const warnings = wanted.dangling
      if (runtimeId === undefined || stored === undefined) {
        const gone = runtimeId === undefined ? [] : [goneSince]
        rows.push({ resource, sourceId, action: "created", warnings: [...warnings, ...gone] })
        continue
      }
      const changes = [...new Set([...differingKeys(kind, wanted.row, stored), ...keysOf(wanted.waiting)])]
      rows.push(
        changes.length === 0
          ? { resource, sourceId, runtimeId, action: "unchanged", warnings }
          : { resource, sourceId, runtimeId, action: "updated", changes, warnings }
      )
    }
  }
  return { rows, counts: countsOf(rows), bundle: checkBundle(bundle) }
}

const goneSince = "it was imported before and is gone: it is created again, row by row when asked (recreate)"

/** Rows by action. */
export const countsOf = (rows: ReadonlyArray<Pick<ImportRow, "action">>): ImportCounts => {
  const counts = { created: 0, updated: 0, unchanged: 0, skipped: 0 }
  for (const { action } of rows) counts[action]++
  return counts
}

/** A runtime without importer knows nothing of earlier imports. */
export const knownToRuntime = async (
  aywa: MigrationClient,
  source: string,
  signal: AbortSignal | undefined
): Promise<ReadonlyArray<Mapping>> => {
  try {
    return await readRuntimeMappings(aywa, { source, signal })
  } catch (error) {
    if (hasNoImporter(error)) return []
    throw error
  }
}

/** Whether an error says that the runtime has no import routes. */
export const hasNoImporter = (error: unknown): boolean =>
  typeof error === "object" && error !== null && [404, 405, 501].includes(Number(Reflect.get(error, "status")))
