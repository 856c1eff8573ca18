/**
 * Writes rows from one value of their ledgers to another, in the transactions of a plan.
 */
import type { Move } from "../sql/moves.ts"
import { mysqlSession } from "../sql/mysql.ts"
import * as Sql from "../sql/statements.ts"
import { unitsOf } from "../sql/units.ts"
import { select } from "./checks.ts"
import { inChunks } from "./inChunks.ts"
import { inOneOrTwo } from "./inOne.ts"
import { makePatience, withShortWaits } from "./locks.ts"
import { makeReplicas } from "./replicas.ts"
import type { MoveReport } from "./reports.ts"
import { inTurn, runAll } from "./SqlDriver.ts"
import type { Count, Moving } from "./write.ts"

/** Moves rows; `guards` run first, inside of the transaction where there is one for all. */
export const moveRows = async (
  from: Omit<Moving, "patience" | "settled">,
  moves: ReadonlyArray<Move>,
  guards: () => Promise<void>
): Promise<MoveReport> => {
  const { driver, plan } = from
  const changed = new Map(plan.locations.map(({ label }) => [label, 0]))
  const count: Count = ({ locations, to }, values) => {
    // The first of two passes is not the whole way of a row.
    if (to === "tmp_value") return
    for (const [at, { label }] of locations.entries()) changed.set(label, (changed.get(label) ?? 0) + (values[at] ?? 0))
  }
  const units = unitsOf(plan, moves)
  await makeReplicas(driver, from.options)()
  if (plan.dialect === "mysql") await runAll(driver, mysqlSession)
  await inTurn(driver, plan, async () => {
    const settled = plan.dialect === "postgres" ? String((await select(driver, Sql.settledBefore))["v"]) : undefined
    const moving = { ...from, settled, patience: makePatience(from.options) }
    if (plan.transaction === "single") {
      await withShortWaits(driver, () => inOneOrTwo(moving, units, guards, count))
      return
    }
    // They look at the catalog, and lock nothing that is waited for.
    await guards()
    await withShortWaits(driver, () => inChunks(moving, units, count))
  })
  return {
    locations: [...changed].map(([location, changed]) => ({ location, changed })),
    changed: [...changed.values()].reduce((sum, rows) => sum + rows, 0),
    transaction: plan.transaction
  }
}
