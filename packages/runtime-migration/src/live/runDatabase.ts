/**
 * Runs a plan on a live database: dry run, apply, rollback. Each gives a report.
 *
 * @since 0.1.0
 */
import { fail, isMigrationError } from "../errors/MigrationError.ts"
import { tables } from "../sql/dialect.ts"
import * as Guards from "../sql/guards.ts"
import { applyMoves, type Move, rollbackMoves } from "../sql/moves.ts"
import { mysqlSession } from "../sql/mysql.ts"
import type { PlannedLocation } from "../sql/plan.ts"
import * as Sql from "../sql/statements.ts"
import { withAllRows } from "./allRows.ts"
import { assertClosed, assertOwn, assertPrepared, check, count, enforce, errorsOf, select } from "./checks.ts"
import { assertClosedFile } from "./closedFile.ts"
import type { DatabasePlan } from "./planDatabase.ts"
import type { DryRunLocation, DryRunReport, MoveReport, NotRestored, RollbackReport, StepOptions } from "./reports.ts"
import { inTransaction, inTurn, numberOf, runAll, type SqlDriver } from "./SqlDriver.ts"

/**
 * Makes mapping table and ledgers in the database, and says what would change. No row of yours is changed. Running it
 * again adds rows that came meanwhile, and takes those anew that somebody wrote since and that hold an id of the source:
 * rollback puts back what they wrote. Fails with `OutOfOrder` where another plan was prepared before.
 *
 * @since 0.1.0
 * @category database
 */
export const dryRunDatabase = (
  driver: SqlDriver,
  plan: DatabasePlan,
  options: StepOptions = {}
): Promise<DryRunReport> => withAllRows(driver, () => dryRun(driver, plan, options))

const dryRun = async (
  driver: SqlDriver,
  plan: DatabasePlan,
  { signal, onProgress }: StepOptions
): Promise<DryRunReport> => {
  const prepare = async () => {
    await assertOwn(driver, plan)
    await assertClosed(driver, plan)
    await runAll(driver, Sql.dialects[plan.dialect].createTables(plan))
    await enforce(driver, [Guards.samePlanGuard(plan)])
    const again = await count(driver, `SELECT COUNT(*) AS n FROM (SELECT 1 AS one) q WHERE ${Sql.isPrepared(plan)}`)
    await driver.run(Sql.begin(plan))
    await runAll(driver, Sql.setup(plan))
    for (const location of plan.locations) {
      check(signal)
      await runAll(driver, [
        ...Sql.remember(plan, location),
        // The first time there is nothing to be taken anew, and looking for it costs as much as the first look.
        ...(again > 0 ? Sql.retake(plan, location) : []),
        ...Sql.fill(plan, location)
      ])
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
    // The mapping is written in a transaction of its own there.
    if (plan.dialect === "mysql") await driver.run("ROLLBACK").catch(() => undefined)
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
 * meanwhile are left alone. Refuses errors among the findings, counts outside of what was expected, and a ledger or a
 * mapping table that somebody else wrote into.
 *
 * @since 0.1.0
 * @category database
 */
export const applyDatabase = (driver: SqlDriver, plan: DatabasePlan, options: StepOptions = {}): Promise<MoveReport> =>
  withAllRows(driver, async () => {
    await assertPrepared(driver, plan)
    await assertClosedFile(driver)
    const problems = errorsOf(plan)
    if (problems.length > 0) return fail({ _tag: "Refused", problems })
    return runMoves(driver, plan, "apply", applyMoves(plan), options)
  })

/**
 * Puts back what apply wrote, byte for byte, wherever it still stands; no row that apply did not write is touched. Can be run again, and after an apply that was
 * interrupted. Refuses a ledger that somebody else wrote into, and foreign keys that would undo it; counts what it could
 * not put back.
 *
 * @since 0.1.0
 * @category database
 */
export const rollbackDatabase = (
  driver: SqlDriver,
  plan: DatabasePlan,
  options: StepOptions = {}
): Promise<RollbackReport> =>
  withAllRows(driver, async () => {
    await assertPrepared(driver, plan)
    const moved = await runMoves(driver, plan, "rollback", rollbackMoves(plan), options)
    return { ...moved, notRestored: await notRestored(driver, plan) }
  })

const notRestored = async (driver: SqlDriver, plan: DatabasePlan): Promise<ReadonlyArray<NotRestored>> => {
  const all: Array<NotRestored> = []
  for (const location of plan.locations) {
    all.push({
      location: location.label,
      reason: "dropped",
      rows: await count(driver, Sql.droppedRows(plan, location))
    })
    const row = await select(driver, Sql.stateCounts(plan, location, "before"))
    const of = (name: string) => numberOf(row[name])
    const [emptied, gone] = [of("emptied"), of("missing")]
    const changed = of("changes") - of("old") - emptied - gone
    const { label } = location
    all.push(
      { location: label, reason: "emptied", rows: emptied },
      { location: label, reason: "changed", rows: changed },
      { location: label, reason: "gone", rows: gone }
    )
  }
  for (const { label, sql } of Sql.orphans(plan, plan.references)) {
    all.push({ location: label, reason: "no parent", rows: await count(driver, sql) })
  }
  return all.filter(({ rows }) => rows > 0)
}

const runMoves = async (
  driver: SqlDriver,
  plan: DatabasePlan,
  step: "apply" | "rollback",
  moves: ReadonlyArray<Move>,
  { signal, onProgress }: StepOptions
): Promise<MoveReport> => {
  const changed = new Map(plan.locations.map(({ label }) => [label, 0]))
  const { before, after } = Sql.deferral(plan)
  const single = plan.transaction === "single"
  const postgres = plan.dialect === "postgres"
  const transaction = <A>(work: () => Promise<A>): Promise<A> =>
    inTransaction(driver, plan.prefix, async () => {
      if (postgres) await driver.run(`SET LOCAL ${Sql.lockTimeout}`)
      return work()
    })
  /** For the updates alone: the checks before them read whole tables. */
  const byKey = () => runAll(driver, postgres ? Sql.byKey : [])
  const perform = async (move: Move) => {
    const { label } = move.location
    const total = numberOf((await select(driver, `SELECT MAX(n) AS n FROM ${tables(plan).ledger(move.location)}`))["n"])
    for (let first = 1; first <= total; first += plan.chunk) {
      check(signal)
      const last = first + plan.chunk - 1
      const statements = Sql.updateRange(plan, move, [`${first}`, `${last}`])
      const update = async () => {
        if (!single) await byKey()
        await runAll(driver, statements.before)
        const { changes } = await driver.run(statements.update)
        await runAll(driver, statements.after)
        return changes / statements.counted
      }
      const rows = single ? await update() : await transaction(update)
      // The first of two passes is not the whole way of a row.
      if (move.to !== "tmp_value") changed.set(label, (changed.get(label) ?? 0) + rows)
      onProgress?.({ step, location: label, done: Math.min(last, total), total })
    }
  }
  const all = async () => {
    // Before foreign keys are deferred: that locks tables.
    const known = step === "rollback" ? errorsOf(plan) : []
    for (const guards of Guards.writeGuards(plan, Sql.dialects[plan.dialect], step)) {
      check(signal)
      await enforce(driver, guards, known)
    }
    if (single) await byKey()
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
