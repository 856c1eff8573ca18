/**
 * What apply would trip over: some rows of each location are written in a transaction that is rolled back.
 */
import { ledgerRows, tableOf } from "../sql/dialect.ts"
import { applyMoves } from "../sql/moves.ts"
import { quoteName } from "../sql/names.ts"
import type { PlannedLocation } from "../sql/plan.ts"
import * as Sql from "../sql/statements.ts"
import { apart, ofIds, type Unit, unitsOf } from "../sql/units.ts"
import { sleeping } from "./aboutTriggers.ts"
import { impatient } from "./alter.ts"
import { check, select } from "./checks.ts"
import { isBusy, isStatementFailure } from "./databaseError.ts"
import { makePatience } from "./locks.ts"
import type { DatabasePlan } from "./planDatabase.ts"
import type { StepOptions } from "./reports.ts"
import { write } from "./write.ts"
import { loosenKeys, tightenKeys } from "./rigidKeys.ts"
import { takeLateChildren } from "./lateRows.ts"
import { numberOf, runAll, type SqlDriver } from "./SqlDriver.ts"
import { labelOf, rowsById, withKey } from "./unitRows.ts"

/** What a trial gave. */
export interface Trial {
  readonly problems: ReadonlyArray<string>
  /** Locations that could not be tried, and why. */
  readonly untried: ReadonlyArray<string>
}

/** Rows of a trial: one for each value that is written, as far as that. */
const most = 200

/** Rows of a ledger in which so many values are found where it has many. */
const enough = 20_000

/** Tries out what a dry run has prepared. Foreign keys wait meanwhile as they do for apply: nobody is locked out for longer. */
export const tryOut = async (driver: SqlDriver, plan: DatabasePlan, options: StepOptions): Promise<Trial> => {
  const loosened: Parameters<typeof loosenKeys>[4] = new Set()
  const tighten = async () => {
    if (loosened.size > 0)
      await tightenKeys(driver, plan, makePatience({ patience: Math.max(1000, options.patience ?? 30_000) }))
  }
  let trial: Trial
  try {
    trial = await tryAll(driver, plan, options, loosened)
  } catch (error) {
    // What it failed with tells more; the next step knows of them.
    await tighten().catch(() => undefined)
    throw error
  }
  await tighten()
  return trial
}

const tryAll = async (
  driver: SqlDriver,
  plan: DatabasePlan,
  options: StepOptions,
  loosened: Parameters<typeof loosenKeys>[4]
): Promise<Trial> => {
  const problems: Array<string> = []
  const untried: Array<string> = []
  const patience = makePatience(options)
  for (const location of plan.locations) problems.push(...(await conflicts(driver, plan, location)))
  for (const unit of unitsOf({ ...plan, transaction: "chunks" }, applyMoves(plan))) {
    check(options.signal)
    const rows = unit.together ? await someIds(driver, plan, unit) : await someRows(driver, plan, unit)
    if (rows.length === 0) continue
    const location = labelOf(unit)
    const alone = plan.dialect === "postgres" && plan.transaction === "single"
    if (alone && unit.steps.some(({ locations }) => locations.some((one) => touchesKey(plan, one)))) {
      untried.push(`${location}: not tried, its foreign keys need one transaction for all of its rows`)
      continue
    }
    try {
      const locations = unit.steps.flatMap((step) => step.locations)
      if (plan.dialect === "postgres" && unit.together)
        await loosenKeys(driver, plan, locations, impatient(patience), loosened)
      const refusal = await firstRefusal(driver, plan, unit, rows)
      if (refusal !== undefined) problems.push(refusal)
    } catch (error) {
      if (!isBusy(error)) throw error
      untried.push(`${location}: not tried, others hold locks on its rows`)
    }
  }
  return { problems: [...new Set(problems)], untried }
}

/** Whether a table of a foreign key is written. */
const touchesKey = ({ references }: DatabasePlan, { schema, table }: PlannedLocation): boolean =>
  references.some(
    (key) => (key.table === table && key.schema === schema) || (key.refTable === table && key.refSchema === schema)
  )

/** Values of a unique column that rows would get and that other rows have already. */
const conflicts = async (
  driver: SqlDriver,
  plan: DatabasePlan,
  location: PlannedLocation
): Promise<ReadonlyArray<string>> => {
  if (location.kind !== "id" || location.set.overlap.length > 0) return []
  const problems: Array<string> = []
  const quote = (name: string) => quoteName(plan.dialect, name)
  for (const columns of plan.uniques.get(location.label) ?? []) {
    const rest = columns.filter((column) => column !== location.column)
    const table = tableOf(plan, location)
    const own = location.key.map(({ column }, at) => `t.${quote(column)} = b.k${at + 1}`)
    const same = [
      `o.${quote(location.column)} = b.new_value`,
      ...rest.map((column) => `o.${quote(column)} = t.${quote(column)}`)
    ]
    const { n, v } = await select(
      driver,
      `SELECT COUNT(*) AS n, MIN(${Sql.idText(plan)("b.new_value")}) AS v FROM ${ledgerRows(plan, location)} b JOIN ${table} t ON ${own.join(" AND ")} JOIN ${table} o ON ${same.join(" AND ")} WHERE b.stands = 'old_value'`
    )
    if (numberOf(n) > 0) {
      problems.push(
        `${location.label}: ${numberOf(n)} rows would get an id that another row has already, and (${columns.join(", ")}) is unique (such as ${String(v)}): merge or delete one of each two`
      )
    }
  }
  return problems
}

/** A row of the ledger for each value that is written; of documents, some of the whole length. */
const someRows = async (driver: SqlDriver, plan: DatabasePlan, { steps }: Unit): Promise<ReadonlyArray<string>> => {
  const [step] = steps
  // The second of two passes starts from what the first has written.
  if (step === undefined || step.from !== "old_value") return []
  const waiting = "b.stands = 'old_value'"
  const limit = Math.ceil(most / step.locations.length)
  const rows = new Set<string>()
  for (const location of step.locations) {
    const ledger = ledgerRows(plan, location)
    const byValue = (where: string) =>
      `SELECT MIN(b.n) AS n FROM ${ledger} b WHERE ${where} GROUP BY ${Sql.idText(plan)("b.new_value")} ORDER BY 1 LIMIT ${limit}`
    const first = location.kind === "id" ? await driver.run(byValue(`${waiting} AND b.n <= ${enough}`)) : undefined
    if (first?.rows.length === limit) {
      for (const { n } of first.rows) rows.add(String(numberOf(n)))
      continue
    }
    const sql =
      location.kind === "id"
        ? byValue(waiting)
        : `SELECT b.n AS n FROM ${ledger} b, (SELECT MAX(x.n) AS top FROM ${ledger} x) m WHERE ${waiting} AND (m.top <= ${limit} OR b.n % (m.top / ${limit}) < 1) ORDER BY 1 LIMIT ${limit}`
    for (const { n } of (await driver.run(sql)).rows) rows.add(String(numberOf(n)))
  }
  return [...rows]
}

/** Some ids with all of their rows. */
const someIds = async (driver: SqlDriver, plan: DatabasePlan, unit: Unit): Promise<ReadonlyArray<string>> => {
  const ids: Array<string> = []
  let size = 0
  for (const [id, n] of await rowsById(driver, plan, unit)) {
    if (size + n > most) continue
    ids.push(id)
    size += n
  }
  return ids
}

/** Writes rows and takes it back; the first that is refused, in words. */
const firstRefusal = async (
  driver: SqlDriver,
  plan: DatabasePlan,
  unit: Unit,
  rows: ReadonlyArray<string>
): Promise<string | undefined> => {
  const range = (location: PlannedLocation) => (unit.together ? ofIds(location, rows) : [`b.n IN (${rows.join(", ")})`])
  try {
    await rolledBack(driver, plan, unit, range, rows)
    return undefined
  } catch (error) {
    if (!isStatementFailure(error) || isBusy(error)) throw error
    if (rows.length === 1)
      return refusalOfRow(driver, plan, unit, rows, await withKey(driver, plan, unit, range, error))
    const middle = Math.ceil(rows.length / 2)
    const first = await firstRefusal(driver, plan, unit, rows.slice(0, middle))
    const second = first ?? (await firstRefusal(driver, plan, unit, rows.slice(middle)))
    return second ?? messageOf(error)
  }
}

/** Of one row, which column is refused. */
const refusalOfRow = async (
  driver: SqlDriver,
  plan: DatabasePlan,
  unit: Unit,
  rows: ReadonlyArray<string>,
  error: unknown
): Promise<string> => {
  const columns = unit.together ? [] : unit.steps.flatMap(apart)
  for (const step of columns.length > 1 ? columns : []) {
    const refusal = await firstRefusal(driver, plan, { ...unit, steps: [step] }, rows)
    if (refusal !== undefined) return refusal
  }
  return messageOf(error)
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const rolledBack = async (
  driver: SqlDriver,
  plan: DatabasePlan,
  unit: Unit,
  range: (location: PlannedLocation) => ReadonlyArray<string>,
  rows: ReadonlyArray<string>
): Promise<void> => {
  const { dialect } = plan
  const keys = plan.foreignKeys.length > 0
  const locations = unit.steps.flatMap((step) => step.locations)
  const off = dialect === "mysql" && keys
  if (off) await driver.run("SET SESSION foreign_key_checks = 0")
  await driver.run(dialect === "sqlite" ? "BEGIN IMMEDIATE" : dialect === "mysql" ? "START TRANSACTION" : "BEGIN")
  try {
    if (dialect === "postgres") await driver.run(Sql.shortLocks)
    if (dialect === "postgres" && unit.together) await driver.run("SET CONSTRAINTS ALL DEFERRED")
    if (dialect === "sqlite") await driver.run("PRAGMA defer_foreign_keys = ON")
    if (dialect === "mysql")
      for (const step of unit.steps) await driver.run(Sql.lockRows(plan, step, range(step.location)))
    // What came since the rows were looked at would be left without its parent.
    if (unit.together) await takeLateChildren(driver, plan, locations, rows)
    const [asleep] = sleeping(plan, locations)
    await runAll(driver, asleep)
    for (const step of unit.steps) await write({ driver, plan }, step, range(step.location), undefined)
    // What was deferred to the end of the transaction, which never comes.
    if (dialect === "postgres") await driver.run("SET CONSTRAINTS ALL IMMEDIATE")
  } finally {
    await driver.run("ROLLBACK").catch(() => undefined)
    if (off) await driver.run("SET SESSION foreign_key_checks = 1")
  }
}
