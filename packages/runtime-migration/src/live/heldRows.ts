/**
 * Rows that other sessions hold locked: which they are, and whose sessions.
 */
import { tableOf } from "../sql/dialect.ts"
import { regclass } from "../sql/foreignKeys.ts"
import { freeRows, rowsThatWait, shortLocks } from "../sql/statements.ts"
import type { Step, Unit } from "../sql/units.ts"
import type { SqlPlan } from "../sql/plan.ts"
import type { Piece } from "./pieces.ts"
import { numberOf, type SqlDriver } from "./SqlDriver.ts"
import { keyOf, labelsOf } from "./unitRows.ts"

/** A row that somebody holds. */
export interface HeldRow {
  readonly location: string
  readonly key: string
  /** Its part of the piece: the number of its ledger row, or its old id. */
  readonly part: string
}

/** Runs some work in a transaction that is taken back. */
const rolledBack = async <A>(driver: SqlDriver, work: () => Promise<A>): Promise<A> => {
  await driver.run(driver.dialect === "mysql" ? "START TRANSACTION" : "BEGIN")
  try {
    if (driver.dialect === "postgres") await driver.run(shortLocks)
    return await work()
  } finally {
    await driver.run("ROLLBACK").catch(() => undefined)
  }
}

/**
 * The rows of a piece that others hold. Fails where they hold a whole table. None may mean that what they hold is something
 * else: a value of a unique column, say.
 */
export const heldRows = async (
  driver: SqlDriver,
  plan: SqlPlan,
  steps: ReadonlyArray<Step>,
  { range, ids }: Piece
): Promise<ReadonlyArray<HeldRow>> => {
  const probes = plan.dialect === "postgres" ? 2 : plan.dialect === "mysql" ? 1 : 0
  for (let at = 0; at < probes; at++) {
    const held = await rolledBack(driver, async () => {
      const all: Array<HeldRow> = []
      for (const step of steps) {
        const rows = range(step.location)
        // Who holds the table may let others lock its rows, and write none.
        if (plan.dialect === "postgres")
          await driver.run(`LOCK TABLE ${tableOf(plan, step.location)} IN ROW EXCLUSIVE MODE NOWAIT`)
        const free = new Set<string>()
        for (const { n } of (await driver.run(freeRows(plan, step, rows)[at] ?? "")).rows) free.add(String(numberOf(n)))
        for (const row of (await driver.run(rowsThatWait(plan, step, rows))).rows) {
          const n = String(numberOf(row["n"]))
          if (free.has(n)) continue
          const part = ids === undefined ? n : String(row["id"])
          all.push({ location: labelsOf(step.locations), key: keyOf(step.location, row), part })
        }
      }
      return all
    })
    if (held.length > 0) return held
  }
  return []
}

/** The rows of a piece that wait, whoever holds them. */
export const waitingRows = async (
  driver: SqlDriver,
  plan: SqlPlan,
  steps: ReadonlyArray<Step>,
  { range, ids }: Piece
): Promise<ReadonlyArray<HeldRow>> => {
  const all: Array<HeldRow> = []
  for (const step of steps) {
    for (const row of (await driver.run(rowsThatWait(plan, step, range(step.location)))).rows) {
      const part = ids === undefined ? String(numberOf(row["n"])) : String(row["id"])
      all.push({ location: labelsOf(step.locations), key: keyOf(step.location, row), part })
    }
  }
  return all
}

/** The same of all rows of some units that wait, a chunk at a time: of one transaction for all, which has failed. */
export const heldAnywhere = async (
  driver: SqlDriver,
  plan: SqlPlan,
  units: ReadonlyArray<Unit>,
  pieces: (step: Step) => Promise<ReadonlyArray<Piece>>
): Promise<ReadonlyArray<HeldRow>> => {
  const all: Array<HeldRow> = []
  for (const { steps } of units) {
    for (const step of steps)
      for (const piece of await pieces(step)) all.push(...(await heldRows(driver, plan, [step], piece)))
  }
  return all
}

/** Who holds locks on some tables, in words; empty where nobody does, or that cannot be seen. */
export const holders = async (driver: SqlDriver, tables: ReadonlyArray<string>): Promise<string> => {
  if (driver.dialect === "sqlite" || tables.length === 0) return ""
  const sql =
    driver.dialect === "postgres"
      ? `SELECT DISTINCT 'pid ' || a.pid || ' (' || coalesce(nullif(a.application_name, ''), a.usename, '?') || ', ' || coalesce(a.state, '?') || ' for ' || coalesce(extract(epoch FROM now() - a.xact_start)::int, 0) || ' s)' AS v FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.relation IN (${tables.map(regclass).join(", ")}) AND l.granted AND a.pid <> pg_backend_pid() ORDER BY 1 LIMIT 5`
      : "SELECT CONCAT('connection ', x.trx_mysql_thread_id, ' (open for ', TIMESTAMPDIFF(SECOND, x.trx_started, NOW()), ' s)') AS v FROM information_schema.INNODB_TRX x WHERE x.trx_mysql_thread_id <> CONNECTION_ID() AND x.trx_rows_locked > 0 ORDER BY x.trx_started LIMIT 5"
  const { rows } = await driver.run(sql)
  const [word, list] = [
    driver.dialect === "postgres" ? "held by" : "transactions with locks:",
    rows.map(({ v }) => String(v))
  ]
  return rows.length === 0 ? "" : `${word} ${list.join(", ")}`
}

/** The tables of some units, quoted. */
export const tablesOf = (plan: SqlPlan, units: Iterable<Unit>): ReadonlyArray<string> => [
  ...new Set([...units].flatMap(({ steps }) => steps.map(({ location }) => tableOf(plan, location))))
]
