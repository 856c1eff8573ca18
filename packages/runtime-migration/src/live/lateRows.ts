/**
 * Rows that refer to others by a foreign key and were written since the ledgers were filled: on the way out they go with their
 * parents, on the way back their parents stay with them.
 */
import { isReferring, ledgerColumn } from "../sql/dialect.ts"
import { quoteText } from "../sql/names.ts"
import type { PlannedLocation } from "../sql/plan.ts"
import * as Sql from "../sql/statements.ts"
import { pairsOf } from "../sql/units.ts"
import type { DatabasePlan } from "./planDatabase.ts"
import type { SqlDriver } from "./SqlDriver.ts"

/** Takes the rows of some old ids, or of all, into the ledgers; gives how many. */
export const takeLateChildren = async (
  driver: SqlDriver,
  plan: DatabasePlan,
  locations: ReadonlyArray<PlannedLocation>,
  ids: ReadonlyArray<string> | undefined
): Promise<number> => {
  let taken = 0
  for (const location of locations.filter((one) => isReferring(plan, one))) {
    for (const statement of Sql.takeLate(plan, location, ids)) taken += (await driver.run(statement)).changes
  }
  return taken
}

/** Ids of the runtime that stay where they are. */
export interface KeptIds {
  /** The condition that leaves out their ledger rows. */
  readonly without: (location: PlannedLocation) => ReadonlyArray<string>
}

/** Ids of the runtime, of some old ones or of all, to which rows refer that apply did not write. */
export const keptIds = async (
  driver: SqlDriver,
  plan: DatabasePlan,
  locations: ReadonlyArray<PlannedLocation>,
  ids: ReadonlyArray<string> | undefined
): Promise<KeptIds> => {
  const kept = new Map<PlannedLocation, Set<string>>()
  for (const [child, parent] of pairsOf({ ...plan, foreignKeys: holding(plan) })) {
    if (!locations.includes(child) || !locations.includes(parent)) continue
    const { rows } = await driver.run(Sql.referredTo(plan, child, parent, ids && targetsOf(parent, ids)))
    if (rows.length === 0) continue
    // An id stays in all that is connected with it, and in nothing else.
    for (const location of connected(plan, parent)) {
      const known = kept.get(location) ?? new Set()
      for (const { v } of rows) known.add(String(v))
      kept.set(location, known)
    }
  }
  return {
    without: (location) => {
      const all = kept.get(location) ?? new Set()
      return all.size > 0 && isReferring(plan, location)
        ? [`b.${ledgerColumn(location, "new_value")} NOT IN (${[...all].map(quoteText).join(", ")})`]
        : []
    }
  }
}

/** The locations that foreign keys connect with one, over any number of them. */
const connected = (plan: DatabasePlan, start: PlannedLocation): ReadonlySet<PlannedLocation> => {
  const all = new Set([start])
  for (const one of all)
    for (const pair of pairsOf(plan)) if (pair.includes(one)) for (const location of pair) all.add(location)
  return all
}

/** Foreign keys whose children do not follow. MySQL checks none of them meanwhile, so that there they do not either. */
const holding = ({ dialect, foreignKeys, cascades }: DatabasePlan): DatabasePlan["foreignKeys"] =>
  dialect === "mysql"
    ? foreignKeys
    : foreignKeys.filter(
        ({ name, table, schema, columns }) =>
          !cascades.some(
            (key) =>
              key.name === name && key.table === table && key.schema === schema && key.columns.join() === columns.join()
          )
      )

const targetsOf = ({ set }: PlannedLocation, ids: ReadonlyArray<string>): ReadonlyArray<string> => {
  const old = new Set(ids)
  return set.entries.flatMap(({ source, target }) => (old.has(source) ? [target] : []))
}
