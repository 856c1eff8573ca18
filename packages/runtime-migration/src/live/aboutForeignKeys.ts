/**
 * What a plan says about the foreign keys of columns that change.
 */
import { changingColumns, harmfulActions } from "../sql/foreignKeys.ts"
import type { Location } from "../sql/config.ts"
import { quoteName } from "../sql/names.ts"
import type { SqlPlan } from "../sql/plan.ts"
import type { Catalog, ForeignKeyInfo } from "./catalog.ts"
import type { Finding } from "./reports.ts"
import type { SqlDriver } from "./SqlDriver.ts"

/** Whether a column is one of a location, follows one by ON UPDATE CASCADE, or stays as it is. */
type Change = "named" | "follows" | "stays"

/** A foreign key with what happens to both of its sides. */
export interface Sides {
  readonly key: ForeignKeyInfo
  readonly child: Change
  readonly parent: Change
}

/** Asks the database which columns change with those of the locations, and what that is to each foreign key. */
export const foreignKeySides = async (
  driver: SqlDriver,
  catalog: Catalog,
  locations: ReadonlyArray<Location>
): Promise<ReadonlyArray<Sides>> => {
  // A plan of none is refused in words.
  if (locations.length === 0) return []
  const placeOf = (...names: ReadonlyArray<unknown>) => JSON.stringify(names.map(String))
  const changes = new Map<string, Change>()
  const { rows } = await driver.run(changingColumns(driver.dialect, locations))
  for (const { s, t, c, followed } of rows) {
    const place = placeOf(s, t, c)
    if (changes.get(place) !== "named") changes.set(place, Number(followed) === 1 ? "follows" : "named")
  }
  const change = (schema: string, table: string, columns: ReadonlyArray<string>): Change => {
    const all = columns.map((column) => changes.get(placeOf(schema, table, column)))
    return all.find((one) => one === "named") ?? all.find((one) => one === "follows") ?? "stays"
  }
  return catalog.foreignKeys.map((key) => ({
    key,
    child: change(key.schema, key.table, key.columns),
    parent: change(key.refSchema, key.refTable, key.refColumns)
  }))
}

/** What is to be said about a foreign key of which a side changes. */
export const aboutForeignKey = (plan: SqlPlan, { key, child, parent }: Sides): ReadonlyArray<Finding> => {
  const from = `${key.table}(${key.columns.join(", ")})`
  const to = `${key.refTable}(${key.refColumns.join(", ")})`
  const findings: Array<Finding> = []
  const say = (level: Finding["level"], message: string) => findings.push({ level, subject: key.name, message })
  if (parent === "stays") {
    say("error", `${from} refers to ${to}, which no location names: its rows would lose their parent`)
  }
  if (harmfulActions[plan.dialect].includes(key.onUpdate)) {
    const { onUpdate } = key
    const harm =
      onUpdate === "RESTRICT"
        ? "the database refuses to change ids that are referred to, at once, whatever a transaction defers"
        : `the database would ${onUpdate === "SET NULL" ? "empty" : "set to its default"} what refers to ids that change, in apply or in rollback, and no rollback brings it back`
    say("error", `${from} refers to ${to} with ON UPDATE ${onUpdate}: ${harm}. ${wayOut(plan, key, child)}`)
    return findings
  }
  if (parent === "stays" || child === "named") return findings
  if (key.onUpdate !== "CASCADE") say("error", `${from} refers to ${to}: add a location for it, too`)
  else if (isOff(plan))
    say("error", `${from} cascades, but other foreign keys have to be off meanwhile: add a location for it, too`)
  else if (isStuck(plan, key))
    say("error", `${from} cascades within its table, which MySQL refuses: add a location for it, too`)
  else say("warning", `${from} follows ${to} by ON UPDATE CASCADE`)
  return findings
}

/** MySQL: whether foreign keys are off while rows are written, so that nothing follows. */
const isOff = ({ dialect, foreignKeys }: SqlPlan): boolean => dialect === "mysql" && foreignKeys.length > 0

/** MySQL: whether a row would follow another one of its own table, which is refused there. */
const isStuck = ({ dialect }: SqlPlan, { schema, table, refSchema, refTable }: ForeignKeyInfo): boolean =>
  dialect === "mysql" && schema === refSchema && table === refTable

/** How to make a foreign key migratable. Children that no location names have to follow by themselves, where they can. */
const wayOut = (plan: SqlPlan, key: ForeignKeyInfo, child: Change): string => {
  const follow = child !== "named" && !isOff(plan) && !isStuck(plan, key)
  const action = follow ? "CASCADE" : "NO ACTION"
  const too = follow || child === "named" ? "" : " Add a location for it, too."
  if (plan.dialect === "sqlite") {
    return `SQLite cannot alter a foreign key: rebuild ${key.table} with ON UPDATE ${action} in its place, and back after cleanup. With PRAGMA foreign_keys = OFF and in one transaction: create a table with the new key, copy the rows, drop the old table, rename the new one, make its indexes and triggers again.${too}`
  }
  return `Change it before, and back after cleanup: ${alterations(plan, key, action).join("; ")};${too}`
}

const alterations = (plan: SqlPlan, key: ForeignKeyInfo, action: string): ReadonlyArray<string> => {
  const quote = (name: string) => quoteName(plan.dialect, name)
  const list = (names: ReadonlyArray<string>) => `(${names.map(quote).join(", ")})`
  const table = `${quote(key.schema)}.${quote(key.table)}`
  const parts = [
    `ADD CONSTRAINT ${quote(key.name)} FOREIGN KEY ${list(key.columns)} REFERENCES ${quote(key.refSchema)}.${quote(key.refTable)} ${list(key.refColumns)}`,
    ...(key.matchFull ? ["MATCH FULL"] : []),
    `ON UPDATE ${action}`,
    ...(key.onDelete === "NO ACTION" ? [] : [`ON DELETE ${key.onDelete}`]),
    ...(plan.dialect === "postgres" && key.deferrable ? ["DEFERRABLE"] : []),
    ...(key.deferred ? ["INITIALLY DEFERRED"] : []),
    ...(key.validated ? [] : ["NOT VALID"])
  ]
  const add = parts.join(" ")
  return plan.dialect === "postgres"
    ? [`ALTER TABLE ${table} DROP CONSTRAINT ${quote(key.name)}, ${add}`]
    : // In one statement MySQL takes the new one for a duplicate of the old.
      [`ALTER TABLE ${table} DROP FOREIGN KEY ${quote(key.name)}`, `ALTER TABLE ${table} ${add}`]
}
