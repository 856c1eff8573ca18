/**
 * PostgreSQL: what a plan says about tables that only their owner may alter, where a step has to.
 */
import { tableOf } from "../sql/dialect.ts"
import { regclass } from "../sql/foreignKeys.ts"
import type { SqlPlan } from "../sql/plan.ts"
import type { KeptTimes } from "./keptTimes.ts"
import type { Finding } from "./reports.ts"
import { alteration } from "./rigidKeys.ts"
import type { SqlDriver } from "./SqlDriver.ts"

/** What must be altered, and how it could be done without. */
interface Altered {
  readonly table: string
  readonly subject: string
  readonly why: string
  readonly way: string
}

/** The findings about tables of other owners. */
export const aboutOwners = async (
  driver: SqlDriver,
  plan: SqlPlan,
  keeps: ReadonlyArray<KeptTimes>
): Promise<ReadonlyArray<Finding>> => {
  if (plan.dialect !== "postgres") return []
  const altered: ReadonlyArray<Altered> = [
    ...plan.foreignKeys
      .filter(({ deferrable }) => deferrable !== true)
      .map((key) => ({
        table: tableOf(plan, { schema: key.schema, table: key.table }),
        subject: key.name ?? key.table,
        why: "let this foreign key wait for the end of a transaction",
        way: `have the owner run before: ${alteration(plan, key, "DEFERRABLE INITIALLY IMMEDIATE")}; and after cleanup: ${alteration(plan, key, "NOT DEFERRABLE")};`
      })),
    ...keeps.map((kept) => ({
      table: tableOf(plan, kept),
      subject: kept.table,
      why: `have the trigger that keeps ${kept.columns.join(", ")}`,
      way: "leave keepUpdatedAt (--keep-updated-at) out"
    }))
  ]
  const names = [...new Set(altered.map(({ table }) => table))]
  if (names.length === 0) return []
  const list = names.map((name, at) => `(${at}, ${regclass(name)})`).join(", ")
  const { rows } = await driver.run(
    `SELECT s.at, quote_ident(pg_get_userbyid(c.relowner)) AS owner, quote_ident(current_user) AS role FROM (VALUES ${list}) s (at, id) JOIN pg_class c ON c.oid = s.id WHERE NOT pg_has_role(c.relowner, 'USAGE')`
  )
  const foreign = new Map(
    rows.map(({ at, owner, role }) => [names[Number(at)], { owner: String(owner), role: String(role) }])
  )
  return altered.flatMap(({ table, subject, why, way }): ReadonlyArray<Finding> => {
    const known = foreign.get(table)
    if (known === undefined) return []
    const { owner, role } = known
    const message = `${table} belongs to ${owner}, and ${role} may not ${why}. Run every step as ${owner}, or let ${role} act for it until cleanup: GRANT ${owner} TO ${role}; or ${way}`
    return [{ level: "error", subject, message }]
  })
}
