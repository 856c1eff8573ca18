/**
 * The five files of a run, for an operator who runs them with the database's own client.
 *
 * @since 0.1.0
 */
import type { Dialect } from "./config.ts"
import { tables } from "./dialect.ts"
import { mysqlSession } from "./mysql.ts"
import { quoteText } from "./names.ts"
import type { PlannedLocation, SqlPlan } from "./plan.ts"
import * as Sql from "./statements.ts"

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
  /** Counts what is left, what drifted, orphans. Every `must_be_zero` must be 0. */
  readonly "3-verify.sql": string
  /** Puts back every value that is still the new one. Can be run again. */
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
    "3-verify.sql": file("3-verify.sql", "Read-only. Every must_be_zero must be 0.", verify(plan)),
    "4-rollback.sql": file("4-rollback.sql", "Puts the old ids back.", run(plan, "rollback")),
    "5-cleanup.sql": file("5-cleanup.sql", "Drops what 1-prepare.sql made. No way back after it.", cleanup(plan))
  }
}

const finish = (statement: string): string => (statement.endsWith(";") ? statement : `${statement};`)

// The files are UTF-8, whatever the client's own setting is.
const encoding: Readonly<Record<Dialect, ReadonlyArray<string>>> = {
  postgres: ["SET client_encoding = 'UTF8'", "SET standard_conforming_strings = on"],
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
    ...plan.notes
  ]
    .map((line) => `-- ${line}`)
    .join("\n")

const prepare = (plan: SqlPlan): ReadonlyArray<string> => {
  const work = [
    ...Sql.dialects[plan.dialect].createTables(plan),
    ...assert(plan, "prepared", Sql.unprepared(plan)),
    Sql.begin(plan),
    ...Sql.setup(plan),
    ...plan.locations.flatMap((location) => [...Sql.remember(plan, location), ...Sql.fill(plan, location)]),
    Sql.end(plan)
  ]
  const reports = plan.locations.flatMap((location) => {
    const unmapped = Sql.dialects[plan.dialect].unmapped(plan, location)
    return [
      labelled(location, Sql.dryRunCounts(plan, location)),
      ...(unmapped === undefined ? [] : [labelled(location, unmapped.replace("AS n", "AS unmapped"))])
    ]
  })
  // In MySQL a CREATE commits: there this file is not one transaction, and is simply run again.
  const lines = plan.dialect === "mysql" ? [...mysqlSession, ...procedures(plan), ...work] : transaction(plan, work)
  return [...lines, ...reports]
}

const transaction = (plan: SqlPlan, statements: ReadonlyArray<string>): ReadonlyArray<string> =>
  plan.dialect === "mysql"
    ? ["START TRANSACTION", ...statements, "COMMIT"]
    : [plan.dialect === "sqlite" ? "BEGIN IMMEDIATE" : "BEGIN", ...statements, "COMMIT"]

const run = (plan: SqlPlan, direction: "apply" | "rollback"): ReadonlyArray<string> => {
  const moves = direction === "apply" ? Sql.applyMoves(plan) : Sql.rollbackMoves(plan)
  const checks = [
    ...assert(plan, "prepared", Sql.prepared(plan)),
    ...(direction === "apply" ? plan.locations.flatMap((location) => expected(plan, location)) : [])
  ]
  const { before, after } = Sql.deferral(plan)
  if (plan.transaction === "single") {
    const work = [...before, ...moves.flatMap((move) => whole(plan, move)), ...after]
    return [...(plan.dialect === "postgres" ? timeouts : []), ...transaction(plan, [...checks, ...work])]
  }
  if (plan.dialect === "postgres") return [...timeouts, ...checks, ...moves.map((move) => postgresLoop(plan, move))]
  if (plan.dialect === "mysql") {
    return [...mysqlSession, ...checks, ...before, `CALL ${plan.prefix}_${direction}()`, ...after]
  }
  return [...checks, ...moves.flatMap((move) => transaction(plan, [...before, ...whole(plan, move)]))]
}

const statements = (
  plan: SqlPlan,
  move: Sql.Move,
  range: readonly [string, string] | undefined
): ReadonlyArray<string> => {
  const { update, mark } = Sql.updateRange(plan, move, range)
  return [update, ...mark]
}

const whole = (plan: SqlPlan, move: Sql.Move): ReadonlyArray<string> => statements(plan, move, undefined)

const timeouts = [`SET ${Sql.lockTimeout}`]

const expected = (plan: SqlPlan, location: PlannedLocation): ReadonlyArray<string> => {
  const { min, max } = location.expect
  if (min === 0 && max === Number.MAX_SAFE_INTEGER) return []
  return assert(plan, "expect", `(${Sql.ledgerSize(plan, location)}) BETWEEN ${min} AND ${max}`)
}

const failures = {
  prepared: "this is not what 1-prepare.sql prepared: run it again, or clean up first",
  expect: "more or fewer rows than expected: see the report of 1-prepare.sql"
} as const

/** Stops the script unless a condition holds. */
const assert = (plan: SqlPlan, step: keyof typeof failures, condition: string): ReadonlyArray<string> =>
  plan.dialect === "postgres"
    ? [dollar(`BEGIN IF NOT (${condition}) THEN RAISE EXCEPTION ${quoteText(failures[step])}; END IF; END`)]
    : [
        `INSERT INTO ${plan.prefix}_guard (step, ok) SELECT ${quoteText(step)}, 0 FROM (SELECT 1 AS one) q WHERE NOT (${condition})`
      ]

/** A block whose quotes no name can end. */
const dollar = (body: string): string => {
  let tag = "$aywa$"
  for (let at = 1; body.includes(tag); at++) tag = `$aywa${at}$`
  return `DO ${tag} ${body} ${tag}`
}

const postgresLoop = (plan: SqlPlan, move: Sql.Move): string =>
  dollar(
    `DECLARE first_n bigint := 1; last_n bigint; BEGIN SELECT COALESCE(MAX(n), 0) INTO last_n FROM ${tables(plan).ledger(move.location)}; WHILE first_n <= last_n LOOP ${Sql.byKey.join("; ")}; ${statements(plan, move, ["first_n", `first_n + ${plan.chunk - 1}`]).join("; ")}; COMMIT; first_n := first_n + ${plan.chunk}; END LOOP; END`
  )

/** MySQL has loops in procedures only. They are made in file 1, because making them commits. */
const procedures = (plan: SqlPlan): ReadonlyArray<string> => {
  if (plan.transaction === "single") return []
  const loop = (move: Sql.Move) =>
    `SET first_n = 1; SELECT COALESCE(MAX(n), 0) INTO last_n FROM ${tables(plan).ledger(move.location)}; WHILE first_n <= last_n DO START TRANSACTION; ${statements(plan, move, ["first_n", `first_n + ${plan.chunk - 1}`]).join("; ")}; COMMIT; SET first_n = first_n + ${plan.chunk}; END WHILE;`
  return (["apply", "rollback"] as const).map((direction) => {
    const moves = direction === "apply" ? Sql.applyMoves(plan) : Sql.rollbackMoves(plan)
    const name = `${plan.prefix}_${direction}`
    return `DROP PROCEDURE IF EXISTS ${name};\nDELIMITER ;;\nCREATE PROCEDURE ${name}() MODIFIES SQL DATA BEGIN DECLARE first_n BIGINT DEFAULT 1; DECLARE last_n BIGINT DEFAULT 0; ${moves.map(loop).join(" ")} END;;\nDELIMITER ;`
  })
}

const labelled = ({ label }: PlannedLocation, sql: string): string =>
  `SELECT ${quoteText(label.replaceAll("\\", "/"))} AS location, q.* FROM (${sql}) q`

const verify = (plan: SqlPlan): ReadonlyArray<string> => [
  ...(plan.dialect === "mysql" ? mysqlSession : []),
  ...plan.locations.flatMap((location) => [
    labelled(location, Sql.dialects[plan.dialect].leftovers(plan, location).replace("AS n", "AS must_be_zero")),
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
  ...Sql.drop(plan)
]
