/**
 * Proposes where ids of the source stand in a live database, by looking for the ids that the ledger knows.
 *
 * @since 0.1.0
 */
import type { Mapping } from "../ledger/Mapping.ts"
import { fail } from "../errors/MigrationError.ts"
import type { Location } from "../sql/config.ts"
import { quoteName } from "../sql/names.ts"
import { assertSeesAllRows, withAllRows } from "./allRows.ts"
import { type ColumnInfo, readCatalog, type TableInfo } from "./catalog.ts"
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
  /** Rows that were looked at, and those of them with an id of the source. */
  readonly sampled: number
  readonly hits: number
  /** Why it may need a decision, such as several JSON paths or a text. */
  readonly notes: ReadonlyArray<string>
}

/**
 * Options of `detectColumns`.
 *
 * @since 0.1.0
 * @category models
 */
export interface DetectOptions {
  readonly mappings: Iterable<Mapping>
  /** Rows looked at per column, those with a value only. Default 10,000; `Infinity` for all. */
  readonly sample?: number | undefined
  /** Tables left out. Those that begin with `aywa_migration`, and in PostgreSQL those of that schema, always are. */
  readonly ignore?: ReadonlyArray<string> | undefined
  readonly signal?: AbortSignal | undefined
}

const searchable = /char|text|clob|uuid|json|enum|^$|string/

/**
 * Looks into every column of text, UUIDs, JSON and arrays for ids that the ledger knows. Reads only; the sample is the
 * first rows that the database gives, so an id that is rare in a large table may be missed.
 *
 * @since 0.1.0
 * @category database
 */
export const detectColumns = (driver: SqlDriver, options: DetectOptions): Promise<ReadonlyArray<Candidate>> =>
  withAllRows(driver, () => detect(driver, options))

const detect = async (
  driver: SqlDriver,
  { mappings, sample = 10_000, ignore = [], signal }: DetectOptions
): Promise<ReadonlyArray<Candidate>> => {
  await assertSeesAllRows(driver)
  const resources = new Map<string, Set<string>>()
  for (const { sourceId, resource } of mappings) {
    const known = resources.get(sourceId)
    if (known === undefined) resources.set(sourceId, new Set([resource]))
    else known.add(resource)
  }
  const catalog = await readCatalog(driver)
  const candidates: Array<Candidate> = []
  for (const table of catalog.tables) {
    if (table.view || ignore.includes(table.table) || table.table.startsWith("aywa_migration")) continue
    for (const column of table.columns) {
      if (signal?.aborted === true) fail({ _tag: "Aborted" }, signal.reason)
      if (column.generated || !searchable.test(column.type)) continue
      const values = await readColumn(driver, table, column, sample)
      candidates.push(...judge(driver, catalog.schema, table, column, values, resources))
    }
  }
  return candidates
}

const readColumn = async (
  driver: SqlDriver,
  table: TableInfo,
  column: ColumnInfo,
  sample: number
): Promise<ReadonlyArray<string>> => {
  const quote = (name: string) => quoteName(driver.dialect, name)
  const from = table.schema === "" ? quote(table.table) : `${quote(table.schema)}.${quote(table.table)}`
  const value =
    driver.dialect === "postgres" && column.type.endsWith("[]")
      ? `to_json(${quote(column.name)})::text`
      : driver.dialect === "postgres"
        ? `${quote(column.name)}::text`
        : driver.dialect === "mysql"
          ? `CONVERT(${quote(column.name)} USING utf8mb4)`
          : quote(column.name)
  const limit = Number.isFinite(sample) ? ` LIMIT ${Math.max(1, Math.trunc(sample))}` : ""
  const { rows } = await driver.run(`SELECT ${value} AS v FROM ${from} WHERE ${quote(column.name)} IS NOT NULL${limit}`)
  return rows.map((row) => row["v"]).filter((value) => typeof value === "string")
}

type Path = ReadonlyArray<string | number>

const judge = (
  driver: SqlDriver,
  schema: string,
  table: TableInfo,
  column: ColumnInfo,
  values: ReadonlyArray<string>,
  resources: ReadonlyMap<string, ReadonlySet<string>>
): ReadonlyArray<Candidate> => {
  const seen = new Set<string>()
  const whole = { hits: 0 }
  const inside = { hits: 0 }
  const json = { hits: 0, deep: false, paths: new Map<string, Path>() }
  for (const value of values) {
    const known = (id: string): boolean => {
      if (!resources.has(id)) return false
      seen.add(id)
      return true
    }
    if (known(value)) {
      whole.hits++
      continue
    }
    const parsed = parse(value)
    const paths = parsed === undefined ? [] : [...pathsOf(parsed, [], known)]
    if (paths.length > 0) {
      json.hits++
      for (const path of paths) {
        json.deep ||= path.some((step) => typeof step === "number" || /["\\\p{Cc}]/u.test(step) || step === "")
        json.paths.set(JSON.stringify(path), path)
      }
    } else if (value.match(/[A-Za-z0-9_-]{20,}/g)?.some(known) === true) inside.hits++
  }
  const found = new Set([...seen].flatMap((id) => [...(resources.get(id) ?? [])]))
  const base = {
    table: table.table,
    ...(table.schema === "" || table.schema === schema ? {} : { schema: table.schema }),
    column: column.name,
    ...(table.primaryKey.length > 0 ? { key: table.primaryKey } : {}),
    ...(found.size === 1 ? { resource: [...found][0] } : {})
  }
  const notes = [
    ...(table.primaryKey.length > 0 ? [] : ["the table has no primary key: name columns that find one row"]),
    ...(found.size > 1 ? [`ids of several kinds: ${[...found].sort().join(", ")}`] : []),
    ...(table.triggers.length > 0 ? [`has triggers: ${table.triggers.join(", ")}`] : [])
  ]
  const candidate = (location: Location, hits: number, ...more: ReadonlyArray<string>): Candidate => ({
    location,
    sampled: values.length,
    hits,
    notes: [...notes, ...more]
  })
  if (json.hits > 0) {
    const { hits, deep, paths } = json
    if (driver.dialect === "postgres" && column.type.endsWith("[]"))
      return [candidate({ ...base, kind: "array" }, hits)]
    if (!deep && paths.size === 1) {
      return [...paths.values()].map((path) => candidate({ ...base, kind: "json-path", path }, hits))
    }
    const listed = [...paths.values()].slice(0, 5).map((path) => path.join("."))
    return [candidate({ ...base, kind: "json-any" }, hits, `${paths.size} paths, such as ${listed.join(", ")}`)]
  }
  if (whole.hits > 0) {
    const others = inside.hits > 0 ? [`${inside.hits} rows have ids inside of text as well: kind text takes both`] : []
    return [candidate({ ...base, kind: inside.hits > 0 ? "text" : "id" }, whole.hits + inside.hits, ...others)]
  }
  return inside.hits > 0
    ? [candidate({ ...base, kind: "text" }, inside.hits, "ids inside of text: read some rows first")]
    : []
}

const parse = (value: string): unknown => {
  if (!/^\s*[[{"]/.test(value)) return undefined
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}

function* pathsOf(value: unknown, path: Path, known: (id: string) => boolean): Generator<Path> {
  if (typeof value === "string") {
    if (known(value)) yield path
    return
  }
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) yield* pathsOf(item, [...path, at], known)
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) yield* pathsOf(item, [...path, key], known)
  }
}
