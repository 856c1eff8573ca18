/**
 * Writes ledger rows of a plan in the transaction that is open.
 */
import { ledgerColumn, type TogetherUpdate } from "../sql/dialect.ts"
import * as Sql from "../sql/statements.ts"
import { apart, type Step } from "../sql/units.ts"
import { select } from "./checks.ts"
import { isStatementFailure, placed } from "./databaseError.ts"
import type { KeptIds } from "./lateRows.ts"
import type { Patience } from "./locks.ts"
import type { DatabasePlan } from "./planDatabase.ts"
import type { StepOptions } from "./reports.ts"
import { numberOf, runAll, type SqlDriver, type SqlRow } from "./SqlDriver.ts"
import { labelsOf } from "./unitRows.ts"

/** What a run of moves needs. */
export interface Moving {
  readonly driver: SqlDriver
  readonly plan: DatabasePlan
  readonly step: "apply" | "rollback"
  readonly options: StepOptions
  readonly patience: Patience
  /** PostgreSQL: see `settledBefore`. */
  readonly settled?: string | undefined
}

/** What was written: ledger rows, and values of each of the step's columns, of which a row may have several. */
export interface Written {
  readonly rows: number
  readonly values: ReadonlyArray<number>
}

/** Takes what was written of a step. */
export type Count = (step: Step, values: ReadonlyArray<number>) => void

const valuesOf = (row: SqlRow, step: Step): ReadonlyArray<number> =>
  step.locations.map((_, at) => numberOf(row[`n${at + 1}`]))

/** Writes the ledger rows of a range: where all columns of a row may be written they are at once, and the rest one by one. */
export const write = async (
  { driver, plan, settled }: Pick<Moving, "driver" | "plan" | "settled">,
  step: Step,
  range: ReadonlyArray<string>,
  kept: KeptIds | undefined,
  size?: number
): Promise<Written> => {
  const without = (one: Step) => kept?.without(one.location) ?? []
  const columns = apart(step)
  const whole = [
    ...range,
    ...columns.flatMap((one) =>
      without(one).map((condition) => `(b.${ledgerColumn(one.location, "stands")} IS NULL OR ${condition})`)
    )
  ]
  const all = Sql.updateTogether(plan, step, whole, settled)
  const values = columns.map(() => 0)
  let rows = 0
  if (all !== undefined) {
    let left: number | undefined
    try {
      const done = await writeTogether(driver, plan, step, whole, all)
      rows = done.rows
      // Of rows of which one column stays, the others are still to be looked at.
      left = whole.length === range.length ? done.left : undefined
      for (const [at, n] of done.values.entries()) values[at] = n
    } catch (error) {
      throw placed(error, labelsOf(step.locations))
    }
    if (rows === size || left === 0) return { rows, values }
    if (left === undefined && numberOf((await select(driver, Sql.waitingCounts(plan, step, range)))["n"]) === 0)
      return { rows, values }
  }
  for (const [at, one] of columns.entries()) {
    const { before, update, after, counted } = Sql.updateRange(plan, one, [...range, ...without(one)], settled)
    try {
      await runAll(driver, before)
      const changed = (await driver.run(update)).changes / counted
      await runAll(driver, after)
      rows += changed
      values[at] = (values[at] ?? 0) + changed
    } catch (error) {
      throw placed(error, one.location.label)
    }
  }
  return { rows, values }
}

/** Besides, rows that still wait, where that is known. */
interface TogetherWritten extends Written {
  readonly left: number | undefined
}

const writeTogether = async (
  driver: SqlDriver,
  plan: DatabasePlan,
  step: Step,
  range: ReadonlyArray<string>,
  { whole, update, counting, after, counted }: TogetherUpdate
): Promise<TogetherWritten> => {
  if (counting !== undefined) {
    const row = await select(driver, counting)
    await runAll(driver, after)
    return { rows: numberOf(row["n"]), values: valuesOf(row, step), left: undefined }
  }
  // Nobody else marks them meanwhile: they are locked, and in SQLite all of it is.
  const look = () => select(driver, Sql.waitingCounts(plan, step, range))
  const before = await look()
  const waiting = numberOf(before["n"])
  const none = { rows: 0, values: step.locations.map(() => 0), left: waiting }
  if (waiting === 0) return none
  if (whole) await driver.run("SAVEPOINT aywa_rows")
  const { changes } = await driver.run(update)
  const all = changes / counted === waiting
  if (whole && !all) await driver.run("ROLLBACK TO aywa_rows")
  else await runAll(driver, after)
  if (whole) await driver.run("RELEASE aywa_rows")
  if (all) return { rows: waiting, values: valuesOf(before, step), left: undefined }
  if (whole) return none
  const left = await look()
  const still = valuesOf(left, step)
  return {
    rows: changes / counted,
    values: valuesOf(before, step).map((n, at) => n - (still[at] ?? 0)),
    left: numberOf(left["n"])
  }
}

/** The same inside of a transaction that goes on: where columns are refused together, the one that is to blame is found. */
export const writeSafely = async (
  moving: Moving,
  step: Step,
  range: ReadonlyArray<string>,
  kept: KeptIds | undefined,
  size: number
): Promise<Written> => {
  if (step.locations.length < 2) return write(moving, step, range, kept, size)
  const { driver } = moving
  await driver.run("SAVEPOINT aywa_columns")
  let written: Written
  try {
    written = await write(moving, step, range, kept, size)
  } catch (error) {
    if (!isStatementFailure(error)) throw error
    await driver.run("ROLLBACK TO SAVEPOINT aywa_columns")
    const parts: Array<Written> = []
    for (const one of apart(step)) parts.push(await write(moving, one, range, kept))
    written = {
      rows: parts.reduce((sum, { rows }) => sum + rows, 0),
      values: parts.flatMap(({ values }) => values)
    }
  }
  await driver.run("RELEASE SAVEPOINT aywa_columns")
  return written
}
