/**
 * PostgreSQL: columns that a trigger sets to the time of a change stay as they are in what we write, and change as ever in
 * what the application writes meanwhile. A trigger of ours, behind all others, puts them back; it asks a setting that our
 * transactions alone have. None of the application's triggers is altered. It is made in a transaction of its own and dropped
 * behind the step; after a crash the next step finds it by its name and its function.
 */
import { ledgerSchema, tableOf } from "../sql/dialect.ts"
import { quoteFunction, quoteName, quoteText } from "../sql/names.ts"
import type { PlannedLocation, SqlPlan } from "../sql/plan.ts"
import { alter } from "./alter.ts"
import type { Patience } from "./locks.ts"
import type { SqlDriver } from "./SqlDriver.ts"

/** Columns of a table that stay. */
export interface KeptTimes {
  readonly schema: string | undefined
  readonly table: string
  readonly columns: ReadonlyArray<string>
}

type KeepingPlan = SqlPlan & { readonly keeps: ReadonlyArray<KeptTimes> }

const setting = "aywa_migration.keep"

/** For a transaction of ours. */
export const keepTimes = `SELECT set_config('${setting}', 'on', true)`

// Triggers run in the order of their names, by bytes.
const bareNameOf = ({ prefix }: SqlPlan): string => `~${prefix}_keep`
const nameOf = (plan: SqlPlan): string => quoteName("postgres", bareNameOf(plan))

const functionOf = ({ prefix }: SqlPlan, at: number): string => `${ledgerSchema}.${prefix}_keep${at + 1}`

const dropping = (plan: SqlPlan, table: string, name: string): ReadonlyArray<string> => [
  `DROP TRIGGER IF EXISTS ${nameOf(plan)} ON ${table}`,
  `DROP FUNCTION IF EXISTS ${name}()`
]

const making = (plan: SqlPlan, kept: KeptTimes, at: number): ReadonlyArray<string> => {
  const table = tableOf(plan, kept)
  const columns = kept.columns.map((column) => quoteName("postgres", column))
  const body = `BEGIN ${columns.map((column) => `NEW.${column} := OLD.${column};`).join(" ")} RETURN NEW; END`
  const name = functionOf(plan, at)
  return [
    ...dropping(plan, table, name),
    `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS ${quoteFunction(body)}`,
    `REVOKE ALL ON FUNCTION ${name}() FROM PUBLIC`,
    `CREATE TRIGGER ${nameOf(plan)} BEFORE UPDATE ON ${table} FOR EACH ROW WHEN (current_setting('${setting}', true) = 'on') EXECUTE FUNCTION ${name}()`,
    // As those that run always, whatever a session is for.
    `ALTER TABLE ${table} ENABLE ALWAYS TRIGGER ${nameOf(plan)}`
  ]
}

/** Makes the triggers of the tables of some locations. Fails where others hold locks on one for longer than a moment. */
export const makeKept = async (
  driver: SqlDriver,
  plan: KeepingPlan,
  locations: ReadonlyArray<PlannedLocation>,
  patience: Patience,
  made: Set<KeptTimes>
): Promise<void> => {
  for (const [at, kept] of plan.keeps.entries()) {
    if (made.has(kept) || !locations.some(({ schema, table }) => kept.table === table && kept.schema === schema))
      continue
    await alter(driver, `trigger on ${kept.table}`, tableOf(plan, kept), making(plan, kept, at), patience)
    made.add(kept)
  }
}

/** Selects such triggers: the table as `t`, the function as `f`. Partitions have their table's. */
const madeTriggers = (plan: SqlPlan): string =>
  `SELECT format('%I.%I', n.nspname, c.relname) AS t, format('%I.%I', fn.nspname, p.proname) AS f FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_proc p ON p.oid = g.tgfoid JOIN pg_namespace fn ON fn.oid = p.pronamespace WHERE g.tgname = ${quoteText(bareNameOf(plan))} AND fn.nspname = '${ledgerSchema}' AND coalesce(to_jsonb(g) ->> 'tgparentid', '0') = '0'`

/** Drops those that a step, or one before it that was interrupted, has made. */
export const dropKept = async (driver: SqlDriver, plan: SqlPlan, patience: Patience): Promise<void> => {
  for (const { t, f } of (await driver.run(madeTriggers(plan))).rows)
    await alter(driver, `trigger on ${String(t)}`, String(t), dropping(plan, String(t), String(f)), patience)
}
