/**
 * The ledger in a file, and read back from the runtime.
 *
 * @since 0.1.0
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import type { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { mappingsToCsv, mappingsToJsonLines, parseMappings } from "./format.ts"
import { keyOf, type Mapping, mergeMappings } from "./Mapping.ts"

/**
 * Reads a ledger file: JSON Lines, CSV or a JSON list. A file that is not there is an empty ledger.
 *
 * @since 0.1.0
 * @category ledger
 */
export const readLedgerFile = (file: string): ReadonlyArray<Mapping> =>
  existsSync(file) ? mergeMappings(parseMappings(readFileSync(file, "utf8"), file)) : []

/**
 * Merges mappings into a ledger file and gives all that it holds then. `.csv` is written as CSV, anything else as
 * JSON Lines. The file is replaced in one step, so that a crash leaves the old one or the new one. A conflict leaves
 * it untouched. `replace` forgets what the file held.
 *
 * @since 0.1.0
 * @category ledger
 */
export const writeLedgerFile = (
  file: string,
  mappings: Iterable<Mapping>,
  how: "merge" | "replace" = "merge"
): ReadonlyArray<Mapping> => {
  const merged = mergeMappings(how === "merge" ? readLedgerFile(file) : [], mappings)
  replaceFile(file, file.endsWith(".csv") ? mappingsToCsv(merged) : mappingsToJsonLines(merged))
  return merged
}

/** Writes beside the file, makes sure that it is on disk, then renames. */
export const replaceFile = (file: string, text: string): void => {
  const beside = `${file}.${process.pid}.tmp`
  try {
    const descriptor = openSync(beside, "w", 0o600)
    try {
      writeFileSync(descriptor, text)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(beside, file)
  } catch (error) {
    rmSync(beside, { force: true })
    throw error
  }
}

/**
 * A ledger in SQLite (`node:sqlite`): for tens of thousands of rows, and for programs that look ids up all day.
 *
 * @since 0.1.0
 * @category models
 */
export interface SqliteLedger extends Disposable {
  /** Adds mappings, all or none. The same key with another runtime id is a `MappingConflict`. */
  readonly add: (mappings: Iterable<Mapping>) => void
  /** The runtime's id of a row of the source. */
  readonly find: (key: Omit<Mapping, "runtimeId">) => string | undefined
  readonly all: () => ReadonlyArray<Mapping>
  readonly close: () => void
}

/**
 * Opens a ledger in a SQLite file, or in memory with `":memory:"`.
 *
 * @since 0.1.0
 * @category ledger
 */
export const openSqliteLedger = async (file: string): Promise<SqliteLedger> => {
  const { DatabaseSync } = await import("node:sqlite")
  const database = new DatabaseSync(file)
  database.exec(`PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS aywa_mapping (source TEXT NOT NULL, resource TEXT NOT NULL, source_id TEXT NOT NULL,
      runtime_id TEXT NOT NULL, PRIMARY KEY (source, resource, source_id)) STRICT, WITHOUT ROWID`)
  const insert = database.prepare("INSERT INTO aywa_mapping VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
  const select = database.prepare(
    "SELECT runtime_id AS id FROM aywa_mapping WHERE source = ? AND resource = ? AND source_id = ?"
  )
  const find: SqliteLedger["find"] = ({ source, resource, sourceId }) => {
    const row = select.get(source, resource, sourceId)
    return typeof row?.["id"] === "string" ? row["id"] : undefined
  }
  const add: SqliteLedger["add"] = (mappings) => {
    database.exec("BEGIN IMMEDIATE")
    try {
      for (const mapping of mappings) {
        const { source, resource, sourceId, runtimeId } = mapping
        if (insert.run(source, resource, sourceId, runtimeId).changes === 0) {
          const known = find(mapping)
          // Throws where the two differ.
          mergeMappings([{ source, resource, sourceId, runtimeId: known ?? runtimeId }], [mapping])
        }
      }
      database.exec("COMMIT")
    } catch (error) {
      database.exec("ROLLBACK")
      throw error
    }
  }
  const all: SqliteLedger["all"] = () =>
    database
      .prepare("SELECT source, resource, source_id, runtime_id FROM aywa_mapping ORDER BY source, resource, source_id")
      .all()
      .map((row) => ({
        source: String(row["source"]),
        resource: String(row["resource"]),
        sourceId: String(row["source_id"]),
        runtimeId: String(row["runtime_id"])
      }))
  const close = () => database.close()
  return { add, find, all, close, [Symbol.dispose]: close }
}

/**
 * Options of `readRuntimeMappings`.
 *
 * @since 0.1.0
 * @category models
 */
export interface ReadRuntimeMappingsOptions {
  /** Only imports of this source. Default: all. */
  readonly source?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads the ledger back from the runtime: the mappings of all of its imports. A row that was imported again is there
 * once. Makes one request per page of imports and of mappings.
 *
 * @since 0.1.0
 * @category ledger
 */
export const readRuntimeMappings = async (
  aywa: Pick<AywaRuntimeClient, "imports">,
  { source, signal }: ReadRuntimeMappingsOptions = {}
): Promise<ReadonlyArray<Mapping>> => {
  // Newest first: a row that was deleted and imported anew has its newest id.
  const merged = new Map<string, Mapping>()
  for await (const imported of aywa.imports.list({ limit: 100 }, { signal })) {
    if (source !== undefined && imported.source !== source) continue
    for await (const { resource, sourceId, runtimeId } of aywa.imports.mappings(
      imported.id,
      { limit: 1000 },
      { signal }
    )) {
      if (typeof runtimeId !== "string") continue
      const mapping = { source: imported.source, resource, sourceId, runtimeId }
      if (!merged.has(keyOf(mapping))) merged.set(keyOf(mapping), mapping)
    }
  }
  return [...merged.values()]
}
