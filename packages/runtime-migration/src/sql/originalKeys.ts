/**
 * Keys of several parts that are rewritten at different times: a ledger that was filled in between has of a part what apply had
 * made of it already. What stood there first is in the ledger of that part, and both know the key that the row ends with.
 */
import { columnOf, type KeyOfLedger, keysOf, ledgerColumn, otherRewriters, tableOf, tables } from "./dialect.ts"
import { matchEither } from "./moves.ts"
import { quoteName } from "./names.ts"
import type { PlannedLocation, SqlPlan } from "./plan.ts"
import { dialects, isPrepared, ledgerOf } from "./statements.ts"

/** In this order: of the first few rows have to do with it. */
const joins = { postgres: "JOIN", mysql: "STRAIGHT_JOIN", sqlite: "CROSS JOIN" } as const

const after = ({ k, w }: KeyOfLedger): string => w ?? k

/** Parts of a location's key that another location rewrites, with that one and the names that its ledger has for all parts. */
const partsOf = (plan: SqlPlan, location: PlannedLocation) => {
  const keys = keysOf(location)
  return otherRewriters(location).flatMap(({ index, column }) => {
    const rewriter = plan.locations[index]
    const theirs = rewriter === undefined ? [] : keysOf(rewriter)
    const pairs = keys.flatMap((mine) =>
      theirs.filter((one) => one.column === mine.column).map((its) => ({ mine, its }))
    )
    const part = keys.find((one) => one.column === column)
    return rewriter === undefined || part === undefined || pairs.length < Math.max(keys.length, theirs.length)
      ? []
      : [{ rewriter, part, pairs }]
  })
}

/**
 * Gives the rows of a ledger the keys that they had before anything was written. Where nothing was applied, or
 * all of a key at once, there is nothing to do.
 */
export const originalKeys = (plan: SqlPlan, location: PlannedLocation): ReadonlyArray<string> => {
  if (location.ambiguous) return []
  return partsOf(plan, location).map((part) => original(plan, location, part))
}

const original = (
  plan: SqlPlan,
  location: PlannedLocation,
  { rewriter, part, pairs }: ReturnType<typeof partsOf>[number]
): string => {
  const ledger = tables(plan).ledger(location)
  const same = [
    ...pairs.map(({ mine, its }) => `a.${after(its)} = b.${after(mine)}`),
    `b.${part.k} = b.${after(part)}`,
    // As its own part the row has the id that is to be rewritten, or what apply made of it.
    ...pairs
      .filter(({ mine }) => mine !== part)
      .map(({ mine, its }) => `(a.${its.k} = b.${mine.k} OR a.${after(its)} = b.${mine.k})`),
    `a.${ledgerColumn(rewriter, "stands")} = 'new_value'`,
    isPrepared(plan)
  ].join(" AND ")
  const free = keysOf(location)
    .map((key) => `o.${key.k} = ${key.k === part.k ? "c.was" : `l.${key.k}`}`)
    .join(" AND ")
  return dialects[plan.dialect].updateLedger({
    ...ledgerOf(plan, location),
    query: `SELECT b.n AS row_n, a.${ledgerColumn(rewriter, "old_value")} AS was FROM ${ledger} b ${joins[plan.dialect]} ${tables(plan).ledger(rewriter)} a ON ${same}`,
    set: [[part.k, "c.was"]],
    where: `l.n = c.row_n AND NOT EXISTS (SELECT 1 FROM ${ledger} o WHERE ${free})`
  })
}

/**
 * Marks the keys of rows that have again what they had, although no step of ours put them back: they went through the inverse
 * mapping, or followed another. By the key that they ended with they would not be there.
 */
export const wentBack = (plan: SqlPlan, location: PlannedLocation): ReadonlyArray<string> => {
  // A value that is source and target may be that of another row.
  if (location.ambiguous || !location.key.some(({ rewrittenBy }) => rewrittenBy === location.index)) return []
  const ledger = tables(plan).ledger(location)
  const same = dialects[plan.dialect].same(columnOf(plan, location.column), "b.old_value")
  const match = matchEither(plan, { location, from: "old_value" })
  const table = tableOf(plan, location)
  // Where that one is still there, the other is somebody's new row.
  const ends = keysOf(location).map((key) => `f.${quoteName(plan.dialect, key.column)} = b.${after(key)}`)
  return [
    dialects[plan.dialect].updateLedger({
      ...ledgerOf(plan, location),
      query: `SELECT b.n AS row_n FROM ${ledger} b ${joins[plan.dialect]} ${table} t ON ${match} WHERE b.stands = 'new_value' AND ${same} AND NOT EXISTS (SELECT 1 FROM ${table} f WHERE ${ends.join(" AND ")})`,
      set: [["stands", "'old_value'"]],
      where: "l.n = c.row_n"
    })
  ]
}
