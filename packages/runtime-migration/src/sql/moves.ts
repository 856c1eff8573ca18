/**
 * The passes over the ledgers, in the order in which they are made.
 */
import { columnOf, isExtensible, isReferring, keysOf, type LedgerValue, otherRewriters } from "./dialect.ts"
import type { PlannedLocation, SqlPlan } from "./plan.ts"

/** One pass over a ledger: from one of its values to another. */
export interface Move {
  readonly location: PlannedLocation
  readonly from: LedgerValue
  readonly to: LedgerValue
  /** Indexes of the other locations that hold their new values during this pass. */
  readonly renewed: ReadonlySet<number>
  /** Whether of each of them it may as well be the old one. */
  readonly either: boolean
}

/** The passes that apply a plan, in order. */
export const applyMoves = (plan: SqlPlan): ReadonlyArray<Move> => {
  const renewed = new Set<number>()
  return byKeys(plan, plan.locations).flatMap((location): ReadonlyArray<Move> => {
    const before = new Set(renewed)
    renewed.add(location.index)
    return passes(location).flatMap(([from, to]) => eachTime({ location, from, to, renewed: before, either: false }))
  })
}

/**
 * Rows that were taken anew after a part of their key was rewritten have that one already, and those of an extension that apply
 * did not reach have the one that it finds. On a first run there are none.
 */
const eachTime = (move: Move): ReadonlyArray<Move> =>
  isLate(move.location) ? [move, { ...move, either: true }] : [move]

const isLate = (location: PlannedLocation): boolean => !location.ambiguous && otherRewriters(location).length > 0

/** The passes that undo it, from the last location to the first. */
export const rollbackMoves = (plan: SqlPlan): ReadonlyArray<Move> => {
  const renewed = new Set(plan.locations.map(({ index }) => index))
  const all = new Set(renewed)
  const first = plan.locations
    .filter((location) => goesBeforeItsKey(plan, location))
    .flatMap((location) =>
      wayBack(location).map(([from, to]): Move => ({ location, from, to, renewed: all, either: false }))
    )
  const moves = byKeys(plan, plan.locations.toReversed()).flatMap((location): ReadonlyArray<Move> => {
    renewed.delete(location.index)
    const still = new Set(renewed)
    return wayBack(location).flatMap(([from, to]) => eachTime({ location, from, to, renewed: still, either: false }))
  })
  return [...first, ...moves]
}

/** A row whose ledger was extended goes all the way back at once. */
const wayBack = (location: PlannedLocation): ReadonlyArray<readonly [from: LedgerValue, to: LedgerValue]> => {
  const origins = isExtensible(location) ? (["new_value", "old_value"] as const) : []
  const back = passes(location).toReversed()
  return [...origins.map((from) => [from, "origin_value"] as const), ...back.map(([from, to]) => [to, from] as const)]
}

/**
 * Whether a location goes back while the keys of its rows are still the new ones: by those its rows are found that were
 * taken after their key was rewritten, and those whose key stays. What keys and foreign keys have to do with has its own order.
 */
const goesBeforeItsKey = (plan: SqlPlan, location: PlannedLocation): boolean =>
  isLate(location) &&
  !location.twoStep &&
  !isReferring(plan, location) &&
  !plan.locations.some(({ key }) => key.some(({ rewrittenBy }) => rewrittenBy === location.index))

const passes = ({ twoStep }: PlannedLocation): ReadonlyArray<readonly [LedgerValue, LedgerValue]> =>
  twoStep
    ? [
        ["old_value", "tmp_value"],
        ["tmp_value", "new_value"]
      ]
    : [["old_value", "new_value"]]

/**
 * Children go before their parents, both ways: behind them, ON UPDATE CASCADE would have written them already, and they would
 * not be known for ours. SQLite: within a table that refers to itself the column that is referred to goes first. The other way
 * round its count of deferred violations never comes back to zero for a row that refers to itself.
 */
const byKeys = (
  { dialect, foreignKeys }: SqlPlan,
  locations: ReadonlyArray<PlannedLocation>
): ReadonlyArray<PlannedLocation> => {
  const ordered = new Set<PlannedLocation>()
  const visited = new Set<PlannedLocation>()
  const at = (one: PlannedLocation, schema: string | undefined, table: string, columns: ReadonlyArray<string>) =>
    one.table === table && one.schema === schema && columns.includes(one.column)
  const visit = (location: PlannedLocation): void => {
    if (visited.has(location)) return
    visited.add(location)
    for (const { schema, table, columns, refSchema, refTable, refColumns } of foreignKeys) {
      const itself = table === refTable && schema === refSchema
      if (itself && dialect === "sqlite" && at(location, schema, table, columns)) {
        for (const parent of locations) if (at(parent, refSchema, refTable, refColumns)) visit(parent)
      } else if (!itself && at(location, refSchema, refTable, refColumns)) {
        for (const child of locations) if (at(child, schema, table, columns)) visit(child)
      }
    }
    ordered.add(location)
  }
  for (const location of locations) visit(location)
  return [...ordered]
}

/**
 * What finds the row of a ledger row during a pass. A key column that another location rewrites has its new value where
 * that one is renewed; one that this very location rewrites has what the pass starts from, and then what it ends with.
 */
export const matchDuring = (plan: SqlPlan, { location, renewed }: Move, value: LedgerValue): string =>
  keysOf(location)
    .map(({ column, k, w, rewrittenBy }) => {
      const key = columnOf(plan, column)
      if (rewrittenBy === location.index) return `${key} = b.${value}`
      return `${key} = b.${rewrittenBy !== undefined && renewed.has(rewrittenBy) ? (w ?? k) : k}`
    })
    .join(" AND ")

/** Keys are old in some rows and new in others while a family that they are part of is under way, and where parts were rewritten before. */
export const matchEither = (plan: SqlPlan, { location, from }: Pick<Move, "location" | "from">): string =>
  keysOf(location)
    .map(({ column, k, w, rewrittenBy }) => {
      const key = columnOf(plan, column)
      if (rewrittenBy === location.index) return `${key} = b.${from}`
      return w === undefined ? `${key} = b.${k}` : `${key} IN (b.${k}, b.${w})`
    })
    .join(" AND ")
