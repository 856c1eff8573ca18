/**
 * Proposes where ids of the source stand in a live database, by looking for the ids that the ledger knows.
 *
 * @since 0.1.0
 */
import { checkOptions } from "../errors/checkOptions.ts"
import type { Mapping } from "../ledger/Mapping.ts"
import type { Location } from "../sql/config.ts"
import { assertSeesAllRows, withAllRows } from "./allRows.ts"
import { enumWay, handWords } from "./byHand.ts"
import { type Catalog, readCatalog, type TableInfo } from "./catalog.ts"
import { isOurs } from "./leftovers.ts"
import type { NotScanned } from "./reports.ts"
import { mostlyOf, type ScannedColumn, scanDatabase, trials } from "./scan.ts"
import { type SchemaFile, schemaHints } from "./schemaHints.ts"
import type { SqlDriver } from "./SqlDriver.ts"

/**
 * A column that holds ids of the source.
 *
 * @since 0.1.0
 * @category models
 */
export interface Candidate {
  /** Ready to be used; read it first. */
  readonly location: Location
  /** Rows of the table that were looked at, and those of them with an id of the source. */
  readonly sampled: number
  readonly hits: number
  /** Why it may need a decision, such as several JSON paths or a text. */
  readonly notes: ReadonlyArray<string>
}

/**
 * What detect found, and what it did not look at.
 *
 * @since 0.2.0
 * @category models
 */
export interface Detection {
  readonly candidates: ReadonlyArray<Candidate>
  /** Columns with ids that no kind of location rewrites as a whole: what to do with each is in `reason`. */
  readonly unfit: ReadonlyArray<NotScanned>
  readonly notScanned: ReadonlyArray<NotScanned>
  /** Columns that a schema file names as if they held ids, and in which none was found among the rows that were looked at. */
  readonly unseen: ReadonlyArray<NotScanned>
}

/**
 * Options of `detectColumns`.
 *
 * @since 0.1.0
 * @category models
 */
export interface DetectOptions {
  readonly mappings: Iterable<Mapping>
  /** Rows looked at per table. Default 10,000; `Infinity` for all. */
  readonly sample?: number | undefined
  /** Tables left out. Those of a run always are. */
  readonly ignore?: ReadonlyArray<string> | undefined
  /** Schema files of Prisma, Drizzle, Rails or Django: hints where to look again. */
  readonly schemas?: ReadonlyArray<SchemaFile> | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Looks into every column that can hold an id, whatever its type is called, for ids that the ledger knows. Reads only, a few
 * rows at a time; the sample is the first rows that the database gives, so an id that is rare in a large table may be missed.
 *
 * @since 0.1.0
 * @category database
 */
export const detectColumns = async (driver: SqlDriver, options: DetectOptions): Promise<ReadonlyArray<Candidate>> =>
  (await detectDatabase(driver, options)).candidates

/**
 * The same as `detectColumns`, with what it did not look at, and with the columns whose ids no kind of location rewrites.
 *
 * @since 0.2.0
 * @category database
 */
export const detectDatabase = (driver: SqlDriver, options: DetectOptions): Promise<Detection> =>
  withAllRows(driver, async (driver) => {
    checkOptions("detectDatabase", options, { mappings: true, sample: true, ignore: true, schemas: true, signal: true })
    return detect(driver, options)
  })

const detect = async (
  driver: SqlDriver,
  { mappings, sample = 10_000, ignore = [], schemas = [], signal }: DetectOptions
): Promise<Detection> => {
  await assertSeesAllRows(driver)
  const resources = new Map<string, Set<string>>()
  const ids = new Map<string, string>()
  for (const { sourceId, resource, runtimeId } of mappings) {
    ids.set(sourceId, runtimeId)
    const known = resources.get(sourceId)
    if (known === undefined) resources.set(sourceId, new Set([resource]))
    else known.add(resource)
  }
  const catalog = await readCatalog(driver)
  const ours = isOurs(catalog)
  const { columns, skipped } = await scanDatabase(driver, catalog, {
    ids,
    sample,
    signal,
    ours: (table) => ours(table) || ignore.includes(table.table)
  })
  const candidates: Array<Candidate> = []
  const unfit: Array<NotScanned> = []
  for (const scanned of columns) {
    const reason = unfitness(driver, scanned, ids)
    if (reason === undefined) candidates.push(candidateOf(driver, catalog, scanned, resources))
    else
      unfit.push({
        ...(scanned.table.schema !== "" && { schema: scanned.table.schema }),
        table: scanned.table.table,
        reason
      })
  }
  return { candidates, unfit, notScanned: skipped, unseen: unseenOf(catalog, columns, schemas) }
}

const unseenOf = (
  catalog: Catalog,
  columns: ReadonlyArray<ScannedColumn>,
  schemas: ReadonlyArray<SchemaFile>
): ReadonlyArray<NotScanned> => {
  const places = new Map<string, NotScanned>()
  for (const file of schemas) {
    for (const hint of schemaHints(file)) {
      const table = catalog.tables.find(
        ({ table }) => table === hint.table || (hint.table.startsWith("_") && table.endsWith(hint.table))
      )
      const column = table?.columns.find(({ name }) => name === hint.column)
      if (table === undefined || column === undefined) continue
      if (columns.some((scanned) => scanned.table === table && scanned.column === column)) continue
      const place = JSON.stringify([table.schema, table.table, column.name])
      const reason = `${column.name}: ${file.name} calls it ${hint.type}, and no row that was looked at has a known id in it`
      if (!places.has(place))
        places.set(place, { ...(table.schema !== "" && { schema: table.schema }), table: table.table, reason })
    }
  }
  return [...places.values()]
}

/** Why a column is no location. */
const unfitness = (
  { dialect }: SqlDriver,
  scanned: ScannedColumn,
  ids: ReadonlyMap<string, string>
): string | undefined => {
  const { table, column, rows } = scanned
  const what = `${column.name}: ${rows} rows have ids of the source`
  if (table.kind === "materialized view") return `${what}: they follow with REFRESH MATERIALIZED VIEW`
  if (column.generated) return `${what}: they follow the column that it is computed from`
  if (mostlyOf(scanned) !== undefined) return undefined
  return `${what}: ${enumWay(dialect, column, (id) => ids.get(id)) ?? handWords(column)}`
}

const candidateOf = (
  driver: SqlDriver,
  catalog: Catalog,
  scanned: ScannedColumn,
  resources: ReadonlyMap<string, ReadonlySet<string>>
): Candidate => {
  const { table, column, total, rows } = scanned
  const kinds = new Set([...scanned.ids].flatMap((id) => [...(resources.get(id) ?? [])]))
  const base = {
    table: table.table,
    ...(table.schema === "" || table.schema === catalog.schema ? {} : { schema: table.schema }),
    column: column.name,
    ...(table.primaryKey.length > 0 ? { key: table.primaryKey } : {}),
    ...(kinds.size === 1 ? { resource: [...kinds][0] } : {})
  }
  const { kind, missed } = mostlyOf(scanned) ?? { kind: "text", missed: 0 }
  const notes = [
    ...(missed > 0
      ? [
          `${missed} of ${Math.min(rows, trials)} rows that were tried have ids that kind ${kind} does not rewrite: by hand`
        ]
      : []),
    ...keyNotes(table),
    ...(kinds.size > 1 ? [`ids of several kinds: ${[...kinds].sort().join(", ")}`] : []),
    ...(column.labels.length > 0 ? ["an enum: see what the plan says about it"] : []),
    ...(table.triggers.length > 0 ? [`has triggers: ${table.triggers.map(({ name }) => name).join(", ")}`] : [])
  ]
  const candidate = (location: Location, ...more: ReadonlyArray<string>): Candidate => ({
    location,
    sampled: total,
    hits: rows,
    notes: [...notes, ...more]
  })
  if (kind === "text") return candidate({ ...base, kind }, "ids inside of text: read some rows first")
  if (kind !== "json-any") {
    const blob = driver.dialect === "sqlite" && scanned.bytes
    return candidate({ ...base, kind, ...(blob ? { columnType: "bytes" } : {}) })
  }
  const { deep } = scanned.paths
  const paths = [...scanned.paths.paths.values()]
  const [path] = paths
  if (!deep && paths.length === 1 && path !== undefined) return candidate({ ...base, kind: "json-path", path })
  const examples = paths.slice(0, 5).map((one) => one.join("."))
  return candidate(
    { ...base, kind },
    ...(paths.length > 0
      ? [`${paths.length} paths, such as ${examples.join(", ")}`]
      : ["as keys, or in JSON of a text"])
  )
}

const keyNotes = ({ primaryKey }: TableInfo): ReadonlyArray<string> =>
  primaryKey.length > 0 ? [] : ["the table has no primary key: name columns that find one row"]
