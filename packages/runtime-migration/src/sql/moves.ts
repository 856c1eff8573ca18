/**
 * The passes over the ledgers, in the order in which they are made.
 */
import { columnOf, isExtensible, keysOf, type LedgerValue, otherRewriters } from "./dialect.ts"
import type { PlannedLocation, SqlPlan } from "./plan.ts"

/** One pass over a ledger: from one of its values to another. */
export interface Move {
  readonly location: PlannedLocation
  readonly from: LedgerValue
  readonly to: LedgerValue
  /** Indexes of the other locations that hold their new values during this pass. */
  readonly renewed: ReadonlySet<number>
}

/** The passes that apply a plan, in order. */
export const applyMoves = (plan: SqlPlan): ReadonlyArray<Move> => {
  const renewed = new Set<number>()
  return parentsFirst(plan, plan.locations).flatMap((location): ReadonlyArray<Move> => {
    const before = new Set(renewed)
    renewed.add(location.index)
    return passes(location).flatMap(([from, to]) => [
      { location, from, to, renewed: before },
      ...again(location).map((others) => ({ location, from, to, renewed: new Set([...before, ...others]) }))
    ])
  })
}

/**
 * Rows that were taken anew after their key was rewritten have the new one already, and those of an extension that apply did
 * not reach have the one that it finds. On a first run there are none.
 */
const again = (location: PlannedLocation): ReadonlyArray<ReadonlyArray<number>> => {
  const others = otherRewriters(location).map(({ index }) => index)
  return location.ambiguous || others.length === 0 ? [] : [others]
}

/** The passes that undo it, from the last location to the first. */
export const rollbackMoves = (plan: SqlPlan): ReadonlyArray<Move> => {
  const renewed = new Set(plan.locations.map(({ index }) => index))
  return parentsFirst(plan, plan.locations.toReversed()).flatMap((location): ReadonlyArray<Move> => {
    renewed.delete(location.index)
    const still = new Set(renewed)
    const back = passes(location)
      .toReversed()
      .map(([from, to]) => [to, from] as const)
    // A row whose ledger was extended goes all the way back at once.
    const origins = isExtensible(location) ? (["new_value", "old_value"] as const) : []
    return [...origins.map((from) => [from, "origin_value"] as const), ...back].flatMap(([from, to]) => [
      { location, from, to, renewed: still },
      ...again(location).map((others) => ({
        location,
        from,
        to,
        renewed: new Set([...still].filter((index) => !others.includes(index)))
      }))
    ])
  })
}

const passes = ({ twoStep }: PlannedLocation): ReadonlyArray<readonly [LedgerValue, LedgerValue]> =>
  twoStep
    ? [
        ["old_value", "tmp_value"],
        ["tmp_value", "new_value"]
      ]
    : [["old_value", "new_value"]]

/**
 * SQLite: where a table refers to itself, the column that is referred to goes first, both ways. The other way round its
 * count of deferred violations never comes back to zero for a row that refers to itself.
 */
const parentsFirst = (
  { dialect, foreignKeys }: SqlPlan,
  locations: ReadonlyArray<PlannedLocation>
): ReadonlyArray<PlannedLocation> => {
  if (dialect !== "sqlite") return locations
  const ordered = new Set<PlannedLocation>()
  const visited = new Set<PlannedLocation>()
  const visit = (location: PlannedLocation): void => {
    if (visited.has(location)) return
    visited.add(location)
    for (const { table, refTable, columns, refColumns } of foreignKeys) {
      if (table !== refTable || table !== location.table || !columns.includes(location.column)) continue
      for (const parent of locations) {
        if (parent.table === table && refColumns.includes(parent.column)) visit(parent)
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

/** Keys that the columns of a family are part of are old in some rows and new in others while it is under way. */
export const matchEither = (plan: SqlPlan, { location, from }: Pick<Move, "location" | "from">): string =>
  keysOf(location)
    .map(({ column, k, w, rewrittenBy }) => {
      const key = columnOf(plan, column)
      if (rewrittenBy === location.index) return `${key} = b.${from}`
      return w === undefined ? `${key} = b.${k}` : `${key} IN (b.${k}, b.${w})`
    })
    .join(" AND ")
