/**
 * Writes rows from one value of their ledgers to another, in the transactions of a plan.
 */
import { ledgerColumn, tables, type TogetherUpdate } from "../sql/dialect.ts"
import type { Move } from "../sql/moves.ts"
import { mysqlSession } from "../sql/mysql.ts"
import * as Sql from "../sql/statements.ts"
import type { PlannedLocation } from "../sql/plan.ts"
import { apart, ofIds, ofRange, type Step, type Unit, unitsOf } from "../sql/units.ts"
import { check, count, select } from "./checks.ts"
import { isBrokenKey, isBusy, isStatementFailure, placed } from "./databaseError.ts"
import { type KeptIds, keptIds, takeLateChildren } from "./lateRows.ts"
import { sleeping } from "./aboutTriggers.ts"
import { makePace, type Pace, patiently } from "./locks.ts"
import type { DatabasePlan } from "./planDatabase.ts"
import type { MoveReport, StepOptions } from "./reports.ts"
import { makeReplicas } from "./replicas.ts"
import { loosenKeys, tightenKeys } from "./rigidKeys.ts"
import { inTransaction, inTurn, numberOf, runAll, type SqlDriver } from "./SqlDriver.ts"
import { labelOf, labelsOf, rowsById, withKey } from "./unitRows.ts"

/** What a run of moves needs. */
export interface Moving {
  readonly driver: SqlDriver
  readonly plan: DatabasePlan
  readonly step: "apply" | "rollback"
  readonly options: StepOptions
  /** PostgreSQL: see `settledBefore`. */
  readonly settled?: string | undefined
}

/** Ledger rows that one transaction writes: those of a range, or those of some ids in every ledger of a family. */
interface Piece {
  readonly range: (location: PlannedLocation) => ReadonlyArray<string>
  /** Old ids, of parents with their children. */
  readonly ids: ReadonlyArray<string> | undefined
  readonly halves: readonly [Piece, Piece] | undefined
  /** Ledger rows of a range, at most. */
  readonly size: number | undefined
}

const rangePiece = (first: number, last: number): Piece => ({
  range: () => ofRange(first, last),
  size: last - first + 1,
  ids: undefined,
  get halves(): Piece["halves"] {
    const middle = Math.floor((first + last) / 2)
    return last > first ? [rangePiece(first, middle), rangePiece(middle + 1, last)] : undefined
  }
})

const idsPiece = (ids: ReadonlyArray<string>): Piece => ({
  range: (location) => ofIds(location, ids),
  size: undefined,
  ids,
  get halves(): Piece["halves"] {
    const middle = Math.ceil(ids.length / 2)
    return ids.length > 1 ? [idsPiece(ids.slice(0, middle)), idsPiece(ids.slice(middle))] : undefined
  }
})

/** Moves rows; `guards` run first, inside of the transaction where there is one for all. */
export const moveRows = async (
  from: Moving,
  moves: ReadonlyArray<Move>,
  guards: () => Promise<void>
): Promise<MoveReport> => {
  const { driver, plan } = from
  const changed = new Map(plan.locations.map(({ label }) => [label, 0]))
  const count = (step: Step, rows: number) => {
    // The first of two passes is not the whole way of a row.
    if (step.to === "tmp_value") return
    changed.set(step.location.label, (changed.get(step.location.label) ?? 0) + rows)
  }
  const units = unitsOf(plan, moves)
  await makeReplicas(driver, from.options)()
  if (plan.dialect === "mysql") await runAll(driver, mysqlSession)
  await inTurn(driver, plan, async () => {
    const settled = plan.dialect === "postgres" ? String((await select(driver, Sql.settledBefore))["v"]) : undefined
    const moving = { ...from, settled }
    await (plan.transaction === "single" ? inOneOrTwo : inChunks)(moving, units, guards, count)
  })
  return {
    locations: [...changed].map(([location, changed]) => ({ location, changed })),
    changed: [...changed.values()].reduce((sum, rows) => sum + rows, 0),
    transaction: plan.transaction
  }
}

type Count = (step: Step, rows: number) => void

/** Counts what some work on a step has written, by its columns: what has come to its end since. */
const counting = async (moving: Moving, step: Step, count: Count, work: () => Promise<void>): Promise<void> => {
  const look = () => select(moving.driver, Sql.arrived(moving.plan, step))
  const before = await look()
  await work()
  const after = await look()
  for (const [at, one] of apart(step).entries()) {
    const name = `n${at + 1}`
    count(one, numberOf(after[name]) - numberOf(before[name]))
  }
}

/** Everything in one transaction; once more where rows came since the dry run that refer to others: they go with them. */
const inOneOrTwo = async (
  moving: Moving,
  units: ReadonlyArray<Unit>,
  guards: () => Promise<void>,
  count: Count
): Promise<void> => {
  const counted: Array<readonly [Step, number]> = []
  const later: Count = (step, rows) => counted.push([step, rows])
  try {
    await inOne(moving, units, guards, later, false)
  } catch (error) {
    if (moving.step !== "apply" || !isBrokenKey(error)) throw error
    counted.length = 0
    await inOne(moving, units, guards, later, true)
  }
  for (const [step, rows] of counted) count(step, rows)
}

const inOne = async (
  moving: Moving,
  units: ReadonlyArray<Unit>,
  guards: () => Promise<void>,
  count: Count,
  late: boolean
): Promise<void> => {
  const { driver, plan, options } = moving
  const { before, after } = Sql.deferral(plan)
  try {
    await inTransaction(driver, plan.prefix, async () => {
      if (plan.dialect === "postgres") await driver.run(`SET LOCAL ${Sql.lockTimeout}`)
      await guards()
      if (plan.dialect === "postgres") await runAll(driver, Sql.byKey)
      if (late) await takeLateChildren(driver, plan, plan.locations, undefined)
      const kept = moving.step === "rollback" ? await keptIds(driver, plan, plan.locations, undefined) : undefined
      const [asleep, awake] = sleeping(plan, plan.locations)
      await runAll(driver, [...asleep, ...before])
      for (const unit of units) {
        for (const step of unit.steps) {
          const total = await sizeOf(moving, step)
          await counting(moving, step, count, async () => {
            for (let first = 1; first <= total; first += plan.chunk) {
              check(options.signal)
              const last = Math.min(total, first + plan.chunk - 1)
              await writeSafely(moving, step, ofRange(first, last), kept, last - first + 1)
              options.onProgress?.({ step: moving.step, location: labelsOf(step.locations), done: last, total })
            }
          })
        }
      }
      await runAll(driver, [...after, ...awake])
    })
  } catch (error) {
    // The session goes on after us: what was turned off for it is turned on again. Elsewhere the transaction did that.
    if (plan.dialect === "mysql") await runAll(driver, after).catch(() => undefined)
    throw error
  }
}

/** One short transaction after the other. */
const inChunks = async (
  moving: Moving,
  units: ReadonlyArray<Unit>,
  guards: () => Promise<void>,
  count: Count
): Promise<void> => {
  const { driver, plan, options } = moving
  await guards()
  const postgres = plan.dialect === "postgres"
  const { before, after } = postgres ? { before: [], after: [] } : Sql.deferral(plan)
  const pace = makePace(driver, plan, options)
  try {
    if (postgres) await loosenKeys(driver, plan, options)
    await runAll(driver, before)
    for (const unit of units) await (unit.together ? byIds : byRange)(moving, unit, pace, count)
    if (postgres) await driver.run(Sql.flush(plan))
  } finally {
    await runAll(driver, after).catch(() => undefined)
    // The keys that were loosened stay so where the connection is gone: the next step knows of them.
    if (postgres) await tightenKeys(driver, plan, { ...options, signal: undefined }).catch(() => undefined)
  }
}

const byRange = async (moving: Moving, unit: Unit, pace: Pace, count: Count): Promise<void> => {
  const { options } = moving
  for (const step of unit.steps) {
    const total = await sizeOf(moving, step)
    await counting(moving, step, count, async () => {
      for (let first = 1; first <= total;) {
        const last = Math.min(total, first + pace.rows() - 1)
        await perform(moving, unit, rangePiece(first, last), pace, uncounted)
        options.onProgress?.({ step: moving.step, location: labelsOf(step.locations), done: last, total })
        first = last + 1
      }
    })
  }
}

const uncounted: Count = () => undefined

/** Parents with their children: as many ids at a time as make a chunk of rows. */
const byIds = async (moving: Moving, unit: Unit, pace: Pace, count: Count): Promise<void> => {
  const { driver, plan, options } = moving
  const rows = await rowsById(driver, plan, unit)
  const total = [...rows.values()].reduce((sum, n) => sum + n, 0)
  const location = labelOf(unit)
  let ids: Array<string> = []
  let size = 0
  let done = 0
  const flush = async () => {
    if (ids.length === 0) return
    await perform(moving, unit, idsPiece(ids), pace, count)
    done += size
    ;[ids, size] = [[], 0]
    options.onProgress?.({ step: moving.step, location, done, total })
  }
  for (const [id, n] of [...rows].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (size > 0 && size + n > pace.rows()) await flush()
    ids.push(id)
    size += n
  }
  await flush()
}

/** Tries of a piece as a whole before it is halved: the rows that others hold are found, and the rest goes on. */
const wholeTries = 3

/** Writes a piece, in halves where others hold locks in it, or where a row of it is refused: that one is named then. */
const perform = async (moving: Moving, unit: Unit, piece: Piece, pace: Pace, count: Count): Promise<void> => {
  const { options } = moving
  const location = labelOf(unit)
  const { halves } = piece
  // Of one row, which column is refused.
  const columns = unit.together ? [] : unit.steps.flatMap(apart)
  let tries = 0
  const once = async () => {
    check(options.signal)
    const begin = performance.now()
    const written = await inTransaction(moving.driver, undefined, () => writeAll(moving, unit, piece))
    for (const [at, step] of unit.steps.entries()) count(step, written[at] ?? 0)
    await pace.after(
      performance.now() - begin,
      written.reduce((sum, rows) => sum + rows, 0)
    )
    return true
  }
  const whole = async (): Promise<boolean> => {
    try {
      return await once()
    } catch (error) {
      if (isBusy(error)) pace.contended()
      if (isBrokenKey(error) && unit.together) {
        // Somebody was faster: what refers to the rows now is looked for again.
        if (++tries < wholeTries) return await whole()
        if (halves === undefined && moving.step === "rollback") return true
      }
      if (halves !== undefined && isBusy(error) && ++tries >= wholeTries) return false
      if (halves !== undefined && !isBusy(error) && isStatementFailure(error)) return false
      if (halves === undefined && !isBusy(error) && isStatementFailure(error) && columns.length > 1) return false
      throw halves === undefined && !isBusy(error)
        ? await withKey(moving.driver, moving.plan, unit, piece.range, error)
        : error
    }
  }
  if (await patiently(location, whole, options)) return
  if (halves === undefined) {
    for (const step of columns) await perform(moving, { ...unit, steps: [step] }, piece, pace, count)
    return
  }
  for (const half of halves) await perform(moving, unit, half, pace, count)
}

const writeAll = async (moving: Moving, unit: Unit, { range, ids, size }: Piece): Promise<ReadonlyArray<number>> => {
  const { driver, plan } = moving
  const locations = unit.steps.flatMap(({ locations }) => locations)
  const lock = async () => {
    if (plan.dialect !== "mysql") return
    for (const step of unit.steps) await driver.run(Sql.lockRows(plan, step, range(step.location)))
  }
  if (plan.dialect === "postgres") {
    await driver.run(Sql.shortLocks)
    if (unit.together) await driver.run("SET CONSTRAINTS ALL DEFERRED")
  }
  await lock()
  // Once parents are locked nobody refers to them any more.
  if (unit.together && moving.step === "apply" && (await takeLateChildren(driver, plan, locations, ids)) > 0)
    await lock()
  const kept = unit.together && moving.step === "rollback" ? await keptIds(driver, plan, locations, ids) : undefined
  const [asleep, awake] = sleeping(plan, locations)
  await runAll(driver, asleep)
  const written: Array<number> = []
  for (const step of unit.steps) written.push(await write(moving, step, range(step.location), kept, size))
  await runAll(driver, awake)
  return written
}

/** Writes the ledger rows of a range: where all columns of a row may be written they are at once, and the rest one by one. */
export const write = async (
  { driver, plan, settled }: Pick<Moving, "driver" | "plan" | "settled">,
  step: Step,
  range: ReadonlyArray<string>,
  kept: KeptIds | undefined,
  size?: number
): Promise<number> => {
  const without = (one: Step) => kept?.without(one.location) ?? []
  const columns = apart(step)
  const whole = [
    ...range,
    ...columns.flatMap((one) =>
      without(one).map((condition) => `(b.${ledgerColumn(one.location, "stands")} IS NULL OR ${condition})`)
    )
  ]
  const all = Sql.updateTogether(plan, step, whole, settled)
  let written = 0
  if (all !== undefined) {
    try {
      written = await writeTogether(driver, all)
    } catch (error) {
      throw placed(error, labelsOf(step.locations))
    }
    if (written === size || (await count(driver, Sql.waiting(plan, step, range))) === 0) return written
  }
  for (const one of columns) {
    const { before, update, after, counted } = Sql.updateRange(plan, one, [...range, ...without(one)], settled)
    try {
      await runAll(driver, before)
      written += (await driver.run(update)).changes / counted
      await runAll(driver, after)
    } catch (error) {
      throw placed(error, one.location.label)
    }
  }
  return written
}

const writeTogether = async (
  driver: SqlDriver,
  { expected, update, after, counted }: TogetherUpdate
): Promise<number> => {
  if (expected === undefined) {
    const { changes } = await driver.run(update)
    await runAll(driver, after)
    return changes / counted
  }
  const rows = await count(driver, expected)
  await driver.run("SAVEPOINT aywa_rows")
  const { changes } = await driver.run(update)
  if (changes === rows) await runAll(driver, after)
  else await driver.run("ROLLBACK TO aywa_rows")
  await driver.run("RELEASE aywa_rows")
  return changes === rows ? changes : 0
}

/** The same inside of a transaction that goes on: where columns are refused together, the one that is to blame is found. */
const writeSafely = async (
  moving: Moving,
  step: Step,
  range: ReadonlyArray<string>,
  kept: KeptIds | undefined,
  size: number
): Promise<void> => {
  if (step.locations.length < 2) {
    await write(moving, step, range, kept, size)
    return
  }
  const { driver } = moving
  await driver.run("SAVEPOINT aywa_columns")
  try {
    await write(moving, step, range, kept, size)
  } catch (error) {
    if (!isStatementFailure(error)) throw error
    await driver.run("ROLLBACK TO SAVEPOINT aywa_columns")
    for (const one of apart(step)) await write(moving, one, range, kept)
  }
  await driver.run("RELEASE SAVEPOINT aywa_columns")
}

const sizeOf = async ({ driver, plan }: Moving, { location }: Step): Promise<number> =>
  numberOf((await select(driver, `SELECT MAX(n) AS n FROM ${tables(plan).ledger(location)}`))["n"])
