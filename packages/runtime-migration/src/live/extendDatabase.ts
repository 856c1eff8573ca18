/**
 * More mappings for a run that was prepared, or applied, already.
 *
 * @since 0.2.0
 */
import { fail } from "../errors/MigrationError.ts"
import { dashed, isUuid } from "../ledger/forms.ts"
import { tables } from "../sql/dialect.ts"
import { ownGuards, rowGuards } from "../sql/guards.ts"
import { mysqlSession } from "../sql/mysql.ts"
import type { PlannedLocation } from "../sql/plan.ts"
import * as Sql from "../sql/statements.ts"
import { withAllRows } from "./allRows.ts"
import { assertOwn, count, enforce, isPrepared, select } from "./checks.ts"
import type { DatabasePlan } from "./planDatabase.ts"
import { inTransaction, inTurn, runAll, type SqlDriver } from "./SqlDriver.ts"

/**
 * Takes a plan with more mappings into the run that is there: an assistant that was made while the cut-over was under way,
 * for example. Dry run and apply go on with it, in the same ledgers, and one rollback puts back all of it, before that apply
 * as well as after it. Changes no row of yours.
 *
 * **Details**
 *
 * A text that apply has rewritten may hold an id of the extension, too: apply rewrites it once more, and rollback puts back
 * what stood there first. The plan must have the same locations, and every mapping of the run as it was. Fails with
 * `OutOfOrder` where that is not so, or where nothing was prepared. Fails with `Refused` where a new mapping starts or ends at
 * an id that is the other end of one: a row could not be told from one that was rewritten already; and where the first id that
 * is no UUID would change how ids are found inside of text.
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
  const way = Sql.dialects[plan.dialect]
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
  const known = new Set(rows.map(({ k, s }) => JSON.stringify([String(k), String(s)])))
  // A UUID is told once, and not in each of its forms.
  const isForm = (kind: string, source: string, all: { readonly has: (key: string) => boolean }) =>
    source !== dashed(source) && all.has(JSON.stringify([kind, dashed(source)]))
  for (const { k, s, t, a } of rows) {
    if (isForm(String(k), String(s), known)) continue
    const entry = plans.get(JSON.stringify([String(k), String(s)]))
    if (entry === undefined)
      problems.push(`${String(s)} is in the run and not in this mapping: an extension takes nothing away`)
    else if (entry.target !== String(t))
      problems.push(`${String(s)} leads to ${String(t)} in the run and to ${entry.target} now`)
    else if (entry.again !== (Number(a) === 1))
      problems.push(`${String(s)} becomes source and target at once with this mapping`)
    if (problems.length === 20) break
  }
  problems.push(
    ...findsOtherwise(
      plan,
      rows.map(({ k, s }) => [String(k), String(s)] as const)
    )
  )
  const added = plan.sets.flatMap(({ name, entries }) =>
    entries.flatMap((entry) => (known.has(JSON.stringify([name, entry.source])) ? [] : [{ name, ...entry }]))
  )
  for (const { name, source, again } of added)
    if (again && !isForm(name, source, plans)) problems.push(`${source} is new, and source and target at once`)
  problems.push(...cannotGrow(plan, new Set(added.map(({ name }) => name))))
  if (problems.length > 0) fail({ _tag: "Refused", problems: problems.slice(0, 20) })
  if (plan.dialect === "mysql") await runAll(driver, mysqlSession)
  await inTurn(driver, plan, () =>
    inTransaction(driver, plan.prefix, async () => {
      await runAll(driver, Sql.adopt(plan))
      const made: Array<PlannedLocation> = []
      for (const location of plan.locations) {
        // A dry run that was interrupted has not made all of them.
        if ((await count(driver, Sql.ledgerExists(plan, location))) === 0) continue
        made.push(location)
        await runAll(driver, way.createTyped(plan, location))
        await runAll(driver, Sql.renewValues(plan, location))
      }
      // Once the mapping is there for all of them.
      for (const location of made) await runAll(driver, Sql.renewKeys(plan, location))
    })
  )
  await runAll(driver, way.analyze(map))
  return { added: added.length }
}

/** Where an id is source and target at once no later dry run takes rows: they could be rewritten already. */
const cannotGrow = ({ locations }: DatabasePlan, added: ReadonlySet<string>): ReadonlyArray<string> =>
  locations.flatMap(({ ambiguous, set, label }) =>
    ambiguous && added.has(set.name)
      ? [
          `${label}: some id is source and target at once, so that no later dry run takes rows here: take another prefix for the new ones, or roll back, clean up, and begin anew with all of them`
        ]
      : []
  )

/** Where all ids are UUIDs they are found inside of words as well. */
const findsOtherwise = (
  { locations }: DatabasePlan,
  known: ReadonlyArray<readonly [kind: string, source: string]>
): ReadonlyArray<string> =>
  locations.flatMap(({ kind, set, label }) => {
    const before = known.flatMap(([name, source]) => (name === set.name ? [source] : []))
    const uuids = new Set(before.filter(isUuid))
    return kind === "text" && !set.uuids && before.length > 0 && before.every((source) => uuids.has(dashed(source)))
      ? [
          `${label}: ids inside of text were UUIDs so far, which are found inside of words as well, and the new ones are not all: take another prefix for them`
        ]
      : []
  })
