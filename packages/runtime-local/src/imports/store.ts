/**
 * Where imports are remembered: which source row became which row of the runtime, and what each import did.
 */
import type { SQLInputValue } from "node:sqlite"
import type { Store } from "../store/Store.ts"
import type { JsonObject } from "../json/object.ts"
import { withSecrets } from "../rows/secrets.ts"

/** Where a source row went in an earlier import. */
export interface Mapped {
  readonly sourceId: string
  readonly runtimeId: string
  /** Digest of the row as it was imported last, references rewritten. */
  readonly hash: string
  /** The name that it had in the source then. */
  readonly name: string | null
}

/** A row that the runtime has already. */
export interface Existing {
  readonly id: string
  readonly seq: number
  readonly version: number
  readonly uniqueKey: string | null
  readonly name: string | null
  /** Whether the row says that it is disabled. */
  readonly disabled: number
}

/** What earlier imports of this source did with rows of a kind. */
export const mappedRows = (store: Store, organization: string, source: string, kind: string): ReadonlyArray<Mapped> =>
  store.all<Mapped>(
    `SELECT source_id AS "sourceId", runtime_id AS "runtimeId", hash, base ->> '$.name' AS name FROM import_sources
     WHERE org_id = ? AND source = ? AND kind = ?`,
    organization,
    source,
    kind
  )

/** The rows of a kind that the organization has. */
export const existingRows = (store: Store, organization: string, kind: string): ReadonlyArray<Existing> =>
  store.all<Existing>(
    `SELECT id, seq, version, unique_key AS "uniqueKey", body ->> '$.name' AS name,
            body ->> '$.enabled' IS 0 AS disabled FROM resource_rows
     WHERE resource = ? AND org_id = ?`,
    kind,
    organization
  )

/** A row as it was imported last, and as it stands now. */
export interface Earlier {
  readonly base: JsonObject
  readonly current: JsonObject
}

/** Reads both sides of a row that is to be changed. */
export const earlierRow = (
  store: Store,
  organization: string,
  source: string,
  kind: string,
  sourceId: string,
  seq: number
): Earlier | undefined => {
  const row = store.get<{ base: string; body: string; secrets: string | null }>(
    `SELECT s.base, r.body, r.secrets FROM import_sources AS s JOIN resource_rows AS r ON r.seq = ?
     WHERE s.org_id = ? AND s.source = ? AND s.kind = ? AND s.source_id = ?`,
    seq,
    organization,
    source,
    kind,
    sourceId
  )
  if (row === undefined) return undefined
  // Both were written by the importer or by the CRUD handlers: always objects.
  return {
    base: JSON.parse(row.base) as JsonObject,
    current: withSecrets(JSON.parse(row.body) as JsonObject, row.secrets)
  }
}

/** What is written for one source row. */
export interface Write {
  readonly kind: string
  readonly sourceId: string
  readonly runtimeId: string
  readonly hash: string
  /** JSON of the row as imported, references rewritten. */
  readonly base: string
  /** JSON of the stored row; `undefined` when only the base is new. */
  readonly body: string | undefined
  /** JSON of what the stored row hides. */
  readonly secrets: string | null
  readonly uniqueKey: string | null
  /** What was remembered of the source row when the write was planned. */
  readonly mapped: Mapped | undefined
  /** The row that is changed; `undefined` for a new one. */
  readonly over: { readonly seq: number; readonly version: number } | undefined
}

/** The runtime changed between the planning of an import and its writing. */
export class StalePlan extends Error {
  override readonly name = "StalePlan"
}

/** Writes rows and what is remembered of them, inside a transaction; throws `StalePlan` when one does not fit. */
export const writeRows = (
  store: Store,
  organization: string,
  source: string,
  now: number,
  writes: ReadonlyArray<Write>
): void => {
  for (const write of writes) {
    if (write.body !== undefined) writeRow(store, organization, now, write)
    const values = [write.runtimeId, write.hash, write.base, organization, source, write.kind, write.sourceId]
    const remembered =
      write.mapped === undefined
        ? store.run(
            `INSERT OR IGNORE INTO import_sources (runtime_id, hash, base, org_id, source, kind, source_id)
             VALUES (?, ?, ?, ?, ?, ?, ?)`,
            ...values
          )
        : store.run(
            `UPDATE import_sources SET runtime_id = ?, hash = ?, base = ?
             WHERE org_id = ? AND source = ? AND kind = ? AND source_id = ? AND runtime_id = ? AND hash = ?`,
            ...values,
            write.mapped.runtimeId,
            write.mapped.hash
          )
    if (remembered !== 1) throw new StalePlan()
  }
}

const writeRow = (store: Store, organization: string, now: number, { kind, over, runtimeId, ...write }: Write) => {
  const values: ReadonlyArray<SQLInputValue> = [write.uniqueKey, now, write.body ?? "", write.secrets]
  const changed =
    over === undefined
      ? store.run(
          `INSERT OR IGNORE INTO resource_rows (unique_key, updated_at, body, secrets, created_at, resource, org_id, id)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
          ...values,
          now,
          kind,
          organization,
          runtimeId
        )
      : store.run(
          `UPDATE OR IGNORE resource_rows SET unique_key = ?, updated_at = ?, body = ?, secrets = ?, version = version + 1
           WHERE seq = ? AND version = ?`,
          ...values,
          over.seq,
          over.version
        )
  if (changed !== 1) throw new StalePlan()
}

/** Remembers where each row of an import went, in the order of the bundle. */
export const writeMappings = (store: Store, importId: string, mappings: ReadonlyArray<unknown>): void => {
  // One statement for all of them: ten thousand of their own would hold up everybody else.
  store.run(
    "INSERT INTO import_mappings (import_id, n, body) SELECT ?, key, value FROM json_each(?)",
    importId,
    JSON.stringify(mappings.map((mapping) => JSON.stringify(mapping)))
  )
}

/** The mappings of an import from the `from`th on, as JSON. */
export const readMappings = (store: Store, importId: string, from: number, limit: number): ReadonlyArray<string> =>
  store
    .all<{ body: string }>(
      "SELECT body FROM import_mappings WHERE import_id = ? AND n >= ? ORDER BY n LIMIT ?",
      importId,
      from,
      limit
    )
    .map(({ body }) => body)

/** How many rows an import had. */
export const countMappings = (store: Store, importId: string): number =>
  store.get<{ n: number }>("SELECT count(*) AS n FROM import_mappings WHERE import_id = ?", importId)?.n ?? 0
