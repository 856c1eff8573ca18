/**
 * One short transaction after the other. Rows that others hold are left out, and come at the end: the rest does not wait for
 * them.
 */
import * as Sql from "../sql/statements.ts"
import { fail } from "../errors/MigrationError.ts"
import { isRekeyed, otherRewriters } from "../sql/dialect.ts"
import { apart, type Step, type Unit } from "../sql/units.ts"
import type { PlannedLocation } from "../sql/plan.ts"
import { impatient } from "./alter.ts"
import { check } from "./checks.ts"
import { isBlocked, isBrokenKey, isBusy, isDuplicate, isStatementFailure } from "./databaseError.ts"
import { heldRows, type HeldRow, holders, tablesOf, waitingRows } from "./heldRows.ts"
import { sizeOf } from "./inOne.ts"
import { dropKept, keepTimes, makeKept } from "./keptTimes.ts"
import { keptIds, takeLateChildren } from "./lateRows.ts"
import { makePace, makePatience, type Pace, sleep, waits } from "./locks.ts"
import { idsPiece, type Piece, rangePiece, rowsPiece } from "./pieces.ts"
import { loosenKeys, tightenKeys } from "./rigidKeys.ts"
import { inTransaction, runAll } from "./SqlDriver.ts"
import { labelOf, labelsOf, rowsById, withKey } from "./unitRows.ts"
import { type Count, type Moving, write, type Written } from "./write.ts"

/** What is to be done of a unit: all of it, or ledger rows (of a family: ids) that were left out. */
type Work = ReadonlySet<string> | "all"

/** Work that waits for others, with the rows that they hold as far as they are known. */
interface Left {
  readonly work: Work
  readonly rows: ReadonlyArray<HeldRow>
}

/** A run over the units of a plan. */
interface Run extends Moving {
  readonly pace: Pace
  readonly count: Count
  readonly left: Map<Unit, Left>
  /** PostgreSQL: what was altered for this step. */
  readonly loosened: Parameters<typeof loosenKeys>[4]
  readonly kept: Parameters<typeof makeKept>[4]
}

/** Writes all units. */
export const inChunks = async (
  moving: Moving,
  units: ReadonlyArray<Unit>,
  guards: () => Promise<void>,
  count: Count
): Promise<void> => {
  const { driver, plan, options, patience } = moving
  await guards()
  const postgres = plan.dialect === "postgres"
  const { before, after } = postgres ? { before: [], after: [] } : Sql.deferral(plan)
  const pace = makePace(driver, plan, options)
  const run: Run = { ...moving, pace, count, left: new Map(), loosened: new Set(), kept: new Set() }
  let written = false
  try {
    await runAll(driver, before)
    for (const unit of units) await attempt(run, unit, "all")
    const next = waits()
    for (let laps = 0; run.left.size > 0; laps++) {
      if (laps > 0 && patience.isOver()) return await blocked(run)
      await patience.wait(next())
      await patience.during(() => lap(run, units))
    }
    if (postgres) await driver.run(Sql.flush(plan))
    written = true
  } finally {
    await runAll(driver, after).catch(() => undefined)
    // Where the connection is gone the next step knows of those that were loosened.
    if (postgres) await tightened(run, written)
  }
}

/** At least as long as this is waited to put foreign keys back, in milliseconds. */
const shortest = 1000

const tightened = async ({ driver, plan, options, patience }: Run, written: boolean): Promise<void> => {
  const { patience: wanted = 30_000 } = options
  const rest = patience.isOver() ? shortest : Math.max(shortest, wanted)
  try {
    const own = makePatience({ patience: rest })
    await tightenKeys(driver, plan, own)
    await dropKept(driver, plan, own)
  } catch (error) {
    // What the step itself failed with tells more.
    if (written) throw error
  }
}

/** Goes through a unit, or some of it. What others hold is left for later. */
const attempt = async (run: Run, unit: Unit, work: Work): Promise<void> => {
  const { driver, plan, patience, loosened } = run
  try {
    if (plan.dialect === "postgres") {
      const few = impatient(patience)
      await makeKept(driver, plan, locationsOf(unit), few, run.kept)
      if (unit.together) await loosenKeys(driver, plan, locationsOf(unit), few, loosened)
    }
    await (unit.together ? byIds : byRange)(run, unit, work)
  } catch (error) {
    const cause = isBlocked(error) ? error.cause : error
    if (!isBusy(cause)) throw error
    // Of a whole table: nothing of it can be written.
    run.left.set(unit, { work: "all", rows: [] })
  }
}

const locationsOf = ({ steps }: Unit): ReadonlyArray<PlannedLocation> => steps.flatMap(({ locations }) => locations)

/** Leaves rows of a unit for later. */
const leave = (run: Run, unit: Unit, rows: ReadonlyArray<HeldRow>): void => {
  const known = run.left.get(unit)
  if (known?.work === "all") return
  run.left.set(unit, {
    work: new Set([...(known?.work ?? []), ...rows.map(({ part }) => part)]),
    rows: [...(known?.rows ?? []), ...rows]
  })
}

/** Goes once through what was left, in the order of the units, with what comes behind it. */
const lap = async (run: Run, units: ReadonlyArray<Unit>): Promise<void> => {
  const owed = new Map<Unit, Work>()
  for (const [at, unit] of units.entries()) {
    const work = together(run.left.get(unit)?.work, owed.get(unit))
    if (work === undefined) continue
    run.left.delete(unit)
    await attempt(run, unit, work)
    for (const later of units.slice(at + 1)) {
      const more = behind(unit, later, work)
      if (more !== undefined) owed.set(later, together(owed.get(later), more) ?? more)
    }
  }
}

const together = (left: Work | undefined, right: Work | undefined): Work | undefined => {
  if (left === undefined || right === undefined) return left ?? right
  return left === "all" || right === "all" ? "all" : new Set([...left, ...right])
}

/** What of a later unit could not find its rows before those of a unit were written: another pass of them, or their keys. */
const behind = (unit: Unit, later: Unit, work: Work): Work | undefined => {
  const mine = locationsOf(unit)
  const theirs = locationsOf(later)
  if (
    theirs.some(
      (location) =>
        isRekeyed(location) && otherRewriters(location).some(({ index }) => mine.some((one) => one.index === index))
    )
  )
    return "all"
  return theirs.some((location) => mine.includes(location)) ? work : undefined
}

/** Rows that an error names. */
const named = 100

/** Milliseconds for which they are looked for. */
const looking = 2000

/** Rows of a step that are held, a chunk after the other, until there is no more time; none where the table itself is locked. */
const heldOfAll = async (run: Run, step: Step, isOver: () => boolean): Promise<ReadonlyArray<HeldRow>> => {
  const { driver, plan } = run
  const rows: Array<HeldRow> = []
  const total = await sizeOf(run, step)
  for (let first = 1; first <= total && rows.length < named && !isOver(); first += 1000) {
    const piece = rangePiece(first, Math.min(total, first + 999))
    try {
      rows.push(...(await heldRows(driver, plan, [step], piece)))
    } catch (error) {
      if (isBusy(error)) break
      throw error
    }
  }
  return rows
}

/** Says what others hold. */
const blocked = async (run: Run): Promise<never> => {
  const { driver, plan, left } = run
  const units = [...left.keys()]
  const rows: Array<HeldRow> = [...left.values()].flatMap(({ rows }) => rows)
  // Of a table whose keys could not be altered: somebody holds rows of it.
  const begin = performance.now()
  for (const [{ steps }, { work }] of left) {
    if (work !== "all") continue
    for (const step of steps) rows.push(...(await heldOfAll(run, step, () => performance.now() - begin > looking)))
  }
  const who = await holders(driver, tablesOf(plan, units)).catch(() => "")
  return fail({
    _tag: "Blocked",
    location: units.map(labelOf).join(", "),
    detail: who === "" ? "whose sessions they are cannot be told" : who,
    rows: rows.slice(0, named).map(({ location, key }) => ({ location, key }))
  })
}

const slices = function* (parts: ReadonlyArray<string>, size: () => number): Generator<ReadonlyArray<string>> {
  for (let at = 0; at < parts.length;) {
    const slice = parts.slice(at, at + size())
    yield slice
    at += slice.length
  }
}

const byRange = async (run: Run, unit: Unit, work: Work): Promise<void> => {
  const { options, pace } = run
  if (work !== "all") {
    for (const rows of slices([...work], pace.rows)) await perform(run, unit, rowsPiece(rows))
    return
  }
  for (const step of unit.steps) {
    const total = await sizeOf(run, step)
    for (let first = 1; first <= total;) {
      const last = Math.min(total, first + pace.rows() - 1)
      await perform(run, unit, rangePiece(first, last))
      options.onProgress?.({ step: run.step, location: labelsOf(step.locations), done: last, total })
      first = last + 1
    }
  }
}

/** Parents with their children: as many ids at a time as make a chunk of rows. */
const byIds = async (run: Run, unit: Unit, work: Work): Promise<void> => {
  const { driver, plan, options, pace } = run
  const all = await rowsById(driver, plan, unit)
  const rows = work === "all" ? all : new Map([...all].filter(([id]) => work.has(id)))
  const total = [...rows.values()].reduce((sum, n) => sum + n, 0)
  const location = labelOf(unit)
  let ids: Array<string> = []
  let size = 0
  let done = 0
  const flush = async () => {
    if (ids.length === 0) return
    await perform(run, unit, idsPiece(ids))
    done += size
    ;[ids, size] = [[], 0]
    options.onProgress?.({ step: run.step, location, done, total })
  }
  for (const [id, n] of [...rows].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (size > 0 && size + n > pace.rows()) await flush()
    ids.push(id)
    size += n
  }
  await flush()
}

/** Tries of a piece as a whole before it is halved. */
const wholeTries = 3

/** Writes a piece: without rows that others hold, or in halves where a row of it is refused: that one is named then. */
const perform = async (
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
