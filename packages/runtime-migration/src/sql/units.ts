/**
 * What is written in one transaction: the rows of a range of one ledger, or, where foreign keys run between columns, parents
 * with all of their children.
 */
import { isReferring, keysOf, ledgerColumn, ledgerRows, tables } from "./dialect.ts"
import { matchDuring, matchEither, type Move } from "./moves.ts"
import { quoteText } from "./names.ts"
import type { PlannedLocation, SqlPlan } from "./plan.ts"

/** A move with what finds the row of a ledger row, and the locations whose columns are written at once: those of one ledger. */
export interface Step extends Move {
  readonly match: string
  readonly locations: ReadonlyArray<PlannedLocation>
}

/** Moves that belong together: one, or those of columns between which foreign keys run. */
export interface Unit {
  readonly steps: ReadonlyArray<Step>
  readonly together: boolean
}

/** Groups the moves of a direction, in their order. */
export const unitsOf = (plan: SqlPlan, moves: ReadonlyArray<Move>): ReadonlyArray<Unit> => {
  const families = plan.locations.map((location) => familyOf(plan, location))
  const grouped = (index: number | undefined) =>
    plan.transaction === "chunks" && index !== undefined && (families[index]?.size ?? 1) > 1
  const step = (move: Move, locations: ReadonlyArray<PlannedLocation>): Step => {
    const either = move.either || move.location.key.some(({ rewrittenBy }) => grouped(rewrittenBy))
    return { ...move, locations, match: either ? matchEither(plan, move) : matchDuring(plan, move, move.from) }
  }
  const isLoose = (location: PlannedLocation) =>
    !grouped(location.index) && !isOrdered(plan, location) && !plan.alone.includes(location.index)
  const done = new Set<PlannedLocation>()
  return moves.flatMap((move): ReadonlyArray<Unit> => {
    if (done.has(move.location)) return []
    if (!grouped(move.location.index)) {
      const columns = plan.locations.filter(
        (one) =>
          one === move.location || (isLoose(one) && isLoose(move.location) && move.location.shares.includes(one.index))
      )
      for (const column of columns) if (column !== move.location) done.add(column)
      return [{ steps: [step(move, columns)], together: false }]
    }
    const family = childrenFirst(plan, families[move.location.index] ?? new Set())
    for (const member of family) done.add(member)
    return [{ steps: family.map((location) => step({ ...move, location }, [location])), together: true }]
  })
}

/** SQLite: columns of a table that refers to itself are written one after the other, see `parentsFirst`. */
const isOrdered = ({ dialect, foreignKeys }: SqlPlan, { table, column }: PlannedLocation): boolean =>
  dialect === "sqlite" &&
  foreignKeys.some(
    (key) =>
      key.table === table && key.refTable === table && (key.columns.includes(column) || key.refColumns.includes(column))
  )

/** The steps of a script, which writes families in the order of their moves. */
export const stepsOf = (plan: SqlPlan, moves: ReadonlyArray<Move>): ReadonlyArray<Step> =>
  unitsOf({ ...plan, transaction: "single" }, moves).flatMap(({ steps }) => steps)

/** A step as one for each of its columns. */
export const apart = (step: Step): ReadonlyArray<Step> =>
  step.locations.map((location) => ({ ...step, location, locations: [location] }))

/** The locations that foreign keys connect with one. Reserved values and ambiguous ids need an order of their own. */
const familyOf = (plan: SqlPlan, start: PlannedLocation): ReadonlySet<PlannedLocation> => {
  const fits = (location: PlannedLocation) => isReferring(plan, location) && !location.twoStep && !location.ambiguous
  const family = new Set([start])
  if (!fits(start)) return family
  for (const location of family) {
    for (const [child, parent] of pairsOf(plan)) {
      if ((child === location || parent === location) && fits(child) && fits(parent)) family.add(child).add(parent)
    }
  }
  return family
}

/** Written first, children are ours: behind their parent, ON UPDATE CASCADE would have written them already. */
const childrenFirst = (plan: SqlPlan, family: ReadonlySet<PlannedLocation>): ReadonlyArray<PlannedLocation> => {
  const ordered = new Set<PlannedLocation>()
  const visited = new Set<PlannedLocation>()
  const visit = (location: PlannedLocation): void => {
    if (visited.has(location)) return
    visited.add(location)
    for (const [child, parent] of pairsOf(plan)) if (parent === location && family.has(child)) visit(child)
    ordered.add(location)
  }
  for (const location of family) visit(location)
  return [...ordered]
}

/** Locations of which one refers to the other, by the foreign keys of a plan. */
export const pairsOf = (plan: SqlPlan): ReadonlyArray<readonly [child: PlannedLocation, parent: PlannedLocation]> =>
  plan.foreignKeys.flatMap(({ schema, table, columns, refSchema, refTable, refColumns }) =>
    columns.flatMap((column, at) => {
      const named = (schema: string | undefined, table: string, column: string | undefined) =>
        plan.locations.find((one) => one.table === table && one.schema === schema && one.column === column)
      const [child, parent] = [named(schema, table, column), named(refSchema, refTable, refColumns[at])]
      return child === undefined || parent === undefined ? [] : [[child, parent] as const]
    })
  )

/** Selects the old ids of a step that are still to be moved, as `v`, with their rows, as `n`. */
export const idsToMove = (plan: SqlPlan, { location, from }: Step, text: (value: string) => string): string =>
  `SELECT ${text("b.old_value")} AS v, COUNT(*) AS n FROM ${ledgerRows(plan, location)} b WHERE b.stands = '${from}' GROUP BY ${text("b.old_value")}`

/** The ledger rows of some ids. */
export const ofIds = (location: PlannedLocation, ids: ReadonlyArray<string>): ReadonlyArray<string> => [
  `b.${ledgerColumn(location, "old_value")} IN (${ids.map(quoteText).join(", ")})`
]

/** The ledger rows of a range. */
export const ofRange = (first: number, last: number): ReadonlyArray<string> => [`b.n BETWEEN ${first} AND ${last}`]

/** Some ledger rows, by their numbers. */
export const ofRows = (rows: ReadonlyArray<string>): ReadonlyArray<string> => [`b.n IN (${rows.join(", ")})`]

/** What leaves out ledger rows of a range. */
export const exceptRows = (rows: ReadonlySet<string>): ReadonlyArray<string> =>
  rows.size === 0 ? [] : [`b.n NOT IN (${[...rows].join(", ")})`]

/** A key as words: selects, as `v`, `id = 7` of the first row of a range. */
export const keyWords = (plan: SqlPlan, { location }: Step, range: ReadonlyArray<string>): string => {
  const columns = keysOf(location).map(({ k }) => `b.${k}`)
  return `SELECT ${columns.map((column, at) => `${column} AS v${at + 1}`).join(", ")} FROM ${tables(plan).ledger(location)} b WHERE ${range.join(" AND ")} ORDER BY b.n LIMIT 1`
}
