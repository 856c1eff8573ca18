/**
 * The statements of a run, in order: the same for scripts and for a live database.
 */
import type { Dialect } from "./config.ts"
import { columnOf, keysOf, ledgerColumns, type LedgerValue, type SqlDialect, tableOf, tables } from "./dialect.ts"
import { mysql } from "./mysql.ts"
import { quoteName, quoteText } from "./names.ts"
import type { PlannedLocation, SqlPlan } from "./plan.ts"
import { postgres } from "./postgres.ts"
import { sqlite } from "./sqlite.ts"

/** The way of each database. */
export const dialects: Readonly<Record<Dialect, SqlDialect>> = { postgres, mysql, sqlite }

/** Rows of the mapping per insert. */
const batch = 500

/** A condition that holds only for what this very plan prepared. */
export const prepared = (plan: SqlPlan): string =>
  `EXISTS (SELECT 1 FROM ${tables(plan).run} r WHERE r.item = 'prepared' AND r.value = ${quoteText(plan.checksum)})`

/** A condition that holds while nothing, or this very plan, was prepared. */
export const unprepared = (plan: SqlPlan): string =>
  `NOT EXISTS (SELECT 1 FROM ${tables(plan).run} r WHERE r.item = 'checksum' AND r.value <> ${quoteText(plan.checksum)})`

/** Makes the tables of the run: mapping, ledgers. Reads no row of the customer's. */
export const setup = (plan: SqlPlan): ReadonlyArray<string> => {
  const way = dialects[plan.dialect]
  return [
    ...plan.sets.flatMap((set) => {
      const rows = set.entries.map(
        ({ source, target, temporary, again }) =>
          `(${[set.name, source, target, temporary].map(quoteText).join(", ")}, ${again ? 1 : 0})`
      )
      const inserts: Array<string> = []
      for (let at = 0; at < rows.length; at += batch) {
        inserts.push(
          way.insertNew(tables(plan).map, ["kind", "source", "target", "tmp", "again"], rows.slice(at, at + batch))
        )
      }
      return inserts
    }),
    ...way.analyze(tables(plan).map),
    ...plan.locations.flatMap((location) => way.createLedger(plan, location))
  ]
}

/** Says what is being prepared. */
export const begin = (plan: SqlPlan): string =>
  dialects[plan.dialect].insertNew(tables(plan).run, ["item", "value"], [`('checksum', ${quoteText(plan.checksum)})`])

/** Says that all of it was. */
export const end = (plan: SqlPlan): string =>
  dialects[plan.dialect].insertNew(tables(plan).run, ["item", "value"], [`('prepared', ${quoteText(plan.checksum)})`])

/** Writes down the rows of a location that change and are not in its ledger yet. Changes no row of the customer's. */
export const fill = (plan: SqlPlan, location: PlannedLocation): ReadonlyArray<string> => {
  const way = dialects[plan.dialect]
  const ledger = tables(plan).ledger(location)
  const columns = ledgerColumns(location)
  const same = keysOf(location).map(({ k }) => `l.${k} = c.${k}`)
  const conditions = [`NOT EXISTS (SELECT 1 FROM ${ledger} l WHERE ${same.join(" AND ")})`]
  // Seen again, an id that is source and target may have been rewritten already: only the first run may take it.
  if (location.set.overlap.length > 0) {
    conditions.push(`NOT EXISTS (SELECT 1 FROM ${tables(plan).run} r WHERE r.item = 'prepared')`)
  }
  return [
    `INSERT INTO ${ledger} (n, ${columns.join(", ")}) SELECT (SELECT COALESCE(MAX(o.n), 0) FROM ${ledger} o) + ROW_NUMBER() OVER (), ${columns.map((column) => `c.${column}`).join(", ")} FROM (${way.changes(plan, location)}) c WHERE ${conditions.join(" AND ")}`,
    ...way.indexLedger(plan, location),
    ...way.analyze(ledger)
  ]
}

/** Remembers how many rows a table has, and how many of them without a value. */
export const remember = (plan: SqlPlan, location: PlannedLocation): ReadonlyArray<string> => {
  const item = (name: string) => quoteText(`${name} ${location.index + 1}`)
  const select = (name: string, count: string) =>
    `SELECT ${item(name)} AS item, CAST(${count} AS CHAR(20)) AS value FROM ${tableOf(plan, location)} t`
  const both = `${select("rows", "COUNT(*)")} UNION ALL ${select("nulls", `COUNT(*) - COUNT(${columnOf(plan, location.column)})`)}`
  const { run } = tables(plan)
  return [
    `DELETE FROM ${run} WHERE item IN (${item("rows")}, ${item("nulls")})`,
    `INSERT INTO ${run} (item, value) SELECT q.item, q.value FROM (${both}) q`
  ]
}

/** One pass over a ledger: from one of its values to another. */
export interface Move {
  readonly location: PlannedLocation
  readonly from: LedgerValue
  readonly to: LedgerValue
}

/** The passes that apply a plan, in order. */
export const applyMoves = (plan: SqlPlan): ReadonlyArray<Move> =>
  plan.locations.flatMap((location): ReadonlyArray<Move> =>
    location.twoStep
      ? [
          { location, from: "old_value", to: "tmp_value" },
          { location, from: "tmp_value", to: "new_value" }
        ]
      : [{ location, from: "old_value", to: "new_value" }]
  )

/** The passes that undo it: the same, backwards. */
export const rollbackMoves = (plan: SqlPlan): ReadonlyArray<Move> =>
  applyMoves(plan)
    .toReversed()
    .map(({ location, from, to }) => ({ location, from: to, to: from }))

/**
 * What finds the row of a ledger row during a pass. A key column that an earlier location rewrites has its new value by
 * then; one that a later location rewrites still has its old one; one that this very location rewrites has what the pass
 * starts from, and then what it ends with. Rollback goes backwards, so the same holds.
 */
const matchDuring = (plan: SqlPlan, { location }: Move, value: LedgerValue): string =>
  keysOf(location)
    .map(({ column, k, w, rewrittenBy }) => {
      const key = columnOf(plan, column)
      if (rewrittenBy === undefined || rewrittenBy > location.index) return `${key} = b.${k}`
      return `${key} = b.${rewrittenBy === location.index ? value : (w ?? k)}`
    })
    .join(" AND ")

/**
 * For a transaction of PostgreSQL: rows of a range are looked up by their key. Its planner prefers to read the whole
 * table, for every range again.
 */
export const byKey: ReadonlyArray<string> = ["SET LOCAL enable_hashjoin = off", "SET LOCAL enable_mergejoin = off"]

/** PostgreSQL: a lock that cannot be had must not queue everybody else behind it. */
export const lockTimeout = "lock_timeout = '3s'"

/** The statements of a range of the ledger, one transaction. The range's ends are numbers, or variables of a loop. */
export const updateRange = (
  plan: SqlPlan,
  move: Move,
  range: readonly [string, string] | undefined
): { readonly update: string; readonly mark: ReadonlyArray<string> } => {
  const { location, from, to } = move
  const within = (alias: string) => [
    ...(range === undefined ? [] : [`${alias}.n BETWEEN ${range[0]} AND ${range[1]}`]),
    ...(location.marked ? [`${alias}.stands = '${from}'`] : []),
    prepared(plan)
  ]
  const way = dialects[plan.dialect]
  const update = way.update({ plan, ...move, match: matchDuring(plan, move, from), where: within("b") })
  if (!location.marked) return { update, mark: [] }
  // Only rows that did move: a row that somebody else changed keeps its mark.
  const moved = `EXISTS (SELECT 1 FROM ${tableOf(plan, location)} t WHERE ${matchDuring(plan, move, to)} AND ${way.same(columnOf(plan, location.column), `b.${to}`)})`
  const mark = `UPDATE ${tables(plan).ledger(location)} AS b SET stands = '${to}' WHERE ${[...within("b"), moved].join(" AND ")}`
  return { update, mark: [mark] }
}

/** How many rows a ledger has. */
export const ledgerSize = (plan: SqlPlan, location: PlannedLocation): string =>
  `SELECT COUNT(*) AS n FROM ${tables(plan).ledger(location)}`

/** The dry run of one location: rows that change, ids of the source in them, ids that they become. */
export const dryRunCounts = (plan: SqlPlan, location: PlannedLocation): string => {
  const way = dialects[plan.dialect]
  const ledger = tables(plan).ledger(location)
  const distinct = (name: string) =>
    `(SELECT COUNT(*) FROM (SELECT DISTINCT ${way.text(`l.${name}`)} AS v FROM ${ledger} l) ${name}s)`
  return `SELECT COUNT(*) AS changes, ${distinct("old_value")} AS befores, ${distinct("new_value")} AS afters FROM ${ledger}`
}

/** Ledger rows by what their row holds now: the new value, the old one, neither; or no such row any more. */
export const stateCounts = (plan: SqlPlan, location: PlannedLocation, keys: "before" | "after"): string => {
  const way = dialects[plan.dialect]
  const value = columnOf(plan, location.column)
  const present = columnOf(plan, location.key[0]?.column ?? location.column)
  const match = keysOf(location).map(
    ({ column, k, w }) => `${columnOf(plan, column)} = b.${keys === "after" ? (w ?? k) : k}`
  )
  const is = (name: LedgerValue) =>
    `${present} IS NOT NULL AND ${value} IS NOT NULL AND ${way.same(value, `b.${name}`)}`
  const count = (condition: string, name: string) =>
    `COALESCE(SUM(CASE WHEN ${condition} THEN 1 ELSE 0 END), 0) AS ${name}`
  return `SELECT COUNT(*) AS changes, ${count(is("new_value"), "renewed")}, ${count(is("old_value"), "old")}, ${count(`${present} IS NULL`, "missing")} FROM ${tables(plan).ledger(location)} b LEFT JOIN ${tableOf(plan, location)} t ON ${match.join(" AND ")}`
}

/** Rows of a table and rows without a value, then and now. */
export const tableCounts = (plan: SqlPlan, location: PlannedLocation): string => {
  const { run } = tables(plan)
  const then = (name: string) =>
    `(SELECT r.value FROM ${run} r WHERE r.item = ${quoteText(`${name} ${location.index + 1}`)})`
  return `SELECT COUNT(*) AS rows_now, COUNT(*) - COUNT(${columnOf(plan, location.column)}) AS nulls_now, ${then("rows")} AS rows_then, ${then("nulls")} AS nulls_then FROM ${tableOf(plan, location)} t`
}

/** Rows of a child whose parent is not there. */
export const orphans = (plan: SqlPlan): ReadonlyArray<{ readonly label: string; readonly sql: string }> =>
  plan.foreignKeys.map(({ name, schema, table, columns, refSchema, refTable, refColumns }) => {
    const quote = (column: string) => quoteName(plan.dialect, column)
    const on = columns.map((column, at) => `p.${quote(refColumns[at] ?? "")} = t.${quote(column)}`).join(" AND ")
    const set = columns.map((column) => `t.${quote(column)} IS NOT NULL`).join(" AND ")
    return {
      label: name ?? `${table}.${columns.join(",")}`,
      sql: `SELECT COUNT(*) AS n FROM ${tableOf(plan, { schema, table })} t WHERE ${set} AND NOT EXISTS (SELECT 1 FROM ${tableOf(plan, { schema: refSchema, table: refTable })} p WHERE ${on})`
    }
  })

/** Around a single transaction of PostgreSQL: constraints wait until its end, and are put back as they were. */
export const deferral = (
  plan: SqlPlan
): { readonly before: ReadonlyArray<string>; readonly after: ReadonlyArray<string> } => {
  if (plan.foreignKeys.length === 0) return { before: [], after: [] }
  switch (plan.dialect) {
    case "sqlite":
      return { before: ["PRAGMA defer_foreign_keys = ON"], after: [] }
    case "mysql":
      return { before: ["SET SESSION foreign_key_checks = 0"], after: ["SET SESSION foreign_key_checks = 1"] }
    case "postgres": {
      const alter = ({ schema, table, name = "" }: SqlPlan["foreignKeys"][number], to: string) =>
        `ALTER TABLE ${tableOf(plan, { schema, table })} ALTER CONSTRAINT ${quoteName("postgres", name)} ${to}`
      const rigid = plan.foreignKeys.filter(({ deferrable }) => deferrable !== true)
      return {
        before: [...rigid.map((key) => alter(key, "DEFERRABLE INITIALLY DEFERRED")), "SET CONSTRAINTS ALL DEFERRED"],
        // Checked here: a constraint with checks to come cannot be altered.
        after: ["SET CONSTRAINTS ALL IMMEDIATE", ...rigid.map((key) => alter(key, "NOT DEFERRABLE"))]
      }
    }
  }
}

/** Drops what a run made. */
export const drop = (plan: SqlPlan): ReadonlyArray<string> => {
  const { map, run, ledger, typed } = tables(plan)
  return [
    ...plan.locations.map(ledger),
    ...(plan.dialect === "postgres" ? plan.locations.map(({ index }) => typed(index)) : []),
    map,
    run,
    ...(plan.dialect === "postgres" ? [] : [`${plan.prefix}_guard`])
  ].map((table) => `DROP TABLE IF EXISTS ${table}`)
}
