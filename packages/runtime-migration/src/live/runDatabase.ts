/**
 * Runs a plan on a live database: dry run, apply, verify, rollback, cleanup. Each gives a report.
 *
 * @since 0.1.0
 */
import { fail, isMigrationError } from "../errors/MigrationError.ts"
import { tables } from "../sql/dialect.ts"
import { mysqlSession } from "../sql/mysql.ts"
import type { PlannedLocation } from "../sql/plan.ts"
import * as Sql from "../sql/statements.ts"
import type { DatabasePlan } from "./planDatabase.ts"
import type { DryRunLocation, DryRunReport, MoveReport, StepOptions, VerifyLocation, VerifyReport } from "./reports.ts"
import { inTransaction, inTurn, numberOf, runAll, type SqlDriver, type SqlRow } from "./SqlDriver.ts"

const select = async (driver: SqlDriver, sql: string): Promise<SqlRow> => (await driver.run(sql)).rows[0] ?? {}

const count = async (driver: SqlDriver, sql: string): Promise<number> => numberOf((await select(driver, sql))["n"])

const check = (signal: AbortSignal | undefined): void => {
  if (signal?.aborted === true) fail({ _tag: "Aborted" }, signal.reason)
}

/**
 * Makes mapping table and ledgers in the database, and says what would change. No row of yours is changed, and running
 * it again only adds rows that came meanwhile. Fails with `OutOfOrder` where another plan was prepared before.
 *
 * @since 0.1.0
 * @category database
 */
export const dryRunDatabase = async (
  driver: SqlDriver,
  plan: DatabasePlan,
  { signal, onProgress }: StepOptions = {}
): Promise<DryRunReport> => {
  const prepare = async () => {
    await runAll(driver, Sql.dialects[plan.dialect].createTables(plan))
    if (!(await holds(driver, Sql.unprepared(plan)))) {
      fail({
        _tag: "OutOfOrder",
        detail: `Another mapping or other locations were prepared with the prefix ${plan.prefix}. Finish or roll back that run and clean it up, or take another prefix.`
      })
    }
    await driver.run(Sql.begin(plan))
    await runAll(driver, Sql.setup(plan))
    for (const location of plan.locations) {
      check(signal)
      await runAll(driver, [...Sql.remember(plan, location), ...Sql.fill(plan, location)])
      onProgress?.({
        step: "dry-run",
        location: location.label,
        done: location.index + 1,
        total: plan.locations.length
      })
    }
    await driver.run(Sql.end(plan))
  }
  try {
    if (plan.dialect === "mysql") {
      // A CREATE commits there, so that a transaction would end half-way.
      await runAll(driver, mysqlSession)
      await inTurn(driver, plan.prefix, prepare)
    } else await inTransaction(driver, plan.prefix, prepare)
  } catch (error) {
    // What does not fit fails here already: the findings say it in the user's words.
    if (isMigrationError(error) || errorsOf(plan).length === 0) throw error
    fail({ _tag: "Refused", problems: errorsOf(plan) }, error)
  }
  const locations: Array<DryRunLocation> = []
  for (const location of plan.locations) {
    check(signal)
    locations.push(await dryRunLocation(driver, plan, location))
  }
  const unexpected = plan.locations.flatMap(({ label, expect }, at) => {
    const rows = locations[at]?.rows ?? 0
    return rows < expect.min || rows > expect.max
      ? [`${label}: ${rows} rows would change, expected ${expect.min} to ${expect.max}`]
      : []
  })
  return {
    locations,
    rows: locations.reduce((sum, { rows }) => sum + rows, 0),
    problems: [...errorsOf(plan), ...unexpected]
  }
}

const errorsOf = (plan: DatabasePlan): ReadonlyArray<string> =>
  plan.findings.filter(({ level }) => level === "error").map(({ subject, message }) => `${subject}: ${message}`)

const holds = async (driver: SqlDriver, condition: string): Promise<boolean> =>
  (await count(driver, `SELECT COUNT(*) AS n FROM (SELECT 1 AS one) q WHERE ${condition}`)) === 1

const dryRunLocation = async (
  driver: SqlDriver,
  plan: DatabasePlan,
  location: PlannedLocation
): Promise<DryRunLocation> => {
  const counts = await select(driver, Sql.dryRunCounts(plan, location))
  const unmapped = Sql.dialects[plan.dialect].unmapped(plan, location)
  const table = await select(driver, Sql.tableCounts(plan, location))
  return {
    location: location.label,
    rows: numberOf(counts["changes"]),
    valuesBefore: numberOf(counts["befores"]),
    valuesAfter: numberOf(counts["afters"]),
    unmapped: unmapped === undefined ? undefined : await count(driver, unmapped),
    tableRows: numberOf(table["rows_now"]),
    nulls: numberOf(table["nulls_now"])
  }
}

/**
 * Rewrites what the dry run found. Can be run again: what is done stays done, and rows that the application changed
 * meanwhile are left alone. Refuses errors among the findings and counts outside of what was expected.
 *
 * @since 0.1.0
 * @category database
 */
export const applyDatabase = async (
  driver: SqlDriver,
  plan: DatabasePlan,
  options: StepOptions = {}
): Promise<MoveReport> => {
  const problems = [...errorsOf(plan)]
  await assertPrepared(driver, plan)
  for (const location of plan.locations) {
    const { min, max } = location.expect
    const rows = await count(driver, Sql.ledgerSize(plan, location))
    if (rows < min || rows > max)
      problems.push(`${location.label}: ${rows} rows would change, expected ${min} to ${max}`)
  }
  if (problems.length > 0) return fail({ _tag: "Refused", problems })
  return runMoves(driver, plan, "apply", Sql.applyMoves(plan), options)
}

/**
 * Puts back what apply wrote, byte for byte, wherever it still stands. Can be run again, and after an apply that was
 * interrupted.
 *
 * @since 0.1.0
 * @category database
 */
export const rollbackDatabase = async (
  driver: SqlDriver,
  plan: DatabasePlan,
  options: StepOptions = {}
): Promise<MoveReport> => {
  await assertPrepared(driver, plan)
  return runMoves(driver, plan, "rollback", Sql.rollbackMoves(plan), options)
}

const assertPrepared = async (driver: SqlDriver, plan: DatabasePlan): Promise<void> => {
  const exists = (await count(driver, Sql.dialects[plan.dialect].exists(tables(plan).run))) === 1
  if (exists && (await holds(driver, Sql.prepared(plan)))) return
  fail({
    _tag: "OutOfOrder",
    detail: exists
      ? "Mapping or locations are not those of the dry run. Run the dry run with this plan first."
      : "Nothing was prepared here: run the dry run first."
  })
}

const runMoves = async (
  driver: SqlDriver,
  plan: DatabasePlan,
  step: "apply" | "rollback",
  moves: ReadonlyArray<Sql.Move>,
  { signal, onProgress }: StepOptions
): Promise<MoveReport> => {
  const changed = new Map(plan.locations.map(({ label }) => [label, 0]))
  const { before, after } = Sql.deferral(plan)
  const single = plan.transaction === "single"
  const settings = plan.dialect === "postgres" ? [`SET LOCAL ${Sql.lockTimeout}`, ...Sql.byKey] : []
  const transaction = <A>(work: () => Promise<A>): Promise<A> =>
    inTransaction(driver, plan.prefix, async () => {
      await runAll(driver, settings)
      return work()
    })
  const perform = async (move: Sql.Move) => {
    const { label } = move.location
    const total = numberOf((await select(driver, `SELECT MAX(n) AS n FROM ${tables(plan).ledger(move.location)}`))["n"])
    for (let first = 1; first <= total; first += plan.chunk) {
      check(signal)
      const last = first + plan.chunk - 1
      const { update: sql, mark } = Sql.updateRange(plan, move, [`${first}`, `${last}`])
      const update = async () => {
        const { changes } = await driver.run(sql)
        await runAll(driver, mark)
        return changes
      }
      const rows = single ? await update() : await transaction(update)
      // The first of two passes is not the whole way of a row.
      if (move.to !== "tmp_value") changed.set(label, (changed.get(label) ?? 0) + rows)
      onProgress?.({ step, location: label, done: Math.min(last, total), total })
    }
  }
  const all = async () => {
    await runAll(driver, before)
    for (const move of moves) await perform(move)
    await runAll(driver, after)
  }
  if (plan.dialect === "mysql") await runAll(driver, mysqlSession)
  try {
    await inTurn(driver, plan.prefix, () => (single ? transaction(all) : all()))
  } catch (error) {
    // The session goes on after us: what was turned off for it is turned on again. Elsewhere the transaction did that.
    if (plan.dialect === "mysql") await runAll(driver, after).catch(() => undefined)
    throw error
  }
  return {
    locations: [...changed].map(([location, changed]) => ({ location, changed })),
    changed: [...changed.values()].reduce((sum, rows) => sum + rows, 0),
    transaction: plan.transaction
  }
}

/**
 * Checks a database after apply (`state: "applied"`, the default) or after rollback (`"original"`). Changes nothing.
 *
 * @since 0.1.0
 * @category database
 */
export const verifyDatabase = async (
  driver: SqlDriver,
  plan: DatabasePlan,
  { signal, onProgress, state = "applied" }: StepOptions & { readonly state?: "applied" | "original" | undefined } = {}
): Promise<VerifyReport> => {
  await assertPrepared(driver, plan)
  if (plan.dialect === "mysql") await runAll(driver, mysqlSession)
  const locations: Array<VerifyLocation> = []
  for (const location of plan.locations) {
    check(signal)
    const keys = await select(driver, Sql.stateCounts(plan, location, state === "applied" ? "after" : "before"))
    const table = await select(driver, Sql.tableCounts(plan, location))
    const [rows, renewed, old, missing] = ["changes", "renewed", "old", "missing"].map((name) => numberOf(keys[name]))
    const [all = 0, now = 0, before = 0, gone = 0] = [rows, renewed, old, missing]
    locations.push({
      location: location.label,
      rows: all,
      renewed: now,
      old: before,
      missing: gone,
      drifted: all - now - before - gone,
      leftovers: state === "applied" ? await count(driver, Sql.dialects[plan.dialect].leftovers(plan, location)) : 0,
      tableRows: { then: numberOf(table["rows_then"]), now: numberOf(table["rows_now"]) },
      nulls: { then: numberOf(table["nulls_then"]), now: numberOf(table["nulls_now"]) }
    })
    onProgress?.({ step: "verify", location: location.label, done: location.index + 1, total: plan.locations.length })
  }
  const lost: Array<{ readonly foreignKey: string; readonly rows: number }> = []
  for (const { label, sql } of Sql.orphans(plan)) lost.push({ foreignKey: label, rows: await count(driver, sql) })
  const problems = [
    ...locations.flatMap((location) => problemsOf(location, state)),
    ...lost.flatMap(({ foreignKey, rows }) => (rows === 0 ? [] : [`${foreignKey}: ${rows} rows have no parent`]))
  ]
  return { ok: problems.length === 0, locations, orphans: lost, problems }
}

const problemsOf = (
  { location, old, renewed, drifted, missing, leftovers, tableRows, nulls }: VerifyLocation,
  state: "applied" | "original"
): ReadonlyArray<string> => {
  const wrong = state === "applied" ? old : renewed
  const lines: ReadonlyArray<readonly [boolean, string]> = [
    [wrong > 0, `${wrong} rows hold the ${state === "applied" ? "old" : "new"} value: run the step again`],
    [drifted > 0, `${drifted} rows were changed by somebody else since the dry run`],
    [missing > 0, `${missing} rows are gone since the dry run`],
    [leftovers > 0, `${leftovers} rows still hold ids of the source: run dry run and apply again`],
    [tableRows.then !== tableRows.now, `${tableRows.then} rows before, ${tableRows.now} now`],
    [nulls.then !== nulls.now, `${nulls.then} rows without a value before, ${nulls.now} now`]
  ]
  return lines.filter(([wrong]) => wrong).map(([, line]) => `${location}: ${line}`)
}

/**
 * Drops mapping table and ledgers. There is no rollback after it: do it days after the cut-over.
 *
 * @since 0.1.0
 * @category database
 */
export const cleanupDatabase = (driver: SqlDriver, plan: DatabasePlan): Promise<void> => runAll(driver, Sql.drop(plan))
