/**
 * PostgreSQL: foreign keys that are not declared DEFERRABLE wait for the end of a transaction only while they are. They are
 * made so one by one, each in a transaction of its own, and put back behind the step; what has to be put back stands in the
 * run's table, so that it is known after a crash as well. Until then the application sees no difference.
 */
import { bareName, ledgerSchema, tableOf, tables } from "../sql/dialect.ts"
import { quoteName, quoteText } from "../sql/names.ts"
import type { PlannedLocation, SqlPlan } from "../sql/plan.ts"
import { alter } from "./alter.ts"
import { count } from "./checks.ts"
import type { Patience } from "./locks.ts"
import type { SqlDriver } from "./SqlDriver.ts"

type Key = SqlPlan["foreignKeys"][number]

const childOf = (plan: SqlPlan, { schema, table }: Key): string => tableOf(plan, { schema, table })

/** The statement that makes a key wait, or not. */
export const alteration = (plan: SqlPlan, key: Key, to: "DEFERRABLE INITIALLY IMMEDIATE" | "NOT DEFERRABLE"): string =>
  `ALTER TABLE ${childOf(plan, key)} ALTER CONSTRAINT ${quoteName("postgres", key.name ?? "")} ${to}`

const labelOfKey = ({ name = "" }: Key): string => `foreign key ${name}`

/** By its name: the catalog gives keys in another order once one of them was altered. */
const itemOf = ({ schema = "", table, name = "" }: Key): string =>
  quoteText(`rigid ${[schema, table, name].map(encodeURIComponent).join("/")}`)

/**
 * Lets the foreign keys wait that have to do with some locations. Where others hold locks on a table for longer than a
 * moment it fails, with what was thrown.
 */
export const loosenKeys = async (
  driver: SqlDriver,
  plan: SqlPlan,
  locations: ReadonlyArray<PlannedLocation>,
  patience: Patience,
  loosened: Set<Key>
): Promise<void> => {
  for (const key of plan.foreignKeys) {
    const touched = locations.some(
      ({ schema, table, column }) => key.table === table && key.schema === schema && key.columns.includes(column)
    )
    if (key.deferrable === true || loosened.has(key) || !touched) continue
    const note = `INSERT INTO ${tables(plan).run} (item, value) VALUES (${itemOf(key)}, 'NOT DEFERRABLE') ON CONFLICT DO NOTHING`
    const statements = [note, alteration(plan, key, "DEFERRABLE INITIALLY IMMEDIATE")]
    await alter(driver, labelOfKey(key), childOf(plan, key), statements, patience)
    loosened.add(key)
  }
}

/** What the run's table says about keys that were loosened, as literals. */
const loosenedItems = async (driver: SqlDriver, plan: SqlPlan): Promise<ReadonlySet<string>> => {
  const { rows } = await driver.run(`SELECT r.item AS v FROM ${tables(plan).run} r WHERE r.item LIKE 'rigid %'`)
  return new Set(rows.map(({ v }) => quoteText(String(v))))
}

/** The foreign keys of a plan as they were: a step that is under way, or was interrupted, may have loosened some. */
export const asDeclared = async (driver: SqlDriver, plan: SqlPlan): Promise<SqlPlan["foreignKeys"]> => {
  if (plan.dialect !== "postgres" || !plan.foreignKeys.some(({ deferrable }) => deferrable === true))
    return plan.foreignKeys
  // Of another role, or made by nobody's run: what a step says about that is more than this could.
  const own = `SELECT COUNT(*) AS n FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'item' WHERE n.nspname = '${ledgerSchema}' AND c.relname = ${quoteText(bareName(tables(plan).run))} AND c.relkind = 'r' AND pg_has_role(c.relowner, 'USAGE') AND has_schema_privilege(n.oid, 'USAGE')`
  if ((await count(driver, own)) === 0) return plan.foreignKeys
  const loosened = await loosenedItems(driver, plan)
  return plan.foreignKeys.map((key) => (loosened.has(itemOf(key)) ? { ...key, deferrable: false } : key))
}

/** Puts back those that a step, or one before it that was interrupted, has loosened. */
export const tightenKeys = async (driver: SqlDriver, plan: SqlPlan, patience: Patience): Promise<void> => {
  const { run } = tables(plan)
  const loosened = await loosenedItems(driver, plan)
  for (const key of plan.foreignKeys) {
    if (!loosened.has(itemOf(key))) continue
    const forget = `DELETE FROM ${run} WHERE item = ${itemOf(key)}`
    const statements = [alteration(plan, key, "NOT DEFERRABLE"), forget]
    await alter(driver, labelOfKey(key), childOf(plan, key), statements, patience)
  }
}
