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
  const kept = new Set<string>()
  for (const [child, parent] of pairsOf({ ...plan, foreignKeys: holding(plan) })) {
    if (!locations.includes(child) || !locations.includes(parent)) continue
    const { rows } = await driver.run(Sql.referredTo(plan, child, parent, ids && targetsOf(parent, ids)))
    for (const { v } of rows) kept.add(String(v))
  }
  const list = [...kept].map(quoteText).join(", ")
  return {
    without: (location) =>
      kept.size > 0 && isReferring(plan, location) ? [`b.${ledgerColumn(location, "new_value")} NOT IN (${list})`] : []
  }
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
