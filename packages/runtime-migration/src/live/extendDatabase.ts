/**
 * More mappings for a run that was prepared, or applied, already.
 *
 * @since 0.2.0
 */
import { fail } from "../errors/MigrationError.ts"
import { tables } from "../sql/dialect.ts"
import { ownGuards, rowGuards } from "../sql/guards.ts"
import * as Sql from "../sql/statements.ts"
import { withAllRows } from "./allRows.ts"
import { assertOwn, enforce, isPrepared, select } from "./checks.ts"
import type { DatabasePlan } from "./planDatabase.ts"
import { inTransaction, type SqlDriver } from "./SqlDriver.ts"

/**
 * Takes a plan with more mappings into the run that is there: an assistant that was made while the cut-over was under way,
 * for example. Dry run and apply go on with it, in the same ledgers, and one rollback puts back all of it. Changes no row of
 * yours.
 *
 * **Details**
 *
 * The plan must have the same locations, and every mapping of the run as it was. Fails with `OutOfOrder` where that is not
 * so, or where nothing was prepared, and with `Refused` where a new mapping starts or ends at an id that is the other end of
 * one: a row could not be told from one that was rewritten already.
 *
 * @since 0.2.0
 * @category database
 */
export const extendDatabase = (driver: SqlDriver, plan: DatabasePlan): Promise<ExtendReport> =>
  withAllRows(driver, (driver) => extend(driver, plan))

/**
 * What an extension added.
 *
 * @since 0.2.0
 * @category models
 */
export interface ExtendReport {
  /** Mappings that were new, as rows of the mapping table: a UUID has one for each of its forms. */
  readonly added: number
}

const extend = async (driver: SqlDriver, plan: DatabasePlan): Promise<ExtendReport> => {
  await enforce(driver, [...ownGuards(plan), ...rowGuards(plan)])
  await assertOwn(driver, plan)
  const { run, map } = tables(plan)
  if (!(await isPrepared(driver, plan)))
    fail({ _tag: "OutOfOrder", detail: "Nothing was prepared here: run the dry run first." })
  const { v } = await select(driver, `SELECT r.value AS v FROM ${run} r WHERE r.item = 'locations'`)
  if (v !== plan.locationsChecksum) {
    fail({
      _tag: "OutOfOrder",
      detail: `The run with the prefix ${plan.prefix} has other locations: an extension adds mappings only. Take another prefix for other locations.`
    })
  }
  const plans = new Map(
    plan.sets.flatMap(({ name, entries }) =>
      entries.map(({ source, target, again }) => [JSON.stringify([name, source]), { target, again }] as const)
    )
  )
  const text = Sql.idText(plan)
  const { rows } = await driver.run(
    `SELECT ${text("m.kind")} AS k, ${text("m.source")} AS s, ${text("m.target")} AS t, m.again AS a FROM ${map} m`
  )
  const problems: Array<string> = []
  for (const { k, s, t, a } of rows) {
    const entry = plans.get(JSON.stringify([String(k), String(s)]))
    if (entry === undefined)
      problems.push(`${String(s)} is in the run and not in this mapping: an extension takes nothing away`)
    else if (entry.target !== String(t))
      problems.push(`${String(s)} leads to ${String(t)} in the run and to ${entry.target} now`)
    else if (entry.again !== (Number(a) === 1))
      problems.push(`${String(s)} becomes source and target at once with this mapping`)
    if (problems.length === 20) break
  }
  const keys = new Set(rows.map(({ k, s }) => JSON.stringify([String(k), String(s)])))
  const added = [...plans].filter(([key]) => !keys.has(key))
  for (const [key, { again }] of added) if (again) problems.push(`${key} is new, and source and target at once`)
  if (problems.length > 0) fail({ _tag: "Refused", problems: problems.slice(0, 20) })
  // The dry run writes the mapping table anew, which is the plan's then.
  await inTransaction(driver, plan.prefix, async () => {
    for (const statement of Sql.adopt(plan)) await driver.run(statement)
  })
  return { added: added.length }
}
