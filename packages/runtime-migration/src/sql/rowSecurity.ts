/**
 * PostgreSQL: tables of which a role is shown some rows only. What it does not see it neither rewrites nor counts.
 */
import type { Location } from "./config.ts"
import { tableOf } from "./dialect.ts"
import { regclass } from "./foreignKeys.ts"
import type { SqlPlan } from "./plan.ts"

/** For a session: a statement that a policy would take rows from is an error, instead of an answer about the rest. */
export const seeAllRows = "SET row_security = off"

type Table = Pick<Location, "schema" | "table">

/** Selects, as `v`, tables with their policies; `t` is the table, `p` the policies, `forced` whether on the owner, too. */
const hidden = (which: string): string => {
  const policies = `(SELECT string_agg(quote_ident(p.polname), ', ' ORDER BY p.polname) FROM pg_policy p WHERE p.polrelid = c.oid)`
  return `SELECT q.t || ' (' || q.p || ')' AS v, q.* FROM (SELECT c.oid::regclass::text AS t, coalesce('policies: ' || ${policies}, 'no policy, so no row at all') AS p, (c.relforcerowsecurity AND pg_has_role(c.relowner, 'USAGE'))::int AS forced, quote_ident(current_user) AS role FROM pg_class c WHERE c.relrowsecurity AND row_security_active(c.oid) AND ${which}) q ORDER BY 1`
}

/** Of the tables of a plan, and of those that its foreign keys have to do with. */
export const hiddenTables = (plan: SqlPlan, more: ReadonlyArray<Table> = []): string => {
  const keys = plan.foreignKeys.flatMap(({ schema, table, refSchema, refTable }) => [
    { schema, table },
    { schema: refSchema, table: refTable }
  ])
  const names = new Set(
    [...plan.locations, ...keys, ...more].map((table) => tableOf(plan, { schema: table.schema, table: table.table }))
  )
  return hidden(`c.oid IN (${[...names].map(regclass).join(", ")})`)
}

/** Of all tables that are not the database's own. */
export const hiddenAnywhere: string = hidden(
  "c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace NOT IN (SELECT n.oid FROM pg_namespace n WHERE n.nspname IN ('pg_catalog', 'information_schema', 'pg_toast', 'aywa_migration'))"
)

/** What to do about it; a refusal names the tables before. */
export const hiddenWords =
  "Run every step as the owner of the tables or as a role with BYPASSRLS; where it is forced on the owner: ALTER TABLE … NO FORCE ROW LEVEL SECURITY, and FORCE again after cleanup."
