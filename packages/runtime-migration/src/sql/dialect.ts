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
  /** The table of the run, which says that the others are its own. */
  readonly createRun: (plan: SqlPlan) => ReadonlyArray<string>
  /** The mapping table, and what else all locations need. */
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
  /** PostgreSQL: the mapping of a location in its column's own type. */
  readonly createTyped: (plan: SqlPlan, location: PlannedLocation) => ReadonlyArray<string>
  /** The number of a row that is added to a ledger, with the key of the row; `undefined` where the ledger numbers them. */
  readonly nextNumber: (ledger: string, key: ReadonlyArray<string>) => string | undefined
  /** A key of a row `t`, or of a query, to be looked up in a ledger. */
  readonly keyValue: (value: string) => string
  /** The same of what a location makes of a part of a key. */
  readonly keyAfter: (value: string, rewriter: PlannedLocation) => string
  /** Kind `id`: how a row `t` finds its id in a mapping table, named `alias`, and what the id becomes. */
  readonly lookup: (plan: SqlPlan, location: PlannedLocation, alias: string) => Lookup
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
  /** The same for all columns of a row at once, where all that are to be written may be. */
  readonly updateTogether: (update: UpdateTogether) => TogetherUpdate
  /** An update of a ledger `l`, which has these columns besides `n`, from a query `c`. */
  readonly updateLedger: (update: LedgerUpdate) => string
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

/** Values of a ledger `l` that are written from a query `c` of the customer's table, whose rows are not locked. */
export interface LedgerUpdate {
  readonly ledger: string
  readonly columns: ReadonlyArray<string>
  readonly query: string
  readonly set: ReadonlyArray<readonly [column: string, value: string]>
  readonly where: string
}

/** A guarded update of all columns of a ledger. */
export interface UpdateTogether extends Omit<Update, "location"> {
  readonly locations: Together
  /** What is asked of each value that is written, besides. */
  readonly asks: (location: PlannedLocation) => ReadonlyArray<string>
}

/** Locations that are written at once. */
export type Together = readonly [PlannedLocation, ...ReadonlyArray<PlannedLocation>]

/** Its statements, one transaction. */
export interface TogetherUpdate {
  /**
   * SQLite: the update has to write every ledger row that waits. Where it writes others it is taken back, and every column
   * written for itself: nothing is marked while rows are written.
   */
  readonly whole: boolean
  readonly update: string
  /** PostgreSQL: the same, and selects what it wrote: rows as `n`, values of each location as `n1…`. */
  readonly counting: string | undefined
  readonly after: ReadonlyArray<string>
  /** Rows that the database counts per row of the customer's. */
  readonly counted: 1 | 2
}

/** What a location of kind `id` finds in a mapping table. */
export interface Lookup {
  /** The table and what joins it: rows that change, and no others. */
  readonly join: string
  readonly next: string
  /** The id that a row holds, as text. */
  readonly id: string
}

/**
 * A value that the ledger has of a row. `origin_value` is what stood there before an extension made of apply's own output the
 * value to start from: only a location that holds many ids has it.
 */
export type LedgerValue = "old_value" | "new_value" | "tmp_value" | "origin_value"

/** Whether an extension may find more to rewrite in a value that was rewritten: it holds many ids, and none of them is both ends of a mapping. */
export const isExtensible = (location: Pick<PlannedLocation, "kind" | "ambiguous">): boolean =>
  isMany(location) && !location.ambiguous

/** Whether a ledger has the rows of several locations. */
export const isShared = ({ shares }: Pick<PlannedLocation, "shares">): boolean => shares.length > 1

/** What a ledger calls a column of a location. */
export const ledgerColumn = (
  { index, shares }: Pick<PlannedLocation, "index" | "shares">,
  name: LedgerValue | "stands" | "earliest_value"
): string => (shares.length > 1 ? `${name}_${index + 1}` : name)

/** The locations of a plan, by their ledgers. */
export const ledgersOf = ({ locations }: SqlPlan): ReadonlyArray<ReadonlyArray<PlannedLocation>> =>
  locations.flatMap((location) =>
    location.shares[0] === location.index ? [locations.filter(({ index }) => location.shares.includes(index))] : []
  )

/**
 * A location's part of its ledger as a table of its own, to be read: `stands` is NULL where a row of the ledger is about other
 * columns alone. Every planner makes one query of it.
 */
export const ledgerRows = (plan: SqlPlan, location: PlannedLocation): string => {
  const name = tables(plan).ledger(location)
  if (!isShared(location)) return name
  const keys = keysOf(location).map(({ k }) => `r.${k}`)
  const values = (["old_value", "new_value", "stands", "earliest_value"] as const).map(
    (value) => `r.${ledgerColumn(location, value)} AS ${value}`
  )
  return `(SELECT ${["r.n", ...keys, ...values].join(", ")} FROM ${name} r WHERE r.${ledgerColumn(location, "stands")} IS NOT NULL)`
}

/**
 * What a group of columns is written by: which of them wait for it, and that those may be written. A planner would take an OR
 * apart, and ask its dearest half twice.
 */
export const together = (
  { locations, from, range, where, asks }: UpdateTogether,
  holds: (location: PlannedLocation) => string
): ReadonlyArray<string> => {
  const waits = (location: PlannedLocation) => `b.${ledgerColumn(location, "stands")} = '${from}'`
  return [
    ...range,
    `(${locations.map(waits).join(" OR ")})`,
    ...locations.map(
      (location) =>
        `CASE WHEN ${waits(location)} THEN ${[holds(location), ...asks(location)].join(" AND ")} ELSE true END`
    ),
    ...where
  ]
}

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
    /** The same of a session alone. */
    order: plan.dialect === "sqlite" ? `temp.${plan.prefix}_order` : named("order"),
    ledger: ({ index, shares }: PlannedLocation) => named(`l${(shares[0] ?? index) + 1}`),
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

/** A column of a key with the names that a ledger has for it: before, and afterwards. */
export type KeyOfLedger = KeyColumn & { readonly k: string; readonly w: string | undefined }

/** The keys of a ledger. */
export const keysOf = ({ key }: PlannedLocation): ReadonlyArray<KeyOfLedger> =>
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

/** The columns of a ledger after `n` that a location has, with the names that a query of its changes has for them. */
export const ledgerColumns = (location: PlannedLocation): ReadonlyArray<readonly [column: string, value: string]> => [
  ...keysOf(location)
    .flatMap(({ k, w }) => (w === undefined ? [k] : [k, w]))
    .map((k) => [k, k] as const),
  ...valuesOf(location).map((value) => [ledgerColumn(location, value), value] as const),
  [ledgerColumn(location, "stands"), "stands"]
]

/** The values that a ledger has of a location. */
export const valuesOf = ({ twoStep }: Pick<PlannedLocation, "twoStep">): ReadonlyArray<LedgerValue> =>
  twoStep ? ["old_value", "new_value", "tmp_value"] : ["old_value", "new_value"]

/** The same with what only an extension writes. */
export const storedValuesOf = (location: PlannedLocation): ReadonlyArray<LedgerValue> =>
  isExtensible(location) ? [...valuesOf(location), "origin_value"] : valuesOf(location)

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

/**
 * A ledger as a table of the customer's, with one of its values as the column: what is made of that is found as it was found
 * the first time.
 */
export const ledgerAsTable = (
  plan: SqlPlan,
  location: PlannedLocation,
  key: ReadonlyArray<string> = ["n"],
  column = ledgerColumn(location, "old_value")
): PlannedLocation => ({
  ...location,
  schema: ledgerSchemaOf(plan),
  table: bareName(tables(plan).ledger(location)),
  column,
  key: key.map((column) => ({ column, rewrittenBy: undefined }))
})
