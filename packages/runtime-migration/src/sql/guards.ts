/**
 * What must hold before a step: a live step refuses with the words, a script stops.
 */
import { accountsWithRights, ledgerPlace } from "./accounts.ts"
import {
  isExtensible,
  isMany,
  isShared,
  ledgerAsTable,
  ledgerColumn,
  ledgerRows,
  ledgersOf,
  ledgerSchema,
  type SqlDialect,
  tableOf,
  tables
} from "./dialect.ts"
import { harmfulKeys } from "./foreignKeys.ts"
import type { GuardStep } from "./guardTable.ts"
import { foreignOwners, foreignTriggers, openLedgers } from "./ledgerSchema.ts"
import { quoteText } from "./names.ts"
import { namesTaken, otherTables, strangersWords } from "./ownTables.ts"
import { hiddenTables, hiddenWords } from "./rowSecurity.ts"
import { layout, type PlannedLocation, type SqlPlan } from "./plan.ts"

/** One thing that must hold. */
export interface Guard {
  readonly step: GuardStep | "owner" | "rows"
  /** Selects what stands against it, as `v`; no row is well. */
  readonly query: string
  /** What is wrong and what to do, with `{found}` in the place of what was found. */
  readonly words: string
  readonly reason: "OutOfOrder" | "Refused"
}

/** One row where a condition does not hold. */
const unless = (condition: string): string => `SELECT 'it' AS v FROM (SELECT 1 AS one) q WHERE NOT (${condition})`

/** A condition that holds only for what this very plan prepared. */
export const prepared = (plan: SqlPlan): string =>
  `EXISTS (SELECT 1 FROM ${tables(plan).run} r WHERE r.item = 'prepared' AND r.value = ${quoteText(plan.checksum)})`

/** PostgreSQL: the schema of tables that a plan names without one. */
export const currentSchema = "coalesce(current_schema()::text, '')"

/** PostgreSQL: ledgers are in one schema, whatever schema their tables are in. */
const elsewhere = (plan: SqlPlan): string =>
  plan.dialect === "postgres" ? ` OR (r.item = 'schema' AND r.value <> ${currentSchema})` : ""

/** The tables are those of a role that this one belongs to, and nothing else than tables. PostgreSQL. */
export const ownGuards = (plan: SqlPlan): ReadonlyArray<Guard> =>
  plan.dialect !== "postgres"
    ? []
    : [
        {
          step: "owner",
          query: foreignOwners(plan),
          words: `The schema ${ledgerSchema} belongs to {found}: run every step as the role that ran the first one. If it is not of a migration, have it renamed.`,
          reason: "Refused"
        },
        {
          step: "owner",
          query: foreignTriggers(plan),
          words: "Somebody made {found}, which would run with your rights. Find out who, and drop it.",
          reason: "Refused"
        }
      ]

/** In the place of the run's tables are none that no run made. The table of the run must be there. */
export const strangersGuard = (plan: SqlPlan): Guard => ({
  step: "strangers",
  // Its own guard table is made anew by each script.
  query: `SELECT q.v FROM (${namesTaken(
    plan,
    otherTables(plan).filter((name) => name !== tables(plan).guard)
  )}) q WHERE NOT EXISTS (SELECT 1 FROM ${tables(plan).run} r WHERE r.item = 'checksum')`,
  words: strangersWords(plan),
  reason: "Refused"
})

/** No row of the customer's tables is hidden from this role. */
export const rowGuards = (plan: SqlPlan): ReadonlyArray<Guard> =>
  plan.dialect !== "postgres"
    ? []
    : [
        {
          step: "rows",
          query: hiddenTables(plan),
          words: `Row-level security hides rows from this role: {found}. ${hiddenWords}`,
          reason: "Refused"
        }
      ]

const isOfOtherLayout = (plan: SqlPlan): string => {
  const { run } = tables(plan)
  return `EXISTS (SELECT 1 FROM ${run} r WHERE r.item = 'checksum') AND NOT EXISTS (SELECT 1 FROM ${run} r WHERE r.item = 'layout' AND r.value = '${layout}')`
}

const olderTables = (plan: SqlPlan): string => {
  const { dialect, prefix } = plan
  const unmarked = isOfOtherLayout(plan)
  switch (dialect) {
    case "postgres":
      return `SELECT format('DROP TABLE %I.%I', n.nspname, c.relname) AS v FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname <> '${ledgerSchema}' AND left(n.nspname, 3) <> 'pg_' AND c.relname ~ '^${prefix}_(map|run|[lm][0-9]+)$' AND EXISTS (SELECT 1 FROM pg_class r WHERE r.relnamespace = c.relnamespace AND r.relname = '${prefix}_run') ORDER BY 1`
    case "mysql":
      return `SELECT CONCAT('DROP TABLE ', TABLE_SCHEMA, '.', TABLE_NAME) AS v FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${ledgerPlace(plan)} AND TABLE_NAME REGEXP '^${prefix}_(map|run|guard|l[0-9]+)$' AND ${unmarked}`
    case "sqlite":
      return `SELECT 'DROP TABLE ' || name AS v FROM sqlite_master WHERE type = 'table' AND (name IN ('${prefix}_map', '${prefix}_run', '${prefix}_guard') OR name GLOB '${prefix}_l[0-9]*') AND ${unmarked}`
  }
}

/** PostgreSQL, where the run's table is there: those in its own schema, too, are of this layout. */
export const olderLayoutGuard = (plan: SqlPlan): Guard => ({
  ...olderGuard(plan),
  query: `SELECT format('DROP TABLE %I.%I', n.nspname, c.relname) AS v FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname = '${ledgerSchema}' AND c.relname ~ '^${plan.prefix}_(map|run|[lm][0-9]+)$' AND ${isOfOtherLayout(plan)} ORDER BY 1`
})

/** No ledgers of a version whose layout was another. Elsewhere than in PostgreSQL the run's table must be there. */
export const olderGuard = (plan: SqlPlan): Guard => ({
  step: "older",
  query: olderTables(plan),
  words: `Ledgers of an older version of this package are in the database, with the prefix ${plan.prefix}. Finish that migration with that version (rollback or verify, then cleanup), or take another prefix. Should nobody go back any more: {found}.`,
  reason: "OutOfOrder"
})

/** Nothing was prepared yet, or this very plan. */
export const samePlanGuard = (plan: SqlPlan): Guard => ({
  step: "plan",
  query: `SELECT r.value AS v FROM ${tables(plan).run} r WHERE (r.item = 'checksum' AND r.value <> ${quoteText(plan.checksum)})${elsewhere(plan)}`,
  words: `Another mapping, other locations or tables of another schema were prepared with the prefix ${plan.prefix}. Mappings that came later are taken into the run by extend. Else finish or roll back that run and clean it up, or take another prefix.`,
  reason: "OutOfOrder"
})

/** Something was prepared. Asks no table of the run. */
export const firstGuard = (plan: SqlPlan, way: SqlDialect): Guard => ({
  step: "first",
  query: `SELECT 'it' AS v FROM (${way.exists(tables(plan).run)}) q WHERE q.n = 0`,
  words: `Nothing was prepared here with the prefix ${plan.prefix}: run the dry run first.`,
  reason: "OutOfOrder"
})

/** This very plan was prepared, to its end. */
export const preparedGuards = (plan: SqlPlan): ReadonlyArray<Guard> => [
  samePlanGuard(plan),
  {
    step: "prepared",
    query: unless(prepared(plan)),
    words: "What was prepared has not come to its end: run the dry run first.",
    reason: "OutOfOrder"
  }
]

/** No foreign key does what no rollback undoes. */
export const keysGuard = (plan: SqlPlan): Guard => ({
  step: "keys",
  query: harmfulKeys(plan),
  words:
    "Foreign keys would empty or stop what refers to the ids that change: {found}. Change each to ON UPDATE NO ACTION (or CASCADE, if its column is no location), and back after cleanup; the plan of a live database has the statement.",
  reason: "Refused"
})

/** The mapping in the database is the plan's. */
export const mappingGuards = (plan: SqlPlan, way: SqlDialect): ReadonlyArray<Guard> =>
  way.foreignMapping(plan).map((query) => ({
    step: "mapping",
    query,
    words:
      "The mapping table {found} is not the one of this plan: somebody wrote into it. Find out who; the dry run writes it anew.",
    reason: "Refused"
  }))

/**
 * Counts, as `n`, the rows of a ledger whose new value is not what the mapping makes of the old one. It says of the old
 * value what can be said: it leads to the new one.
 */
export const forgedRows = (plan: SqlPlan, location: PlannedLocation, way: SqlDialect): string => {
  const old = forgedFrom(plan, location, way, "old_value")
  return isExtensible(location)
    ? `SELECT o.n + e.n AS n FROM (${old}) o, (${forgedFrom(plan, location, way, "origin_value")}) e`
    : old
}

const forgedFrom = (
  plan: SqlPlan,
  location: PlannedLocation,
  way: SqlDialect,
  from: "old_value" | "origin_value"
): string => {
  const values = location.twoStep ? (["new_value", "tmp_value"] as const) : (["new_value"] as const)
  const columns = values.map((value) => ledgerColumn(location, value))
  // A key column has a value: rows of the ledger that are about other columns are none of these.
  const mark = isShared(location) ? [ledgerColumn(location, "stands")] : []
  // Values come along as parts of the key. MySQL groups rows by that while it reads texts, so there they are looked up.
  const joined = plan.dialect === "mysql" && isMany(location)
  const key = joined ? ["n"] : ["n", ...columns, ...mark]
  const ledger = ledgerAsTable(plan, location, key, ledgerColumn(location, from))
  const stored = (value: string, at: number) => (joined ? `l.${value}` : `c.k${at + 2}`)
  const right = values.map((value, at) => way.keeps(stored(value, at), `c.${value}`, location)).join(" AND ")
  const lookup = joined ? ` JOIN ${tableOf(plan, ledger)} l ON l.n = c.k1` : ""
  const all = `SELECT COUNT(*) AS n FROM ${ledgerRows(plan, location)} b${from === "old_value" ? "" : ` WHERE b.${from} IS NOT NULL`}`
  return `SELECT a.n - r.n AS n FROM (${all}) a, (SELECT COUNT(*) AS n FROM (${way.changes(plan, ledger)}) c${lookup} WHERE ${right}) r`
}

/** The same of a ledger that several locations share, in one pass: selects those with such rows, as `v`. */
const forgedTogether = (plan: SqlPlan, locations: ReadonlyArray<PlannedLocation>, way: SqlDialect): string => {
  const looked = locations.map((location, at) => {
    const { join, next } = way.lookup(plan, ledgerAsTable(plan, location, ["n"]), `m${at}`)
    const right = way.keeps(`t.${ledgerColumn(location, "new_value")}`, next, location)
    const count = `COALESCE(SUM(CASE WHEN t.${ledgerColumn(location, "stands")} IS NULL THEN 0 WHEN ${right} THEN 0 ELSE 1 END), 0) AS n${at}`
    const label = quoteText(`${location.label.replaceAll("\\", "/")}: `)
    return { join, count, label: `SELECT ${at} AS at_n, ${label} AS label`, found: `WHEN ${at} THEN q.n${at}` }
  })
  const joins = looked.map(({ join }) => ` LEFT JOIN ${join}`).join("")
  const [first] = locations
  const ledger = first === undefined ? "" : tables(plan).ledger(first)
  const counts = `SELECT ${looked.map(({ count }) => count).join(", ")} FROM ${ledger} t${joins}`
  const each = `SELECT i.label, CASE i.at_n ${looked.map(({ found }) => found).join(" ")} END AS n FROM (${counts}) q, (${looked.map(({ label }) => label).join(" UNION ALL ")}) i`
  return `SELECT ${plan.dialect === "mysql" ? "CONCAT(f.label, f.n)" : "f.label || f.n"} AS v FROM (${each}) f WHERE f.n <> 0`
}

const ledgerGuards = (plan: SqlPlan, way: SqlDialect): ReadonlyArray<Guard> =>
  ledgersOf(plan).flatMap((locations) =>
    locations.slice(0, 1).map((location): Guard => {
      const ledger = tables(plan).ledger(location)
      const alone = locations.length === 1
      return {
        step: "forged",
        query: alone
          ? `SELECT f.n AS v FROM (${forgedRows(plan, location, way)}) f WHERE f.n <> 0`
          : forgedTogether(plan, locations, way),
        words: `${alone ? `${location.label}: ` : ""}{found} rows of the ledger ${ledger} hold values that the mapping does not make: somebody wrote into it. Find out who. Delete those rows from it, and the dry run takes them anew as far as nothing was applied; else restore their rows from a backup.`,
        reason: "Refused"
      }
    })
  )

const openGuards = (plan: SqlPlan): ReadonlyArray<Guard> => {
  if (plan.dialect === "mysql") return accountGuards(plan)
  if (plan.dialect === "sqlite") return []
  const words =
    "Others have rights on the ledgers, which hold copies of your rows: {found}. Run the dry run again, it takes those rights away."
  return [{ step: "open", query: openLedgers(plan), words, reason: "Refused" }]
}

/** MySQL: no account has rights on the ledgers that it was given on their whole database, or on a table of their name. */
export const accountGuards = (plan: SqlPlan): ReadonlyArray<Guard> => {
  if (plan.dialect !== "mysql") return []
  const own = plan.ledgerDatabase ?? "aywa_ledgers"
  return [
    {
      step: "open",
      query: accountsWithRights(plan),
      words: `These accounts have rights on the whole database of the ledgers, and with them on copies of your rows: {found}. Give the ledgers a database of their own that nobody else has rights on: CREATE DATABASE ${own}; and in the config ledgerDatabase: ${own}. Or take the grant away until cleanup.`,
      reason: "Refused"
    }
  ]
}

const expectGuards = (plan: SqlPlan): ReadonlyArray<Guard> =>
  plan.locations.flatMap((location) => {
    const { label, expect } = location
    if (expect.min === 0 && expect.max === Number.MAX_SAFE_INTEGER) return []
    return {
      step: "expect",
      query: `SELECT s.n AS v FROM (SELECT COUNT(*) AS n FROM ${ledgerRows(plan, location)} b) s WHERE s.n NOT BETWEEN ${expect.min} AND ${expect.max}`,
      words: `${label}: {found} rows would change, expected ${expect.min} to ${expect.max}`,
      reason: "Refused"
    }
  })

/**
 * What must hold before rows are written, in groups: what fails in one would make nonsense of the next. They look at
 * whole ledgers once. While rows are written, each one of kind `id` is asked again (`leads`); of documents that would be to
 * rewrite them twice, and who can write a ledger in between is its owner, or an administrator.
 */
export const writeGuards = (
  plan: SqlPlan,
  way: SqlDialect,
  direction: "apply" | "rollback"
): ReadonlyArray<ReadonlyArray<Guard>> => [
  preparedGuards(plan),
  openGuards(plan),
  mappingGuards(plan, way),
  [keysGuard(plan), ...ledgerGuards(plan, way), ...(direction === "apply" ? expectGuards(plan) : [])]
]
