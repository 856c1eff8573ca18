/**
 * Guards on a live database, and what else every step asks.
 */
import { fail } from "../errors/MigrationError.ts"
import { tables } from "../sql/dialect.ts"
import * as Guards from "../sql/guards.ts"
import { namesTaken, otherTables, strangersWords } from "../sql/ownTables.ts"
import { dialects } from "../sql/statements.ts"
import { assertClosedFile } from "./closedFile.ts"
import { isBusy, isStatementFailure } from "./databaseError.ts"
import type { DatabasePlan } from "./planDatabase.ts"
import { numberOf, type SqlDriver, type SqlRow } from "./SqlDriver.ts"

/** The first row of a query. */
export const select = async (driver: SqlDriver, sql: string): Promise<SqlRow> => (await driver.run(sql)).rows[0] ?? {}

/** The `n` of a query. */
export const count = async (driver: SqlDriver, sql: string): Promise<number> =>
  numberOf((await select(driver, sql))["n"])

/** Stops where the caller's signal fired. */
export const check = (signal: AbortSignal | undefined): void => {
  if (signal?.aborted === true) fail({ _tag: "Aborted" }, signal.reason)
}

/** The errors among a plan's findings. */
export const errorsOf = (plan: DatabasePlan): ReadonlyArray<string> =>
  plan.findings.filter(({ level }) => level === "error").map(({ subject, message }) => `${subject}: ${message}`)

/** The guards that do not hold, with their words. */
export const violations = async (
  driver: SqlDriver,
  guards: ReadonlyArray<Guards.Guard>
): Promise<ReadonlyArray<{ readonly guard: Guards.Guard; readonly message: string }>> => {
  const failures = []
  for (const guard of guards) {
    const { rows } = await driver.run(guard.query)
    if (rows.length === 0) continue
    const message = guard.words.replace("{found}", () => rows.map(({ v }) => String(v)).join("; "))
    failures.push({ guard, message })
  }
  return failures
}

/** Refuses where a guard does not hold; `known` are problems that belong to the refusal. */
export const enforce = async (
  driver: SqlDriver,
  guards: ReadonlyArray<Guards.Guard>,
  known: ReadonlyArray<string> = []
): Promise<void> => {
  const failures = await violations(driver, guards)
  const order = failures.find(({ guard }) => guard.reason === "OutOfOrder")
  if (order !== undefined) fail({ _tag: "OutOfOrder", detail: order.message })
  if (failures.length > 0) fail({ _tag: "Refused", problems: [...failures.map(({ message }) => message), ...known] })
}

/** Whether a run made its tables. */
export const isPrepared = async (driver: SqlDriver, plan: DatabasePlan): Promise<boolean> =>
  (await count(driver, dialects[plan.dialect].exists(tables(plan).run))) === 1

/** Refuses tables that have the names of a run's, and that no run made. */
const assertNoStrangers = async (driver: SqlDriver, plan: DatabasePlan, made: boolean): Promise<void> => {
  const { run } = tables(plan)
  const refuse = (strangers: ReadonlyArray<string>) =>
    fail({ _tag: "Refused", problems: [strangersWords(plan).replace("{found}", strangers.join(", "))] })
  const strangers: Array<string> = []
  let own = false
  if (made) {
    try {
      const said = await select(
        driver,
        `SELECT COUNT(*) AS n, COALESCE(SUM(CASE WHEN r.item = 'checksum' AND r.value <> '' THEN 1 ELSE 0 END), 0) AS own FROM ${run} r`
      )
      own = numberOf(said["own"]) === 1
      // An empty one was just made, by a dry run that was interrupted.
      if (!own && numberOf(said["n"]) > 0) strangers.push(run)
    } catch (error) {
      if (!isStatementFailure(error) || isBusy(error)) throw error
      refuse([run])
    }
  }
  if (!own) {
    const { rows } = await driver.run(namesTaken(plan, otherTables(plan)))
    strangers.push(...rows.map(({ v }) => String(v)))
  }
  if (strangers.length > 0) refuse(strangers)
}

/** Refuses ledgers of another role or of an older version, and tables of which this role sees some rows only. */
export const assertOwn = async (driver: SqlDriver, plan: DatabasePlan): Promise<void> => {
  await enforce(driver, [...Guards.ownGuards(plan), ...Guards.rowGuards(plan)])
  const prepared = await isPrepared(driver, plan)
  await assertNoStrangers(driver, plan, prepared)
  const isPostgres = plan.dialect === "postgres"
  if (isPostgres || prepared) await enforce(driver, [Guards.olderGuard(plan)])
  if (isPostgres && prepared) await enforce(driver, [Guards.olderLayoutGuard(plan)])
}

/** Refuses to make ledgers where others have rights on them that no statement of ours can take away. */
export const assertClosed = async (driver: SqlDriver, plan: DatabasePlan): Promise<void> => {
  await assertClosedFile(driver)
  await enforce(driver, Guards.accountGuards(plan))
}

/** Refuses what this plan's dry run did not prepare. */
export const assertPrepared = async (driver: SqlDriver, plan: DatabasePlan): Promise<void> => {
  await assertOwn(driver, plan)
  if (!(await isPrepared(driver, plan))) {
    fail({ _tag: "OutOfOrder", detail: "Nothing was prepared here: run the dry run first." })
  }
  await enforce(driver, Guards.preparedGuards(plan))
}
