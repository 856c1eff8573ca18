/**
 * What differs between the databases, and what every statement is built from.
 */
import { quoteName, quoteText } from "./names.ts"
import type { KeyColumn, PlannedLocation, SqlPlan } from "./plan.ts"

/** One database's way of saying things. */
export interface SqlDialect {
  /** A value as text that compares byte by byte. */
  readonly text: (value: string) => string
  /** Whether two values of one column are the same, byte by byte. */
  readonly same: (left: string, right: string) => string
  /** The mapping table and the table of the run. */
  readonly createTables: (plan: SqlPlan) => ReadonlyArray<string>
  /** Takes every right on what a run made from everybody but its owner. */
  readonly close: (plan: SqlPlan) => ReadonlyArray<string>
  /** What a cleanup drops besides the tables. */
  readonly dropRest: (plan: SqlPlan) => ReadonlyArray<string>
  /** Counts 1 where there is a table of this name, as `tables` has it. */
  readonly exists: (table: string) => string
  /** An insert that leaves out rows that are there. */
  readonly insertNew: (table: string, columns: ReadonlyArray<string>, rows: ReadonlyArray<string>) => string
  readonly createLedger: (plan: SqlPlan, location: PlannedLocation) => ReadonlyArray<string>
  /** Its indexes, made once the ledger is filled: that is faster than to keep them meanwhile. */
  readonly indexLedger: (plan: SqlPlan, location: PlannedLocation) => ReadonlyArray<string>
  /**
   * Selects what a location's ledger gets: keys `k1…`, keys afterwards `w1…`, `old_value`, `new_value`, `tmp_value` where
   * it goes through reserved values, and `stands`: which of the values we left in the row.
   */
  readonly changes: (plan: SqlPlan, location: PlannedLocation) => string
  /** Whether a ledger's value is what was made of its old one, as the column's type keeps it. */
  readonly keeps: (stored: string, made: string, location: PlannedLocation) => string
  /**
   * Kind `id`: whether the mapping leads from the old value of a ledger row `b` to its new one. Asked of each row as it is
   * written; of documents that would be their whole rewriting once more.
   */
  readonly leads: (plan: SqlPlan, location: PlannedLocation) => string
  /** Selects the tables, as `v`, whose mapping is not the plan's. */
  readonly foreignMapping: (plan: SqlPlan) => ReadonlyArray<string>
  /** Renews the planner's statistics of a table. */
  readonly analyze: (table: string) => ReadonlyArray<string>
  /** Counts the rows that still hold an id of the source (and no id that may be of the runtime). */
  readonly leftovers: (plan: SqlPlan, location: PlannedLocation) => string
  /** Counts the rows whose id is neither of the source nor of the runtime; `undefined` where that cannot be told. */
  readonly unmapped: (plan: SqlPlan, location: PlannedLocation) => string | undefined
  /** Updates the rows of a range of the ledger from one of its values to another, and marks those. */
  readonly update: (update: Update) => MarkedUpdate
  /** An update of a ledger `l` from a query `c`. */
  readonly updateLedger: (ledger: string, query: string, set: ReadonlyArray<string>, where: string) => string
}

/**
 * The statements of an update, one transaction. A row is marked exactly where the update wrote it: by its value alone it
 * could be the application's own.
 */
export interface MarkedUpdate {
  readonly before: ReadonlyArray<string>
  readonly update: string
  readonly after: ReadonlyArray<string>
  /** Rows that the database counts per row of the customer's. */
  readonly counted: 1 | 2
}

/** A guarded update, in the parts that every dialect puts together in its own way. */
export interface Update {
  readonly plan: SqlPlan
  readonly location: PlannedLocation
  readonly from: LedgerValue
  readonly to: LedgerValue
  /** What finds the row of a ledger row. */
  readonly match: string
  /** The range of the ledger `b`. */
  readonly range: ReadonlyArray<string>
  /** More conditions: the guard against what was not prepared. */
  readonly where: ReadonlyArray<string>
}

/** A value that the ledger has of a row. */
export type LedgerValue = "old_value" | "new_value" | "tmp_value"

/**
 * PostgreSQL: the schema of all that a run makes. A schema of the application would give each new table to whomever its
 * default privileges name.
 */
export const ledgerSchema = "aywa_migration"

/** Where a run's tables are; `undefined` for the connection's own place. The names need no quotes. */
export const ledgerSchemaOf = ({ dialect, ledgerDatabase }: SqlPlan): string | undefined =>
  dialect === "postgres" ? ledgerSchema : ledgerDatabase

/** Names of the tables that a run makes, as statements name them. */
export const tables = (plan: SqlPlan) => {
  const schema = ledgerSchemaOf(plan)
  const named = (name: string) => `${schema === undefined ? "" : `${schema}.`}${plan.prefix}_${name}`
  return {
    map: named("map"),
    run: named("run"),
    /** MySQL and SQLite: what stops a script. */
    guard: named("guard"),
    ledger: (location: PlannedLocation) => named(`l${location.index + 1}`),
    /** PostgreSQL: the mapping with targets in the column's own type. */
    typed: (index: number) => named(`m${index + 1}`)
  }
}

/** The name of such a table without its schema. */
export const bareName = (table: string): string => table.slice(table.lastIndexOf(".") + 1)

/** Whether a column may hold several ids. */
export const isMany = ({ kind }: Pick<PlannedLocation, "kind">): boolean =>
  kind === "array" || kind === "json-any" || kind === "text"

/** The customer's table, quoted. */
export const tableOf = (plan: SqlPlan, { schema, table }: Pick<PlannedLocation, "schema" | "table">): string =>
  (schema === undefined ? "" : `${quoteName(plan.dialect, schema)}.`) + quoteName(plan.dialect, table)

/** A column of the customer's table `t`. */
export const columnOf = (plan: SqlPlan, column: string): string => `t.${quoteName(plan.dialect, column)}`

/** The keys of a ledger. */
export const keysOf = ({
  key
}: PlannedLocation): ReadonlyArray<KeyColumn & { readonly k: string; readonly w: string | undefined }> =>
  key.map((column, at) => ({
    ...column,
    k: `k${at + 1}`,
    w: column.rewrittenBy === undefined ? undefined : `w${at + 1}`
  }))

/** Whether a location's key is rewritten: its rows have another one afterwards. */
export const isRekeyed = ({ key }: PlannedLocation): boolean => key.some(({ rewrittenBy }) => rewrittenBy !== undefined)

/** The columns of a ledger with the key that its rows have afterwards. */
export const keysAfter = (location: PlannedLocation): ReadonlyArray<string> =>
  keysOf(location).map(({ k, w }) => w ?? k)

/** The columns of a ledger after `n`. */
export const ledgerColumns = (location: PlannedLocation): ReadonlyArray<string> => [
  ...keysOf(location).flatMap(({ k, w }) => (w === undefined ? [k] : [k, w])),
  "old_value",
  "new_value",
  ...(location.twoStep ? ["tmp_value"] : []),
  "stands"
]

/** Whether a foreign key of the plan has the column on one of its sides: its rows are written together with those of the other. */
export const isReferring = (
  { foreignKeys }: SqlPlan,
  { schema, table, column, kind, columnType }: PlannedLocation
): boolean =>
  kind === "id" &&
  columnType !== "bytes" &&
  foreignKeys.some(
    (key) =>
      (key.table === table && key.schema === schema && key.columns.includes(column)) ||
      (key.refTable === table && key.refSchema === schema && key.refColumns.includes(column))
  )

/** The condition that a row of the mapping table belongs to a location. */
export const inSet = (alias: string, { set }: PlannedLocation): string => `${alias}.kind = ${quoteText(set.name)}`

/** Rows without a whole key cannot be found again. */
export const keyed = (plan: SqlPlan, location: PlannedLocation): string =>
  location.key.map(({ column }) => `${columnOf(plan, column)} IS NOT NULL`).join(" AND ")

/** The select list of a ledger's source: keys, keys afterwards, values. */
export const selectList = (
  plan: SqlPlan,
  location: PlannedLocation,
  values: {
    readonly next: string
    readonly temporary: string
    readonly after: (index: number, column: string) => string
  }
): string => {
  const list = keysOf(location).flatMap(({ column, k, w, rewrittenBy }) => {
    const now = columnOf(plan, column)
    if (w === undefined || rewrittenBy === undefined) return [`${now} AS ${k}`]
    return [
      `${now} AS ${k}`,
      `${rewrittenBy === location.index ? values.next : values.after(rewrittenBy, now)} AS ${w}`
    ]
  })
  list.push(`${columnOf(plan, location.column)} AS old_value`, `${values.next} AS new_value`)
  if (location.twoStep) list.push(`${values.temporary} AS tmp_value`)
  list.push("'old_value' AS stands")
  return list.join(", ")
}

/** Locations, other than this one, that rewrite a column of its key. */
export const otherRewriters = (
  location: PlannedLocation
): ReadonlyArray<{ readonly index: number; readonly column: string }> =>
  location.key.flatMap(({ column, rewrittenBy }) =>
    rewrittenBy === undefined || rewrittenBy === location.index ? [] : [{ index: rewrittenBy, column }]
  )
