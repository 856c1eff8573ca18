/**
 * What is asked of the ledgers about the rows of a unit.
 */
import type { PlannedLocation } from "../sql/plan.ts"
import { idText } from "../sql/statements.ts"
import { idsToMove, keyWords, type Unit } from "../sql/units.ts"
import { select } from "./checks.ts"
import { isStatementFailure, placed } from "./databaseError.ts"
import type { DatabasePlan } from "./planDatabase.ts"
import { numberOf, type SqlDriver, type SqlRow } from "./SqlDriver.ts"

/** As messages call a unit. */
export const labelOf = ({ steps }: Unit): string => labelsOf(steps.flatMap(({ locations }) => locations))

/** As they call what is done to several locations at once. */
export const labelsOf = (locations: ReadonlyArray<PlannedLocation>): string =>
  locations.map(({ label }) => label).join(", ")

/** Old ids that are still to be moved, with the rows that each has in all ledgers of a unit. */
export const rowsById = async (
  driver: SqlDriver,
  plan: DatabasePlan,
  { steps }: Unit
): Promise<ReadonlyMap<string, number>> => {
  const counts = new Map<string, number>()
  for (const step of steps) {
    const { rows } = await driver.run(idsToMove(plan, step, idText(plan)))
    for (const { v, n } of rows) counts.set(String(v), (counts.get(String(v)) ?? 0) + numberOf(n))
  }
  return counts
}

const valueWords = (value: unknown): string =>
  value instanceof Uint8Array ? Buffer.from(value).toString("hex") : String(value)

/** The key of a row, given as `v1…`, in words. */
export const keyOf = ({ key }: PlannedLocation, row: SqlRow): string =>
  key.map(({ column }, at) => `${column} = ${valueWords(row[`v${at + 1}`])}`).join(", ")

/** An error with the key of the first row that it is about. */
export const withKey = async (
  driver: SqlDriver,
  plan: DatabasePlan,
  { steps }: Unit,
  range: (location: PlannedLocation) => ReadonlyArray<string>,
  error: unknown
): Promise<unknown> => {
  if (!isStatementFailure(error)) return error
  for (const step of steps) {
    const row = await select(driver, keyWords(plan, step, range(step.location))).catch((): SqlRow => ({}))
    if (Object.keys(row).length === 0) continue
    return placed(error, step.location.label, keyOf(step.location, row))
  }
  return error
}
