/**
 * PostgreSQL: the schema of the ledgers, and that it is closed to everybody but its owner.
 */
import { bareName, ledgerSchema, tables } from "./dialect.ts"
import { quoteBlock, quoteText } from "./names.ts"
import type { SqlPlan } from "./plan.ts"

const name = quoteText(ledgerSchema)

/** How a schema that we made is told from one that was given to us. */
const comment = quoteText("Ledgers of aywa-runtime migrate. Cleanup drops it.")

/** Not IF NOT EXISTS: that asks for the right to make a schema even where there is one. */
export const createSchema: ReadonlyArray<string> = [
  quoteBlock(
    `BEGIN IF NOT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = ${name}) THEN CREATE SCHEMA ${ledgerSchema}; COMMENT ON SCHEMA ${ledgerSchema} IS ${comment}; END IF; END`
  )
]

/** Drops the schema with the last run in it, if it was made by a run. */
export const dropSchema = quoteBlock(
  `BEGIN IF EXISTS (SELECT 1 FROM pg_namespace n WHERE n.nspname = ${name} AND obj_description(n.oid, 'pg_namespace') = ${comment}) THEN DROP SCHEMA ${ledgerSchema}; END IF; EXCEPTION WHEN dependent_objects_still_exist THEN NULL; END`
)

/** What has the name of a table of a run, in `pg_class c`. */
const named = (plan: SqlPlan): string => {
  const { map, run, ledger, typed } = tables(plan)
  const names = [map, run, ...plan.locations.flatMap((location) => [ledger(location), typed(location.index)])]
  return `c.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = ${name}) AND c.relname IN (${names.map(bareName).map(quoteText).join(", ")})`
}

const ofRun = (plan: SqlPlan): string => `${named(plan)} AND c.relkind = 'r'`

/** Who has rights on the schema, and on which of a run's tables, besides the owner; 0 stands for PUBLIC. */
const schemaGrants = `SELECT a.grantee FROM pg_namespace n, aclexplode(n.nspacl) a WHERE n.nspname = ${name} AND a.grantee <> n.nspowner`
const tableGrants = (plan: SqlPlan): string =>
  `SELECT c.relname, g.grantee FROM pg_class c, LATERAL (SELECT a.grantee FROM aclexplode(c.relacl) a UNION SELECT a.grantee FROM pg_attribute t, aclexplode(t.attacl) a WHERE t.attrelid = c.oid) g WHERE ${ofRun(plan)} AND g.grantee <> c.relowner`
const unprotected = (plan: SqlPlan): string =>
  `SELECT c.relname FROM pg_class c WHERE ${ofRun(plan)} AND NOT c.relrowsecurity`

const roleOf = (grantee: string): string =>
  `CASE WHEN ${grantee} = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(${grantee})) END`

/**
 * Takes the rights that are there, whichever default privileges gave them. Row-level security without a policy shows no
 * row to whoever is granted rights later. It is not forced on the owner: that keeps out nobody, since the owner can turn
 * it off, and its own statements would need a policy.
 */
export const closeLedgers = (plan: SqlPlan): string =>
  quoteBlock(
    [
      "DECLARE r record; BEGIN",
      `FOR r IN SELECT ${roleOf("q.grantee")} AS role FROM (${schemaGrants}) q LOOP`,
      `EXECUTE 'REVOKE ALL ON SCHEMA ${ledgerSchema} FROM ' || r.role || ' CASCADE'; END LOOP;`,
      `FOR r IN SELECT q.relname, ${roleOf("q.grantee")} AS role FROM (${tableGrants(plan)}) q LOOP`,
      `EXECUTE format('REVOKE ALL ON TABLE ${ledgerSchema}.%I FROM %s CASCADE', r.relname, r.role); END LOOP;`,
      `FOR r IN ${unprotected(plan)} LOOP`,
      `EXECUTE format('ALTER TABLE ${ledgerSchema}.%I ENABLE ROW LEVEL SECURITY', r.relname); END LOOP;`,
      "END"
    ].join(" ")
  )

/** Selects, as `v`, what is open about the ledgers. */
export const openLedgers = (plan: SqlPlan): string =>
  `SELECT DISTINCT ${roleOf("q.grantee")} AS v FROM (${schemaGrants} UNION ALL SELECT g.grantee FROM (${tableGrants(plan)}) g) q UNION ALL SELECT 'no row-level security on ' || u.relname FROM (${unprotected(plan)}) u`

/** Selects, as `v`, the roles that own the schema or a run's table and that the current role is no member of. */
export const foreignOwners = (plan: SqlPlan): string =>
  `SELECT DISTINCT quote_ident(pg_get_userbyid(o.owner)) AS v FROM (SELECT n.nspowner AS owner FROM pg_namespace n WHERE n.nspname = ${name} UNION ALL SELECT c.relowner FROM pg_class c WHERE ${named(plan)}) o WHERE NOT pg_has_role(o.owner, 'USAGE')`

/** Selects, as `v`, what would run, or be written to, in the place of a run's tables: somebody had the right to make it. */
export const foreignTriggers = (plan: SqlPlan): string =>
  `SELECT 'the trigger ' || quote_ident(g.tgname) || ' on ${ledgerSchema}.' || quote_ident(c.relname) AS v FROM pg_class c JOIN pg_trigger g ON g.tgrelid = c.oid WHERE ${named(plan)} AND NOT g.tgisinternal UNION ALL SELECT '${ledgerSchema}.' || quote_ident(c.relname) || ', which is no table' FROM pg_class c WHERE ${named(plan)} AND c.relkind <> 'r'`

/** Whether the schema is there or may be made: `ok`. */
export const mayCreateSchema = `SELECT (EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = ${name}) OR has_database_privilege(current_database(), 'CREATE'))::int AS ok, quote_ident(current_user) AS role`
