/**
 * MySQL and SQLite: a table that cannot be written. Their scripts are stopped by a constraint that fails: its name is the
 * message.
 */
import { tables } from "./dialect.ts"
import type { SqlPlan } from "./plan.ts"

/** What a script can be stopped by. */
export type GuardStep =
  | "strangers"
  | "prepared"
  | "older"
  | "mapping"
  | "forged"
  | "keys"
  | "expect"
  | "open"
  | "drifted"

const words: Readonly<Record<GuardStep, readonly [mysql: string, sqlite: string]>> = {
  // A name of MySQL has 64 characters, and a prefix up to 40.
  strangers: ["tables of nobody", "tables that no run made have the names of its own: rename them"],
  prepared: ["not what 1 prepared", "this is not what 1-prepare prepared"],
  older: ["of an older version", "ledgers of an older version: finish with that version, or drop them"],
  mapping: ["a forged mapping", "the mapping table is not the plan's (forged?): run 1-prepare again"],
  forged: ["a forged ledger", "a ledger has values that the mapping does not make (forged?)"],
  keys: ["a key has ON UPDATE..", "a foreign key would empty or stop its children: see its ON UPDATE"],
  open: ["others reach ledgers", "others reach the ledgers"],
  drifted: ["rows have drifted", "rows have drifted: see 3-verify and 4-rollback"],
  expect: ["not the rows expected", "more or fewer rows than expected"]
}

/** Makes it anew: one of an older version would let through what it does not know. */
export const guardTable = (plan: SqlPlan): ReadonlyArray<string> => {
  const { dialect, prefix } = plan
  const { guard } = tables(plan)
  const mysql = dialect === "mysql"
  const constraints = Object.entries(words).map(([step, [short, long]]) => {
    const name = mysql ? `\`${prefix}: ${short}\`` : `"${long}"`
    return `CONSTRAINT ${name} CHECK (step <> '${step}' OR ok = 1)`
  })
  const columns = mysql ? "step VARCHAR(20) NOT NULL, ok INT NOT NULL" : "step TEXT, ok INTEGER"
  return [
    `DROP TABLE IF EXISTS ${guard}`,
    `CREATE TABLE ${guard} (${[columns, ...constraints].join(", ")})${mysql ? " ENGINE = InnoDB" : ""}`
  ]
}
