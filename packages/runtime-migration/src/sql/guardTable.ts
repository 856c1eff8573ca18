/**
 * MySQL and SQLite: a table that cannot be written. Their scripts are stopped by a constraint that fails: its name is the
 * message.
 */
import { bareName, tables } from "./dialect.ts"
import type { SqlPlan } from "./plan.ts"

/** What a script can be stopped by. */
export type GuardStep =
  | "strangers"
  | "first"
  | "plan"
  | "prepared"
  | "older"
  | "mapping"
  | "forged"
  | "keys"
  | "expect"
  | "open"
  | "drifted"

/** What is said, and in fewer words where the longer ones are no name of a constraint. */
const words: Readonly<Record<GuardStep, readonly [short: string, long: string]>> = {
  strangers: ["tables of nobody", "tables that no run made have the names of its own: rename them"],
  first: ["run 1-prepare first", "run 1-prepare.sql of this plan first"],
  plan: ["another plan is there", "another plan: run its 5-cleanup.sql first"],
  prepared: ["run 1-prepare first", "run 1-prepare.sql to its end first"],
  older: ["of an older version", "ledgers of an older version: finish with that version, or drop them"],
  mapping: ["a forged mapping", "the mapping table is not the plan's (forged?): run 1-prepare again"],
  forged: ["a forged ledger", "a ledger has values that the mapping does not make (forged?)"],
  keys: ["a key has ON UPDATE..", "a foreign key would empty or stop its children: see its ON UPDATE"],
  open: ["others reach ledgers", "others reach the ledgers"],
  drifted: ["rows have drifted", "rows have drifted: see 3-verify and 4-rollback"],
  expect: ["not the rows expected", "more or fewer rows than expected"]
}

const columnsOf = ({ dialect, prefix }: SqlPlan, steps: ReadonlyArray<GuardStep>): string => {
  const constraints = steps.map((step) => {
    const [short, long] = words[step]
    const whole = `${prefix}: ${long}`
    // A name of MySQL has 64 characters, and a prefix up to 40.
    const name = dialect === "mysql" ? `\`${whole.length > 64 ? `${prefix}: ${short}` : whole}\`` : `"${long}"`
    return `CONSTRAINT ${name} CHECK (step <> '${step}' OR ok = 1)`
  })
  const columns = dialect === "mysql" ? "step VARCHAR(20) NOT NULL, ok INT NOT NULL" : "step TEXT, ok INTEGER"
  return `(${[columns, ...constraints].join(", ")})${dialect === "mysql" ? " ENGINE = InnoDB" : ""}`
}

/** Makes it anew: one of an older version would let through what it does not know. */
export const guardTable = (plan: SqlPlan): ReadonlyArray<string> => {
  const { guard } = tables(plan)
  const steps = Object.keys(words).filter((step): step is GuardStep => step !== "first" && step in words)
  return [`DROP TABLE IF EXISTS ${guard}`, `CREATE TABLE ${guard} ${columnsOf(plan, steps)}`]
}

/** The same for a session, in the place of that table where it may not be there. */
export const orderTable = (plan: SqlPlan): { readonly make: ReadonlyArray<string>; readonly drop: string } => {
  const { order } = tables(plan)
  const drop = `DROP ${plan.dialect === "mysql" ? "TEMPORARY " : ""}TABLE IF EXISTS ${order}`
  const steps = ["first", "plan", "prepared"] as const
  return {
    make: [
      drop,
      `CREATE TEMPORARY TABLE ${plan.dialect === "sqlite" ? bareName(order) : order} ${columnsOf(plan, steps)}`
    ],
    drop
  }
}
