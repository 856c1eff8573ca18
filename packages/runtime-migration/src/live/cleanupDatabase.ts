/**
 * Takes a run's tables out of a live database.
 *
 * @since 0.1.0
 */
import { checkOptions } from "../errors/checkOptions.ts"
import { fail } from "../errors/MigrationError.ts"
import { ledgerColumn, tables } from "../sql/dialect.ts"
import { samePlanGuard } from "../sql/guards.ts"
import type { PlannedLocation } from "../sql/plan.ts"
import * as Sql from "../sql/statements.ts"
import { withAllRows } from "./allRows.ts"
import { assertOwn, assertPrepared, count, enforce, isPrepared, select } from "./checks.ts"
import { dropKept } from "./keptTimes.ts"
import { makePatience } from "./locks.ts"
import type { DatabasePlan } from "./planDatabase.ts"
import type { CleanupOptions, CleanupReport } from "./reports.ts"
import { tightenKeys } from "./rigidKeys.ts"
import { keyOf } from "./unitRows.ts"
import { inTransaction, inTurn, numberOf, runAll, type SqlDriver, type SqlRow } from "./SqlDriver.ts"

/**
 * Drops mapping table and ledgers of this very plan, as far as a run made them; with `values` only the copies of documents and texts, which is what
 * a customer's data is in: ids, and the way back for them, stay. There is no rollback of what was dropped.
 *
 * **Details**
 *
 * Fails with `OutOfOrder` where another plan was prepared, and with `Refused` while apply has stopped half-way or a row has
 * drifted: rollback could not put that one back, and the ledger is the only place that knows what stood in it. `drifted:
 * "accept"` says that this is known. Tables that have the names of a run's and that no run made are `Refused`, and stay.
 *
 * @since 0.1.0
 * @category database
 */
export const cleanupDatabase = (
  driver: SqlDriver,
  plan: DatabasePlan,
  options: CleanupOptions = {}
): Promise<CleanupReport> =>
  withAllRows(driver, async (driver) => {
    checkOptions("cleanupDatabase", options, { values: true, drifted: true })
    return cleanup(driver, plan, options)
  })

const cleanup = async (
  driver: SqlDriver,
  plan: DatabasePlan,
  { values = false, drifted = "refuse" }: CleanupOptions
): Promise<CleanupReport> => {
  if (values) await assertPrepared(driver, plan)
  else await assertOwn(driver, plan)
  // Whatever has the names of its tables would not be a run's.
  const made = await isPrepared(driver, plan)
  if (made) {
    await enforce(driver, [samePlanGuard(plan)])
    const problems = await standing(driver, plan, drifted)
    if (problems.length > 0) fail({ _tag: "Refused", problems })
    // Of a step that was interrupted: nobody knows of them afterwards.
    if (plan.dialect === "postgres") {
      await tightenKeys(driver, plan, makePatience({}))
      await dropKept(driver, plan, makePatience({}))
    }
  }
  if (values) return dropValues(driver, plan)
  await runAll(driver, made ? Sql.drop(plan) : Sql.dialects[plan.dialect].dropRest(plan))
  return { dropped: "all", rows: 0 }
}

/** What stands against it: rows that only the ledger knows. */
const standing = async (
  driver: SqlDriver,
  plan: DatabasePlan,
  drifted: "refuse" | "accept"
): Promise<ReadonlyArray<string>> => {
  const problems: Array<string> = []
  for (const location of plan.locations) {
    // A dry run that was interrupted has not made all of them.
    if ((await count(driver, Sql.ledgerExists(plan, location))) === 0) continue
    const unfinished = Sql.unfinishedRows(plan, location)
    const waiting = unfinished === undefined ? 0 : await count(driver, unfinished)
    if (waiting > 0) {
      problems.push(
        `${location.label}: ${waiting} rows hold what apply wrote before an extension, and more is to be rewritten in them: run apply or rollback to its end first`
      )
      continue
    }
    const size = await count(driver, Sql.writtenRows(plan, location))
    // Nothing of ours stands in it: what others wrote there is not ours to keep.
    if (size === 0) continue
    const before = await select(driver, Sql.stateCounts(plan, location, "before"))
    // All was put back, some of it by a foreign key that cascades.
    if (numberOf(before["old"]) + numberOf(before["missing"]) === numberOf(before["changes"])) continue
    const row = await select(driver, Sql.stateCounts(plan, location, "after"))
    const of = (name: string) => numberOf(row[name])
    // Where nothing holds what apply wrote, a rollback has ended, whatever others wrote since.
    if (of("old") > 0 && of("renewed") > 0) {
      problems.push(
        `${location.label}: ${of("old")} rows hold the old value and ${of("renewed")} the new one: run apply or rollback to its end first (with reverse, where rollback lists rows as in use)`
      )
    }
    const others = of("changes") - of("renewed") - of("old") - of("missing")
    if (others > 0 && drifted === "refuse") {
      problems.push(driftWords(plan, location, others, (await driver.run(Sql.driftedRows(plan, location))).rows))
    }
  }
  return problems
}

/** What is to be looked at, and where. */
const driftWords = (
  plan: DatabasePlan,
  location: PlannedLocation,
  others: number,
  some: ReadonlyArray<SqlRow>
): string => {
  const keys = some.map((row) => keyOf(location, row)).join("; ")
  const { table, column, label } = location
  const [old, next] = (["old_value", "new_value"] as const).map((name) => ledgerColumn(location, name))
  return `${label}: ${others} rows have drifted (${keys}${others > some.length ? "; …" : ""}): they hold neither what apply wrote nor what stood there before, and only the ledger knows that. Look at ${column} of those rows in ${table}, beside ${old} and ${next} in ${tables(plan).ledger(location)} (verify counts them); if they are as they should be, say so: drifted: "accept" (--accept-drift)`
}

const dropValues = async (driver: SqlDriver, plan: DatabasePlan): Promise<CleanupReport> => {
  let rows = 0
  const work = async () => {
    for (const location of plan.locations.filter(({ kind }) => kind !== "id")) {
      rows += await count(driver, Sql.ledgerSize(plan, location))
      await runAll(driver, Sql.dropValues(plan, location))
    }
  }
  if (driver.dialect === "mysql") await inTurn(driver, plan, work)
  else await inTransaction(driver, plan.prefix, work)
  return { dropped: "values", rows }
}
