/**
 * Writes a piece of a unit in one transaction: without rows that others hold, or in halves where a row is refused.
 */
import * as Sql from "../sql/statements.ts"
import { apart, type Step, type Unit } from "../sql/units.ts"
import { check } from "./checks.ts"
import { isBrokenKey, isBusy, isDuplicate, isStatementFailure } from "./databaseError.ts"
import { heldRows, type HeldRow, waitingRows } from "./heldRows.ts"
import { keepTimes, type makeKept } from "./keptTimes.ts"
import { keptIds, takeLateChildren } from "./lateRows.ts"
import { type Pace, sleep } from "./locks.ts"
import type { Piece } from "./pieces.ts"
import type { loosenKeys } from "./rigidKeys.ts"
import { inTransaction } from "./SqlDriver.ts"
import { withKey } from "./unitRows.ts"
import { type Count, type Moving, write, type Written } from "./write.ts"

/** What is to be done of a unit: all of it, or ledger rows (of a family: ids) that were left out. */
export type Work = ReadonlySet<string> | "all"

/** Work that waits for others, with the rows that they hold as far as they are known. */
export interface Left {
  readonly work: Work
  readonly rows: ReadonlyArray<HeldRow>
  /** PostgreSQL: what could not be altered, so that nothing of the unit can be written. */
  readonly unaltered?: string | undefined
}

/** A run over the units of a plan. */
export interface Run extends Moving {
  readonly pace: Pace
  readonly count: Count
  readonly left: Map<Unit, Left>
  /** PostgreSQL: what was altered for this step. */
  readonly loosened: Parameters<typeof loosenKeys>[4]
  readonly kept: Parameters<typeof makeKept>[4]
}

/** Leaves rows of a unit for later. */
const leave = (run: Run, unit: Unit, rows: ReadonlyArray<HeldRow>): void => {
  const known = run.left.get(unit)
  if (known?.work === "all") return
  run.left.set(unit, {
    work: new Set([...(known?.work ?? []), ...rows.map(({ part }) => part)]),
    rows: [...(known?.rows ?? []), ...rows]
  })
}

/** Rows that an error names. */
export const named = 100

/** Tries of a piece as a whole before it is halved. */
const wholeTries = 3

/** Writes a piece: without rows that others hold, or in halves where a row of it is refused: that one is named then. */
export const perform = async (
  run: Run,
  unit: Unit,
  piece: Piece,
  steps: ReadonlyArray<Step> = unit.steps,
  tries = 1
): Promise<void> => {
  check(run.options.signal)
  const { halves } = piece
  try {
    return await once(run, unit, piece, steps)
  } catch (error) {
    if (isBusy(error)) return makeWay(run, unit, piece, steps, tries, error)
    if (isBrokenKey(error) && unit.together) {
      // Somebody was faster: what refers to the rows now is looked for again.
      if (tries < wholeTries) return perform(run, unit, piece, steps, tries + 1)
      if (halves === undefined && run.step === "rollback") return
    }
    if (!isStatementFailure(error)) throw error
    if (halves !== undefined) return inHalves(run, unit, halves, steps)
    // Of one row, which column is refused.
    const columns = unit.together ? [] : steps.flatMap(apart)
    if (columns.length > 1) {
      for (const step of columns) await perform(run, unit, piece, [step])
      return
    }
    // Its value may be that of a row which somebody holds.
    if (isDuplicate(error) && run.left.size > 0) return leave(run, unit, await rowsOfPart(run, piece, steps))
    throw await withKey(run.driver, run.plan, { ...unit, steps }, piece.range, error)
  }
}

const inHalves = async (
  run: Run,
  unit: Unit,
  halves: readonly [Piece, Piece],
  steps: ReadonlyArray<Step>
): Promise<void> => {
  for (const half of halves) await perform(run, unit, half, steps, wholeTries)
}

/** Goes on without the rows that others hold. */
const makeWay = async (
  run: Run,
  unit: Unit,
  piece: Piece,
  steps: ReadonlyArray<Step>,
  tries: number,
  error: unknown
): Promise<void> => {
  const { driver, plan, pace } = run
  pace.contended()
  // Whoever writes holds all of the file.
  if (plan.dialect === "sqlite") throw error
  const held = await heldRows(driver, plan, steps, piece)
  if (held.length > 0) {
    leave(run, unit, held)
    const rest = piece.without(new Set(held.map(({ part }) => part)))
    return rest === undefined ? undefined : perform(run, unit, rest, steps)
  }
  // They have let go, or what they hold is no row: a value of a unique column that they are about to write.
  if (tries < wholeTries) {
    await sleep(20 * tries)
    return perform(run, unit, piece, steps, tries + 1)
  }
  if (piece.halves !== undefined) return inHalves(run, unit, piece.halves, steps)
  const rows = await rowsOfPart(run, piece, steps)
  if (rows.length === 0) throw error
  leave(run, unit, rows)
}

/** The rows of a piece of one row, or of one id. */
const rowsOfPart = async (
  { driver, plan }: Run,
  piece: Piece,
  steps: ReadonlyArray<Step>
): Promise<ReadonlyArray<HeldRow>> => (await waitingRows(driver, plan, steps, piece)).slice(0, named)

const once = async (run: Run, unit: Unit, piece: Piece, steps: ReadonlyArray<Step>): Promise<void> => {
  const begin = performance.now()
  const written = await inTransaction(run.driver, undefined, () => writeAll(run, unit, piece, steps))
  for (const [at, step] of steps.entries()) run.count(step, written[at]?.values ?? [])
  await run.pace.after(
    performance.now() - begin,
    written.reduce((sum, { rows }) => sum + rows, 0)
  )
}

const writeAll = async (
  moving: Moving,
  unit: Unit,
  { range, ids, size }: Piece,
  steps: ReadonlyArray<Step>
): Promise<ReadonlyArray<Written>> => {
  const { driver, plan } = moving
  const locations = steps.flatMap(({ locations }) => locations)
  const lock = async () => {
    if (plan.dialect !== "mysql") return
    for (const step of steps) await driver.run(Sql.lockRows(plan, step, range(step.location)))
  }
  if (plan.dialect === "postgres") {
    await driver.run(Sql.shortLocks)
    if (plan.keeps.length > 0) await driver.run(keepTimes)
    if (unit.together) await driver.run("SET CONSTRAINTS ALL DEFERRED")
  }
  await lock()
  // Once parents are locked nobody refers to them any more.
  if (unit.together && moving.step === "apply" && (await takeLateChildren(driver, plan, locations, ids)) > 0)
    await lock()
  const kept = unit.together && moving.step === "rollback" ? await keptIds(driver, plan, locations, ids) : undefined
  const written: Array<Written> = []
  for (const step of steps) written.push(await write(moving, step, range(step.location), kept, size))
  return written
}
