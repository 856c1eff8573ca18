/**
 * Runs a plan on a live database: dry run, apply, rollback. Each gives a report.
 *
 * @since 0.1.0
 */
import { checkOptions } from "../errors/checkOptions.ts"
import { fail } from "../errors/MigrationError.ts"
import * as Guards from "../sql/guards.ts"
import { ledgersOf } from "../sql/dialect.ts"
import { applyMoves, type Move, rollbackMoves } from "../sql/moves.ts"
import { mysqlSession } from "../sql/mysql.ts"
import { originalKeys, wentBack } from "../sql/originalKeys.ts"
import type { PlannedLocation } from "../sql/plan.ts"
import * as Sql from "../sql/statements.ts"
import { withAllRows } from "./allRows.ts"
import { assertClosed, assertOwn, assertPrepared, check, count, enforce, errorsOf, select } from "./checks.ts"
import { assertClosedFile } from "./closedFile.ts"
import { at, isStatementFailure } from "./databaseError.ts"
import { makePatience, patiently, withShortWaits } from "./locks.ts"
import { mergedKeys } from "./mergedKeys.ts"
import { moveRows } from "./moveRows.ts"
import { type DatabasePlan, planDatabase } from "./planDatabase.ts"
import { tryOut } from "./trial.ts"
import type {
  DryRunLocation,
  DryRunReport,
  MoveReport,
  NotRestored,
  RollbackOptions,
  RollbackReport,
  StepOptions
} from "./reports.ts"
import { stepNames } from "./stepNames.ts"
import { inTransaction, inTurn, numberOf, runAll, type SqlDriver } from "./SqlDriver.ts"
import { labelsOf } from "./unitRows.ts"

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
): Promise<DryRunReport> =>
  withAllRows(driver, async (driver) => {
    checkOptions("dryRunDatabase", options, stepNames)
    return dryRun(driver, plan, options)
  })

const dryRun = async (driver: SqlDriver, plan: DatabasePlan, options: StepOptions): Promise<DryRunReport> => {
  const { signal, onProgress } = options
  let again = 0
  const prepare = async () => {
    await assertOwn(driver, plan)
    await assertClosed(driver, plan)
    const way = Sql.dialects[plan.dialect]
    await runAll(driver, way.createRun(plan))
    await enforce(driver, [Guards.samePlanGuard(plan)])
    again = await count(driver, `SELECT COUNT(*) AS n FROM (SELECT 1 AS one) q WHERE ${Sql.isPrepared(plan)}`)
    // It says whose the others are, before they are made.
    await driver.run(Sql.begin(plan))
    await runAll(driver, way.createTables(plan))
    await runAll(driver, Sql.writeMapping(plan))
    for (const location of plan.locations)
      await at(location.label, () => runAll(driver, Sql.createLedger(plan, location)))
    await runAll(driver, Sql.close(plan))
    let done = 0
    for (const locations of ledgersOf(plan)) {
      check(signal)
      await at(labelsOf(locations), () => runAll(driver, Sql.remember(plan, locations)))
      // The first time there is nothing to be taken anew, and looking for it costs as much as the first look.
      for (const location of again > 0 ? locations : [])
        await at(location.label, () => runAll(driver, Sql.takeAnew(plan, location)))
      await at(labelsOf(locations), () => runAll(driver, Sql.fill(plan, locations)))
      done += locations.length
      onProgress?.({ step: "dry-run", location: labelsOf(locations), done, total: plan.locations.length })
    }
    for (const location of again > 0 ? plan.locations : [])
      await at(location.label, () => runAll(driver, originalKeys(plan, location)))
    await driver.run(Sql.end(plan))
  }
  const whole = async () => {
    try {
      if (plan.dialect !== "mysql") return await inTransaction(driver, plan.prefix, prepare)
      // A CREATE commits there, so that a transaction would end half-way.
      await runAll(driver, mysqlSession)
      await inTurn(driver, plan, prepare)
    } catch (error) {
      // The mapping is written in a transaction of its own there.
      if (plan.dialect === "mysql") await driver.run("ROLLBACK").catch(() => undefined)
      throw error
    }
  }
  try {
    const retried = () => patiently("ledgers", whole, makePatience(options))
    await (plan.dialect === "sqlite" ? withShortWaits(driver, retried) : retried())
  } catch (error) {
    // What does not fit fails here already: the findings say it in the user's words.
    if (!isStatementFailure(error) || errorsOf(plan).length === 0) throw error
    fail({ _tag: "Refused", problems: errorsOf(plan) }, error)
  }
  const locations: Array<DryRunLocation> = []
  for (const shared of ledgersOf(plan)) {
    check(signal)
    locations.push(...(await dryRunLedger(driver, plan, shared, again > 0)))
  }
  // In the order of the plan.
  locations.sort((a, b) => orderOf(plan, a) - orderOf(plan, b))
  const unexpected = plan.locations.flatMap(({ label, expect }, at) => {
    const rows = locations[at]?.rows ?? 0
    return rows < expect.min || rows > expect.max
      ? [`${label}: ${rows} rows would change, expected ${expect.min} to ${expect.max}`]
      : []
  })
  // Rows that another dry run tries out are none that somebody holds.
  const tried = () =>
    inTurn(driver, { prefix: plan.prefix, transaction: "chunks" }, () => tryOut(driver, plan, options))
  const trial = errorsOf(plan).length > 0 ? { problems: [], untried: [] } : await withShortWaits(driver, tried)
  return {
    locations,
    untried: trial.untried,
    rows: locations.reduce((sum, { rows }) => sum + rows, 0),
    pending: locations.reduce((sum, { pending }) => sum + pending, 0),
    problems: [...errorsOf(plan), ...unexpected, ...(await mergedKeys(driver, plan, signal)), ...trial.problems]
  }
}

const orderOf = (plan: DatabasePlan, { location }: DryRunLocation): number =>
  plan.locations.findIndex(({ label }) => label === location)

const dryRunLedger = async (
  driver: SqlDriver,
  plan: DatabasePlan,
  locations: ReadonlyArray<PlannedLocation>,
  again: boolean
): Promise<ReadonlyArray<DryRunLocation>> => {
  // PostgreSQL counts values sooner than it looks rows up.
  const together =
    locations.length > 1 && plan.dialect !== "postgres"
      ? await select(driver, Sql.unmappedTogether(plan, locations).join())
      : undefined
  const reports: Array<DryRunLocation> = []
  for (const [at, location] of locations.entries()) {
    const counts = await select(driver, Sql.dryRunCounts(plan, location))
    const table = await select(driver, Sql.rememberedCounts(plan, location))
    const unmapped = Sql.dialects[plan.dialect].unmapped(plan, location)
    const alone = unmapped === undefined || together !== undefined ? undefined : await count(driver, unmapped)
    const rows = numberOf(counts["changes"])
    reports.push({
      location: location.label,
      rows,
      // The first time nothing is written.
      pending: again ? await count(driver, Sql.pendingRows(plan, location)) : rows,
      valuesBefore: numberOf(counts["befores"]),
      valuesAfter: numberOf(counts["afters"]),
      unmapped: together === undefined ? alone : numberOf(together[`n${at + 1}`]),
      tableRows: numberOf(table["rows_then"]),
      nulls: numberOf(table["nulls_then"])
    })
  }
  return reports
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
  withAllRows(driver, async (driver) => {
    checkOptions("applyDatabase", options, stepNames)
    await assertPrepared(driver, plan)
    await assertClosedFile(driver)
    const problems = [...errorsOf(plan), ...(await mergedKeys(driver, plan, options.signal))]
    if (problems.length > 0) return fail({ _tag: "Refused", problems })
    const guards = guarding(driver, plan, "apply", options)
    return moveRows({ driver, plan, step: "apply", options }, applyMoves(plan), guards)
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
  { reverse = false, ...options }: RollbackOptions = {}
): Promise<RollbackReport> =>
  withAllRows(driver, async (driver) => {
    checkOptions("rollbackDatabase", options, stepNames)
    if (reverse) assertReversible(plan)
    await assertPrepared(driver, plan)
    const guards = guarding(driver, plan, "rollback", options)
    const moves = await neededMoves(driver, plan, rollbackMoves(plan))
    const moved = await moveRows({ driver, plan, step: "rollback", options }, moves, guards)
    const reversed = reverse ? await takeBack(driver, plan, options) : 0
    await inTurn(driver, { prefix: plan.prefix, transaction: "chunks" }, async () => {
      for (const location of plan.locations) {
        await runAll(driver, wentBack(plan, location))
        if (reverse) await driver.run(Sql.forgetDropped(plan, location))
      }
    })
    return { ...moved, reversed, ...(await whatStands(driver, plan)) }
  })

/** Without those back to the origins of locations of which none was extended. */
const neededMoves = async (
  driver: SqlDriver,
  plan: DatabasePlan,
  moves: ReadonlyArray<Move>
): Promise<ReadonlyArray<Move>> => {
  const extended = new Set<number>()
  for (const location of plan.locations) {
    const rows = Sql.extendedRows(plan, location)
    if (rows !== undefined && (await count(driver, rows)) > 0) extended.add(location.index)
  }
  return moves.filter(({ location, to }) => to !== "origin_value" || extended.has(location.index))
}

/** A value leads back to one id of the source, or nothing can be done by it. */
const assertReversible = (plan: DatabasePlan): void => {
  const problems = plan.sets.flatMap(({ merged, overlap }) => [
    ...merged.map(
      (target) =>
        `${target} stands for several ids of the source: which one a row that was written since is to have, nobody knows`
    ),
    ...overlap.map(
      (id) => `${id} is source and target at once: a row that holds it does not say whether it was rewritten`
    )
  ])
  const words = "Roll back without reverse: rows that were written since stay as they are, and are listed."
  if (problems.length > 0) fail({ _tag: "Refused", problems: [...problems.slice(0, 20), words] })
}

/** Takes what stands in the locations through the inverse mapping, with ledgers of its own, which go when it is done. */
const takeBack = async (driver: SqlDriver, plan: DatabasePlan, options: StepOptions): Promise<number> => {
  const { config } = plan
  const inverse = await planDatabase(driver, {
    ...config,
    prefix: `${plan.prefix.slice(0, 35)}_back`,
    mappings: [...config.mappings].map(({ sourceId, runtimeId, ...rest }) => ({
      ...rest,
      sourceId: runtimeId,
      runtimeId: sourceId
    })),
    locations: config.locations.map((location) => ({ ...location, expect: undefined }))
  })
  const { problems } = await dryRun(driver, inverse, options)
  if (problems.length > 0) fail({ _tag: "Refused", problems })
  const guards = guarding(driver, inverse, "apply", options)
  const { changed } = await moveRows({ driver, plan: inverse, step: "apply", options }, applyMoves(inverse), guards)
  await runAll(driver, Sql.drop(inverse))
  return changed
}

const whatStands = async (
  driver: SqlDriver,
  plan: DatabasePlan
): Promise<Pick<RollbackReport, "notRestored" | "writtenSince">> => {
  const all: Array<NotRestored> = []
  const since: Array<{ readonly location: string; readonly rows: number }> = []
  for (const location of plan.locations) {
    all.push({
      location: location.label,
      reason: "dropped",
      rows: await count(driver, Sql.droppedRows(plan, location))
    })
    const row = await select(driver, Sql.stateCounts(plan, location, "before"))
    const of = (name: string) => numberOf(row[name])
    const [emptied, gone, used] = [of("emptied"), of("missing"), of("renewed")]
    const changed = of("changes") - of("old") - emptied - gone - used
    const { label } = location
    since.push({ location: label, rows: of("since") })
    all.push(
      { location: label, reason: "emptied", rows: emptied },
      { location: label, reason: "changed", rows: changed },
      { location: label, reason: "in use", rows: used },
      { location: label, reason: "gone", rows: gone }
    )
  }
  for (const { label, sql } of Sql.orphans(plan, plan.references)) {
    all.push({ location: label, reason: "no parent", rows: await count(driver, sql) })
  }
  const some = ({ rows }: { readonly rows: number }) => rows > 0
  return { notRestored: all.filter(some), writtenSince: since.filter(some) }
}

/** Before foreign keys are made to wait: that locks tables. */
const guarding =
  (driver: SqlDriver, plan: DatabasePlan, step: "apply" | "rollback", { signal }: StepOptions) =>
  async () => {
    const known = step === "rollback" ? errorsOf(plan) : []
    for (const guards of Guards.writeGuards(plan, Sql.dialects[plan.dialect], step)) {
      check(signal)
      await enforce(driver, guards, known)
    }
    if (step === "rollback") for (const location of plan.locations) await runAll(driver, originalKeys(plan, location))
  }
