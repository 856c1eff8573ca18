/**
 * One short transaction after the other. Rows that others hold are left out, and come at the end: the rest does not wait for
 * them.
 */
import { fail } from "../errors/MigrationError.ts"
import { isRekeyed, otherRewriters } from "../sql/dialect.ts"
import type { PlannedLocation } from "../sql/plan.ts"
import * as Sql from "../sql/statements.ts"
import type { Step, Unit } from "../sql/units.ts"
import { impatient } from "./alter.ts"
import { isBlocked, isBusy } from "./databaseError.ts"
import { heldRows, type HeldRow, holders, tablesOf } from "./heldRows.ts"
import { sizeOf } from "./inOne.ts"
import { dropKept, makeKept } from "./keptTimes.ts"
import { makePace, makePatience, waits } from "./locks.ts"
import { named, perform, type Run, type Work } from "./perform.ts"
import { idsPiece, rangePiece, rowsPiece } from "./pieces.ts"
import { loosenKeys, tightenKeys } from "./rigidKeys.ts"
import { runAll } from "./SqlDriver.ts"
import { labelOf, labelsOf, rowsById } from "./unitRows.ts"
import type { Count, Moving } from "./write.ts"

/** Writes all units. */
export const inChunks = async (moving: Moving, units: ReadonlyArray<Unit>, count: Count): Promise<void> => {
  const { driver, plan, options, patience } = moving
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
    run.left.set(unit, { work: "all", rows: [], unaltered: isBlocked(error) ? error.reason.location : undefined })
  }
}

const locationsOf = ({ steps }: Unit): ReadonlyArray<PlannedLocation> => steps.flatMap(({ locations }) => locations)

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
  const waiting = [...left].flatMap(([unit, { unaltered }]) =>
    unaltered === undefined
      ? []
      : [`${unaltered} cannot be altered meanwhile, so that no row of ${labelOf(unit)} is written`]
  )
  return fail({
    _tag: "Blocked",
    location: units.map(labelOf).join(", "),
    detail: [who === "" ? "whose sessions they are cannot be told" : who, ...waiting].join("; "),
    rows: [...new Map(rows.map(({ location, key }) => [`${location} ${key}`, { location, key }])).values()].slice(
      0,
      named
    )
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
