/**
 * The tables of a run, by their names: a run made them, or somebody else did.
 */
import { ledgerPlace } from "./accounts.ts"
import { bareName, ledgerSchema, tables } from "./dialect.ts"
import { quoteText } from "./names.ts"
import type { SqlPlan } from "./plan.ts"

/** The tables of a run besides its own one, which says whose they are; as statements name them. */
export const otherTables = (plan: SqlPlan): ReadonlyArray<string> => {
  const { map, guard, ledger, typed } = tables(plan)
  const typedOnes = plan.dialect === "postgres" ? plan.locations.map(({ index }) => typed(index)) : [guard]
  return [...new Set(plan.locations.map(ledger)), ...typedOnes, map]
}

/** Selects, as `v`, which of some names are taken. */
export const namesTaken = (plan: SqlPlan, names: ReadonlyArray<string>): string => {
  const list = names.map(bareName).map(quoteText).join(", ")
  switch (plan.dialect) {
    case "postgres":
      return `SELECT '${ledgerSchema}.' || c.relname AS v FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = '${ledgerSchema}' AND c.relname IN (${list}) ORDER BY 1`
    case "mysql":
      return `SELECT TABLE_NAME AS v FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${ledgerPlace(plan)} AND TABLE_NAME IN (${list}) ORDER BY 1`
    case "sqlite":
      return `SELECT name AS v FROM sqlite_master WHERE type IN ('table', 'view') AND lower(name) IN (${list}) ORDER BY 1`
  }
}

/** What is said about tables that no run made. */
export const strangersWords = (plan: SqlPlan): string =>
  `{found}: the names are those of a run's tables, and no run made them, as far as ${tables(plan).run} says. They are left as they are. Rename them, or take another prefix than ${plan.prefix}; if a dry run of yours was interrupted there, drop them.`
