/**
 * The five files of a run, for an operator who runs them with the database's own client.
 *
 * @since 0.1.0
 */
import type { Dialect } from "./config.ts"
import { isShared, ledgerColumn, ledgersOf, type SqlDialect, tableOf, tables } from "./dialect.ts"
import { literal, regclass } from "./foreignKeys.ts"
import * as Guards from "./guards.ts"
import { guardTable, orderTable } from "./guardTable.ts"
import { applyMoves, rollbackMoves } from "./moves.ts"
import { mysqlSession } from "./mysql.ts"
import { quoteBlock, quoteText } from "./names.ts"
import { originalKeys } from "./originalKeys.ts"
import type { PlannedLocation, SqlPlan } from "./plan.ts"
import { seeAllRows } from "./rowSecurity.ts"
import * as Sql from "./statements.ts"
import { apart, type Step, stepsOf } from "./units.ts"

/**
 * The scripts of a run by file name. Run them in this order; the last one days later, when nobody will want to go back.
 *
 * @since 0.1.0
 * @category models
 */
export interface MappingScripts {
  /** Makes mapping table and ledgers, and reports what would change. Changes no row of yours: this is the dry run. */
  readonly "1-prepare.sql": string
  /** Rewrites what the ledgers name. Can be run again, after a crash too. */
  readonly "2-apply.sql": string
  /** Counts what is left, what drifted, what was forged, orphans. Every `must_be_zero` must be 0. */
  readonly "3-verify.sql": string
  /** Puts back every value that is still the new one, and counts the rest. Can be run again. */
  readonly "4-rollback.sql": string
  /** Drops mapping table and ledgers. There is no way back after it. */
  readonly "5-cleanup.sql": string
}

/**
 * Writes the scripts of a plan. They hold the mapping itself, names quoted for the dialect, and nothing that was not
 * checked.
 *
 * **Gotchas**
 *
 * Clients must stop at the first error: `psql -v ON_ERROR_STOP=1 -f`, `mysql < file` (it stops by itself),
 * `sqlite3 -bail app.db < file`. The updates check by themselves that they belong to what was prepared.
 *
 * @since 0.1.0
 * @category sql
 */
export const mappingScripts = (plan: SqlPlan): MappingScripts => {
  const file = (name: string, what: string, statements: ReadonlyArray<string>): string =>
    `${heading(plan, name, what)}\n${[...encoding[plan.dialect], ...statements].map((statement) => finish(statement)).join("\n")}\n`
  return {
    "1-prepare.sql": file("1-prepare.sql", "Makes mapping table and ledgers; changes no row of yours.", prepare(plan)),
    "2-apply.sql": file("2-apply.sql", "Rewrites the ids that 1-prepare.sql found.", run(plan, "apply")),
    "3-verify.sql": file(
      "3-verify.sql",
      "Read-only. Every must_be_zero must be 0, and mapping_must_be_empty without a row.",
      verify(plan)
    ),
    "4-rollback.sql": file("4-rollback.sql", "Puts the old ids back.", run(plan, "rollback")),
    "5-cleanup.sql": file("5-cleanup.sql", "Drops what 1-prepare.sql made. No way back after it.", cleanup(plan))
  }
}

const finish = (statement: string): string => (statement.endsWith(";") ? statement : `${statement};`)

// The files are UTF-8, whatever the client's own setting is.
const encoding: Readonly<Record<Dialect, ReadonlyArray<string>>> = {
  postgres: ["SET client_encoding = 'UTF8'", "SET standard_conforming_strings = on", seeAllRows],
  mysql: ["SET NAMES utf8mb4"],
  sqlite: []
}

const dumps: Readonly<Record<Dialect, string>> = {
  postgres: "pg_dump --format=custom --file=before.dump",
  mysql: "mysqldump --single-transaction --routines --triggers --result-file=before.sql",
  sqlite: `sqlite3 app.db ".backup before.db"`
}

/** A comment cannot be left: names have no control characters, and JSON escapes the rest. */
const heading = (plan: SqlPlan, name: string, what: string): string =>
  [
    `${name}: ${what}`,
    `Backup first: ${dumps[plan.dialect]}`,
    `${plan.mappings} mappings, checksum ${plan.checksum}`,
    ...plan.locations.map(({ label, kind, set }) => `${kind} ${JSON.stringify(label)} (${set.name})`),
    "The ledgers hold copies of your rows, whole values before and after, until 5-cleanup.sql drops them.",
    ...plan.notes
  ]
    .map((line) => `-- ${line}`)
    .join("\n")

const wayOf = (plan: SqlPlan): SqlDialect => Sql.dialects[plan.dialect]

const prepare = (plan: SqlPlan): ReadonlyArray<string> => {
  const way = wayOf(plan)
  const older = guarded(plan, [Guards.olderGuard(plan)])
  const work = [
    // Elsewhere it asks the run's own table.
    ...(plan.dialect === "postgres"
      ? [...guarded(plan, [...Guards.ownGuards(plan), ...Guards.rowGuards(plan)]), ...older]
      : []),
    ...firstTables(plan),
    ...(plan.dialect === "postgres" ? [] : older),
    ...guarded(plan, [Guards.strangersGuard(plan), Guards.samePlanGuard(plan)]),
    Sql.begin(plan),
    ...way.createTables(plan),
    ...guarded(plan, [...Guards.accountGuards(plan), Guards.keysGuard(plan)]),
    ...Sql.writeMapping(plan),
    ...plan.locations.flatMap((location) => Sql.createLedger(plan, location)),
    ...Sql.close(plan),
    ...ledgersOf(plan).flatMap((locations) => [
      ...Sql.remember(plan, locations),
      ...locations.flatMap((location) => Sql.takeAnew(plan, location)),
      ...Sql.fill(plan, locations)
    ]),
    ...plan.locations.flatMap((location) => originalKeys(plan, location)),
    Sql.end(plan)
  ]
  const reports = plan.locations.flatMap((location) => {
    const unmapped = way.unmapped(plan, location)
    return [
      labelled(location, Sql.dryRunCounts(plan, location)),
      ...(unmapped === undefined ? [] : [labelled(location, unmapped.replace("AS n", "AS unmapped"))])
    ]
  })
  // In MySQL a CREATE commits: there this file is not one transaction, and is simply run again.
  return plan.dialect === "mysql" ? [...mysqlSession, ...work, ...reports] : [...transaction(plan, work), ...reports]
}

/** The table of the run, and what a script is stopped by. */
const firstTables = (plan: SqlPlan): ReadonlyArray<string> => [
  ...wayOf(plan).createRun(plan),
  ...(plan.dialect === "postgres" ? [] : guardTable(plan))
]

const transaction = (plan: SqlPlan, statements: ReadonlyArray<string>): ReadonlyArray<string> =>
  plan.dialect === "mysql"
    ? ["START TRANSACTION", ...statements, "COMMIT"]
    : [plan.dialect === "sqlite" ? "BEGIN IMMEDIATE" : "BEGIN", ...statements, "COMMIT"]

const run = (plan: SqlPlan, direction: "apply" | "rollback"): ReadonlyArray<string> => {
  const moves = direction === "apply" ? applyMoves(plan) : rollbackMoves(plan)
  const first = [...guarded(plan, [...Guards.ownGuards(plan), ...Guards.rowGuards(plan)]), ...inOrder(plan)]
  const checks = guarded(plan, [Guards.olderGuard(plan), ...Guards.writeGuards(plan, wayOf(plan), direction).flat()])
  const keys = direction === "apply" ? [] : plan.locations.flatMap((location) => originalKeys(plan, location))
  const steps = [...first, ...passes(plan, direction, stepsOf(plan, moves), [...checks, ...keys])]
  if (direction === "apply") return steps
  // What could not be put back: rows that are neither old nor there to be.
  return [...steps, ...plan.locations.map((location) => labelled(location, Sql.stateCounts(plan, location, "before")))]
}

const passes = (
  plan: SqlPlan,
  direction: "apply" | "rollback",
  moves: ReadonlyArray<Step>,
  checks: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const { before, after } = Sql.deferral(plan)
  const session = plan.dialect === "postgres" ? timeouts : plan.dialect === "mysql" ? mysqlSession : []
  // A live step makes foreign keys wait in another way.
  if (plan.transaction === "single" || (plan.dialect === "postgres" && plan.foreignKeys.length > 0)) {
    const work = [...before, ...moves.flatMap((move) => whole(plan, move)), ...after]
    return [...session, ...transaction(plan, [...checks, ...work])]
  }
  if (plan.dialect === "postgres") return [...session, ...checks, ...moves.map((move) => postgresLoop(plan, move))]
  if (plan.dialect === "mysql") {
    return [...session, ...checks, ...before, ...procedure(plan, `${plan.prefix}_${direction}`, moves), ...after]
  }
  return [...checks, ...moves.flatMap((move) => transaction(plan, [...before, ...whole(plan, move)]))]
}

const statements = (plan: SqlPlan, step: Step, range: readonly [string, string] | undefined): ReadonlyArray<string> => {
  const rows = range === undefined ? [] : [`b.n BETWEEN ${range[0]} AND ${range[1]}`]
  const all = Sql.updateTogether(plan, step, [...rows, ...unasked(plan, step)])
  return [
    // SQLite would have to look what was written before it goes on.
    ...(all === undefined || all.whole ? [] : [all.update, ...all.after]),
    ...apart(step).flatMap((one) => {
      const { before, update, after } = Sql.updateRange(plan, one, rows)
      return [...before, update, ...after]
    })
  ]
}

/**
 * PostgreSQL: no trigger asks for one of the columns (`UPDATE OF`). It would run for rows in which that one does not change:
 * then each column is written for itself.
 */
const unasked = (plan: SqlPlan, { location, locations }: Step): ReadonlyArray<string> => {
  if (plan.dialect !== "postgres") return []
  const table = regclass(tableOf(plan, location))
  const names = locations.map(({ column }) => literal("postgres", column)).join(", ")
  return [
    `NOT EXISTS (SELECT 1 FROM pg_trigger g JOIN pg_attribute a ON a.attrelid = g.tgrelid AND a.attnum = ANY (g.tgattr::int2[]) WHERE g.tgrelid = ${table} AND NOT g.tgisinternal AND (g.tgtype & 16) <> 0 AND g.tgenabled IN ('O', 'A') AND a.attname IN (${names}))`
  ]
}

const whole = (plan: SqlPlan, move: Step): ReadonlyArray<string> => statements(plan, move, undefined)

const timeouts = [`SET ${Sql.lockTimeout}`]

/** Stops a script that runs before 1-prepare.sql of its plan. */
const inOrder = (plan: SqlPlan): ReadonlyArray<string> => {
  const guards = [Guards.firstGuard(plan, wayOf(plan)), ...Guards.preparedGuards(plan)]
  if (plan.dialect === "postgres") return guarded(plan, guards)
  const { make, drop } = orderTable(plan)
  return [...make, ...guarded(plan, guards, tables(plan).order), drop]
}

/** Stops the script where something does not hold. */
const guarded = (
  plan: SqlPlan,
  guards: ReadonlyArray<Guards.Guard>,
  table = tables(plan).guard
): ReadonlyArray<string> =>
  guards.map(({ step, query, words }) => {
    if (plan.dialect !== "postgres") {
      return `INSERT INTO ${table} (step, ok) SELECT ${quoteText(step)}, 0 FROM (${query}) q`
    }
    const message = `replace(${quoteText(words.replaceAll("\\", "/").replaceAll("the dry run", "1-prepare.sql"))}, '{found}', reason)`
    return quoteBlock(
      `DECLARE reason text; BEGIN SELECT string_agg(q.v::text, '; ') INTO reason FROM (${query}) q; IF reason IS NOT NULL THEN RAISE EXCEPTION '%', ${message}; END IF; END`
    )
  })

const postgresLoop = (plan: SqlPlan, move: Step): string =>
  quoteBlock(
    `DECLARE first_n bigint := 1; last_n bigint; BEGIN SELECT COALESCE(MAX(n), 0) INTO last_n FROM ${tables(plan).ledger(move.location)}; WHILE first_n <= last_n LOOP ${Sql.byKey.join("; ")}; ${statements(plan, move, ["first_n", `first_n + ${plan.chunk - 1}`]).join("; ")}; COMMIT; first_n := first_n + ${plan.chunk}; END LOOP; END`
  )

/**
 * MySQL has loops in procedures only. One is made where it is called and dropped behind that, with the caller's rights:
 * left in the database it could be another by then, or be called by others.
 */
const procedure = (plan: SqlPlan, name: string, moves: ReadonlyArray<Step>): ReadonlyArray<string> => {
  const loop = (move: Step) =>
    `SET first_n = 1; SELECT COALESCE(MAX(n), 0) INTO last_n FROM ${tables(plan).ledger(move.location)}; WHILE first_n <= last_n DO START TRANSACTION; ${statements(plan, move, ["first_n", `first_n + ${plan.chunk - 1}`]).join("; ")}; COMMIT; SET first_n = first_n + ${plan.chunk}; END WHILE;`
  return [
    `DROP PROCEDURE IF EXISTS ${name};\nDELIMITER ;;\nCREATE PROCEDURE ${name}() MODIFIES SQL DATA SQL SECURITY INVOKER BEGIN DECLARE first_n BIGINT DEFAULT 1; DECLARE last_n BIGINT DEFAULT 0; ${moves.map(loop).join(" ")} END;;\nDELIMITER ;`,
    `CALL ${name}()`,
    `DROP PROCEDURE ${name}`
  ]
}

const labelOf = ({ label }: PlannedLocation): string => quoteText(label.replaceAll("\\", "/"))

const labelled = (location: PlannedLocation, sql: string): string =>
  `SELECT ${labelOf(location)} AS location, q.* FROM (${sql}) q`

const verify = (plan: SqlPlan): ReadonlyArray<string> => [
  ...(plan.dialect === "mysql" ? mysqlSession : []),
  ...guarded(plan, Guards.rowGuards(plan)),
  ...inOrder(plan),
  ...wayOf(plan)
    .foreignMapping(plan)
    .map((query) => `SELECT q.v AS mapping_must_be_empty FROM (${query}) q`),
  ...plan.locations.flatMap((location) => [
    labelled(location, wayOf(plan).leftovers(plan, location).replace("AS n", "AS must_be_zero")),
    `SELECT ${labelOf(location)} AS ledger, q.n AS must_be_zero FROM (${Guards.forgedRows(plan, location, wayOf(plan))}) q`,
    labelled(location, Sql.stateCounts(plan, location, "after")),
    labelled(location, Sql.tableCounts(plan, location))
  ]),
  ...Sql.orphans(plan).map(
    ({ label, sql }) =>
      `SELECT ${quoteText(label.replaceAll("\\", "/"))} AS foreign_key, q.n AS must_be_zero FROM (${sql}) q`
  )
]

const cleanup = (plan: SqlPlan): ReadonlyArray<string> => [
  ...(plan.dialect === "mysql"
    ? ["apply", "rollback"].map((name) => `DROP PROCEDURE IF EXISTS ${plan.prefix}_${name}`)
    : []),
  ...guarded(plan, Guards.ownGuards(plan)),
  ...(plan.dialect === "postgres" ? guarded(plan, [Guards.olderGuard(plan)]) : []),
  // Made where they are missing, so that the file can be run again: what stands against it is asked of them.
  ...firstTables(plan),
  ...(plan.dialect === "postgres" ? [] : guarded(plan, [Guards.olderGuard(plan)])),
  ...guarded(plan, [Guards.strangersGuard(plan), Guards.samePlanGuard(plan)]),
  ...wayOf(plan).createTables(plan),
  ...plan.locations.flatMap((location) => Sql.createLedger(plan, location)),
  ...guarded(
    plan,
    plan.locations.map((location) => driftGuard(plan, location))
  ),
  ...Sql.drop(plan)
]

/** A ledger that several columns share knows of the others as well. */
const forgetting = (plan: SqlPlan, location: PlannedLocation): string => {
  const ledger = tables(plan).ledger(location)
  return isShared(location)
    ? `set ${ledgerColumn(location, "stands")} to NULL in their rows of ${ledger}`
    : `delete them from ${ledger}`
}

/** Nothing was written, or all of it was and nobody else wrote there since. A drifted row that the ledger forgets is accepted. */
const driftGuard = (plan: SqlPlan, location: PlannedLocation): Guards.Guard => ({
  step: "drifted",
  query: `SELECT s.changes - s.renewed - s.missing AS v FROM (${Sql.stateCounts(plan, location, "after")}) s, (${Sql.stateCounts(plan, location, "before")}) o, (${Sql.writtenRows(plan, location)}) w WHERE w.n > 0 AND o.changes > o.old + o.missing AND s.changes > s.renewed + s.missing`,
  words: `${location.label}: {found} rows hold something else than what apply wrote. Run 2-apply.sql or 4-rollback.sql to its end; for rows that somebody changed since, once you have looked at them, ${forgetting(plan, location)}.`,
  reason: "Refused"
})
