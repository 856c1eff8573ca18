/**
 * One pass over every table of a database: which columns hold ids of the source, and which kind of location would rewrite
 * them. Nothing of it is shared with the SQL that rewrites.
 */
import { isMigrationError } from "../errors/MigrationError.ts"
import { isUuid } from "../ledger/forms.ts"
import { type Resolve, rewriteJson, rewriteText } from "../ledger/rewrite.ts"
import type { Dialect, Location } from "../sql/config.ts"
import { quoteName } from "../sql/names.ts"
import { isOfEnum, itemsOf } from "./byHand.ts"
import type { Catalog, ColumnInfo, TableInfo } from "./catalog.ts"
import { check } from "./checks.ts"
import { makePaths, type Paths } from "./jsonPaths.ts"
import { makeMatcher, type Matcher } from "./matcher.ts"
import type { NotScanned } from "./reports.ts"
import { rowsOf, type SqlDriver } from "./SqlDriver.ts"

/** What a kind of location would do, from the most to the least exact. */
export type ScanKind = "id" | "array" | "json-any" | "text"

/** A column that holds ids. */
export interface ScannedColumn {
  readonly table: TableInfo
  readonly column: ColumnInfo
  /** Rows that were looked at, those of them with an id, and those that each kind would rewrite as a whole. */
  readonly total: number
  readonly rows: number
  readonly kinds: ReadonlyMap<ScanKind, number>
  /** Ids that were found, some hundred at most. */
  readonly ids: ReadonlySet<string>
  /** Of a column of JSON: where they stand. */
  readonly paths: Paths
  /** Whether some of the values are bytes. */
  readonly bytes: boolean
}

/** What a pass gave. */
export interface Scan {
  readonly columns: ReadonlyArray<ScannedColumn>
  readonly skipped: ReadonlyArray<NotScanned>
}

/** What is looked for, and where. */
export interface ScanOptions {
  /** Source ids with what they become. */
  readonly ids: ReadonlyMap<string, string>
  /** Rows looked at per table; default all. */
  readonly sample?: number | undefined
  /** Tables left out without a word: those of a run. */
  readonly ours: (table: TableInfo) => boolean
  readonly signal?: AbortSignal | undefined
  readonly onTable?: ((label: string, done: number, total: number) => void) | undefined
}

/** Looks over a database. */
export const scanDatabase = async (driver: SqlDriver, catalog: Catalog, options: ScanOptions): Promise<Scan> => {
  const matcher = makeMatcher(options.ids.keys())
  const columns: Array<ScannedColumn> = []
  const skipped: Array<NotScanned> = []
  const tables = catalog.tables.filter((table) => !options.ours(table))
  for (const [at, table] of tables.entries()) {
    check(options.signal)
    options.onTable?.(table.table, at, tables.length)
    const reason = reasons[table.kind]
    if (table.kind === "view") continue
    if (reason !== undefined) {
      skipped.push({ ...placeOf(table), reason })
      continue
    }
    if (table.versioned) skipped.push({ ...placeOf(table), reason: "the history of its rows, which nobody can change" })
    try {
      columns.push(...(await scanTable(driver, table, matcher, options)))
    } catch (error) {
      if (isMigrationError(error) || !(error instanceof Error)) throw error
      skipped.push({ ...placeOf(table), reason: `it cannot be read: ${error.message}` })
    }
  }
  return { columns, skipped }
}

const placeOf = ({ schema, table }: TableInfo) => ({ schema: schema === "" ? undefined : schema, table })

const reasons: Readonly<Partial<Record<TableInfo["kind"], string>>> = {
  "foreign table": "its rows are in another database: migrate that one by itself",
  "virtual table": "an extension of SQLite keeps its rows: rebuild it from its table, or write it anew",
  "shadow table": "a virtual table keeps its index in it: it follows when that one is rebuilt"
}

/** Types that can hold no id. */
const plain: Readonly<Record<SqlDriver["dialect"], RegExp>> = {
  postgres: /^(smallint|integer|bigint|real|double|numeric|money|boolean|date|time|interval|inet|cidr|macaddr|bit)/,
  mysql: /^(tinyint|smallint|mediumint|int|bigint|float|double|decimal|date|time|year|bit|point|geometry|polygon)/,
  sqlite: /^$a/
}

const isBinary = (type: string): boolean => /^(bytea|binary|varbinary|(tiny|medium|long)?blob)/.test(type)

const scanTable = async (
  driver: SqlDriver,
  table: TableInfo,
  matcher: Matcher,
  { ids, sample = Number.POSITIVE_INFINITY, signal }: ScanOptions
): Promise<ReadonlyArray<ScannedColumn>> => {
  const columns = table.columns.filter(({ type }) => !plain[driver.dialect].test(type))
  if (columns.length === 0) return []
  const quote = (name: string) => quoteName(driver.dialect, name)
  const value = ({ name, type }: ColumnInfo): string => {
    if (driver.dialect === "sqlite" || isBinary(type)) return quote(name)
    return driver.dialect === "postgres" ? `${quote(name)}::text` : `CONVERT(${quote(name)} USING utf8mb4)`
  }
  const from = table.schema === "" ? quote(table.table) : `${quote(table.schema)}.${quote(table.table)}`
  const limit = Number.isFinite(sample) ? ` LIMIT ${Math.max(1, Math.trunc(sample))}` : ""
  const findings = columns.map((column) => new Findings(driver.dialect, table, column, matcher, ids))
  let total = 0
  const sql = `SELECT ${columns.map((column, at) => `${value(column)} AS c${at}`).join(", ")} FROM ${from}${limit}`
  for await (const row of rowsOf(driver, sql)) {
    total++
    if (total % 10_000 === 0) check(signal)
    for (const [at, column] of findings.entries()) column.look(row[`c${at}`])
  }
  return findings.filter(({ rows }) => rows > 0).map((column) => column.result(total))
}

/** Values whose kind is tried out; counting needs no more. */
export const trials = 200

const isWhole = (value: string): boolean => /^[A-Za-z0-9_.:-]+$/.test(value)

/** What an id becomes that is all of a value, in whatever form. */
const rewritten = (value: string, resolve: Resolve): string | undefined => {
  const quoted = `"${value}"`
  const text = isWhole(value) ? rewriteJson(quoted, resolve) : quoted
  return text === quoted ? undefined : text.slice(1, -1)
}

/** What one column gave so far. */
class Findings {
  rows = 0
  readonly #ids = new Set<string>()
  readonly #kinds = new Map<ScanKind, number>()
  readonly #paths: ReturnType<typeof makePaths>
  #bytes = false
  readonly #table: TableInfo
  readonly #column: ColumnInfo
  readonly #matcher: Matcher
  readonly #resolve: Resolve
  /** As the SQL does it. */
  readonly #alone: boolean
  /** Whether its values belong to its type. */
  readonly #enum: boolean
  /** Whether a part of a value can be written: not of a composite, or of a range. */
  readonly #parts: boolean

  constructor(
    dialect: Dialect,
    table: TableInfo,
    column: ColumnInfo,
    matcher: Matcher,
    ids: ReadonlyMap<string, string>
  ) {
    this.#table = table
    this.#column = column
    this.#matcher = matcher
    this.#resolve = (id) => ids.get(id)
    this.#enum = isOfEnum(dialect, column, (id) => rewritten(id, this.#resolve))
    this.#parts = dialect !== "postgres" || /^(text|character|citext|jsonb?)/.test(column.type)
    this.#paths = makePaths((id) => ids.has(id))
    this.#alone = [...ids.keys()].some((id) => !isUuid(id))
  }

  look(value: unknown): void {
    const ids = this.#matcher.idsIn(value)
    if (ids.length === 0) return
    this.rows++
    if (this.rows > trials) return
    for (const id of ids) this.#ids.add(id)
    const kinds = this.#kindsOf(value)
    for (const kind of kinds) this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1)
    if (kinds.includes("json-any")) this.#paths.add(String(value))
    this.#bytes ||= value instanceof Uint8Array
  }

  /** The kinds that would leave no id in a value. */
  #kindsOf(value: unknown): ReadonlyArray<ScanKind> {
    if (value instanceof Uint8Array) {
      const digits = Buffer.from(value.buffer, value.byteOffset, value.length).toString("hex")
      return value.length === 16 && rewriteText(digits, this.#resolve) !== digits ? ["id"] : []
    }
    if (typeof value !== "string") return []
    if (this.#enum) return []
    const clean = (text: string) => text !== value && this.#matcher.idsIn(text).length === 0
    if (this.#column.type.endsWith("[]")) {
      const items = itemsOf(value)?.map((item) => rewritten(item, this.#resolve) ?? item)
      return items !== undefined && clean(items.join(" ")) ? ["array"] : []
    }
    const text = rewriteText(value, this.#resolve, { alone: this.#alone })
    const parts = (text: string) => this.#parts && clean(text)
    return [
      ...(rewritten(value, this.#resolve) === undefined ? [] : (["id"] as const)),
      ...(parts(rewriteJson(value, this.#resolve)) ? (["json-any"] as const) : []),
      ...(parts(text) ? (["text"] as const) : [])
    ]
  }

  result(total: number): ScannedColumn {
    return {
      table: this.#table,
      column: this.#column,
      total,
      rows: this.rows,
      kinds: this.#kinds,
      ids: this.#ids,
      paths: this.#paths.result(),
      bytes: this.#bytes
    }
  }
}

const order: ReadonlyArray<ScanKind> = ["array", "id", "json-any", "text"]

/** The most exact kind that rewrites all that was tried; `undefined` where there is none. */
export const kindOf = ({ kinds, rows }: ScannedColumn): Exclude<Location["kind"], "json-path"> | undefined =>
  order.find((kind) => kinds.get(kind) === Math.min(rows, trials))

/** Whether a kind rewrites all that was tried; a single path may lead to some of it only. */
export const isRewritten = ({ kinds, rows }: ScannedColumn, kind: Location["kind"]): boolean =>
  kind === "json-path" || kinds.get(kind) === Math.min(rows, trials)

/** The most exact of the kinds that rewrite most of what was tried, and how many of it they do not; `undefined` where none does. */
export const mostlyOf = ({
  kinds,
  rows
}: ScannedColumn): { readonly kind: Exclude<Location["kind"], "json-path">; readonly missed: number } | undefined => {
  const most = Math.max(0, ...kinds.values())
  const kind = most === 0 ? undefined : order.find((one) => kinds.get(one) === most)
  return kind === undefined ? undefined : { kind, missed: Math.min(rows, trials) - most }
}
