/**
 * PostgreSQL: foreign keys that are not declared DEFERRABLE wait for the end of a transaction only while they are. They are
 * made so one by one, each in a transaction of its own, and put back behind the step; what has to be put back stands in the
 * run's table, so that it is known after a crash as well. Until then the application sees no difference.
 */
import { tableOf, tables } from "../sql/dialect.ts"
import { regclass } from "../sql/foreignKeys.ts"
import { quoteName, quoteText } from "../sql/names.ts"
import type { SqlPlan } from "../sql/plan.ts"
import { patiently } from "./locks.ts"
import type { StepOptions } from "./reports.ts"
import type { SqlDriver } from "./SqlDriver.ts"

type Key = SqlPlan["foreignKeys"][number]

const alteration = (plan: SqlPlan, { schema, table, name = "" }: Key, to: string): string =>
  `ALTER TABLE ${tableOf(plan, { schema, table })} ALTER CONSTRAINT ${quoteName("postgres", name)} ${to}`

const itemOf = (at: number): string => quoteText(`rigid ${at + 1}`)

/** Who holds locks on a table, in words. */
const holders = async (driver: SqlDriver, table: string): Promise<string> => {
  const { rows } = await driver.run(
    `SELECT DISTINCT 'pid ' || a.pid || ' (' || coalesce(nullif(a.application_name, ''), a.usename, '?') || ', ' || coalesce(a.state, '?') || ' for ' || coalesce(extract(epoch FROM now() - a.xact_start)::int, 0) || ' s)' AS v FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.relation = ${regclass(table)} AND l.granted AND a.pid <> pg_backend_pid() ORDER BY 1 LIMIT 5`
  )
  return rows.length === 0 ? "" : `held by ${rows.map(({ v }) => String(v)).join(", ")}`
}

const alter = (driver: SqlDriver, plan: SqlPlan, key: Key, statements: ReadonlyArray<string>, options: StepOptions) => {
  const work = async () => {
    await driver.run("BEGIN")
    try {
      await driver.run("SET LOCAL lock_timeout = '200ms'")
      for (const statement of statements) await driver.run(statement)
      await driver.run("COMMIT")
    } catch (error) {
      await driver.run("ROLLBACK").catch(() => undefined)
      throw error
    }
  }
  return patiently(`foreign key ${key.name ?? ""}`, work, options, () =>
    holders(driver, tableOf(plan, { schema: key.schema, table: key.table }))
  )
}

/** Lets them wait inside of one transaction that is rolled back. */
export const loosening = (plan: SqlPlan): ReadonlyArray<string> =>
  plan.foreignKeys
    .filter(({ deferrable }) => deferrable !== true)
    .map((key) => alteration(plan, key, "DEFERRABLE INITIALLY IMMEDIATE"))

/** Lets the foreign keys of a plan wait. */
export const loosenKeys = async (driver: SqlDriver, plan: SqlPlan, options: StepOptions): Promise<void> => {
  for (const [at, key] of plan.foreignKeys.entries()) {
    if (key.deferrable === true) continue
    // The plan is the same one when it is put back: its number is enough.
    const note = `INSERT INTO ${tables(plan).run} (item, value) VALUES (${itemOf(at)}, 'NOT DEFERRABLE') ON CONFLICT DO NOTHING`
    await alter(driver, plan, key, [note, alteration(plan, key, "DEFERRABLE INITIALLY IMMEDIATE")], options)
  }
}

/** Puts back those that a step, or one before it that was interrupted, has loosened. */
export const tightenKeys = async (driver: SqlDriver, plan: SqlPlan, options: StepOptions): Promise<void> => {
  const { run } = tables(plan)
  const { rows } = await driver.run(`SELECT r.item AS v FROM ${run} r WHERE r.item LIKE 'rigid %'`)
  const loosened = new Set(rows.map(({ v }) => quoteText(String(v))))
  for (const [at, key] of plan.foreignKeys.entries()) {
    if (!loosened.has(itemOf(at))) continue
    const forget = `DELETE FROM ${run} WHERE item = ${itemOf(at)}`
    await alter(driver, plan, key, [alteration(plan, key, "NOT DEFERRABLE"), forget], options)
  }
}
