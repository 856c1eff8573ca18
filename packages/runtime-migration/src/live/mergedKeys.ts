/**
 * JSON in which two keys of one object would become the same: whoever reads it afterwards sees one of the two values.
 */
import { columnOf, keysOf, ledgerRows, tableOf } from "../sql/dialect.ts"
import { matchEither } from "../sql/moves.ts"
import type { PlannedLocation } from "../sql/plan.ts"
import { dialects, idText } from "../sql/statements.ts"
import { check } from "./checks.ts"
import type { DatabasePlan } from "./planDatabase.ts"
import { numberOf, type SqlDriver } from "./SqlDriver.ts"
import { keyOf } from "./unitRows.ts"

/** Rows that are read at once. */
const chunk = 500

/** Locations whose rows would lose a value, with the first such row of each. */
export const mergedKeys = async (
  driver: SqlDriver,
  plan: DatabasePlan,
  signal: AbortSignal | undefined
): Promise<ReadonlyArray<string>> => {
  const problems: Array<string> = []
  for (const location of plan.locations) {
    if (location.kind !== "json-any") continue
    const rows = await mergedRows(driver, plan, location, signal)
    const [first] = rows
    if (first === undefined) continue
    const such = rows.length === 1 ? first : `${first}, and ${rows.length - 1} more`
    problems.push(
      `${location.label}: two keys of one object would become the same (${such}), and one of their values would be lost: merge or rename one of the two, or take the rows out of the location`
    )
  }
  return problems
}

const mergedRows = async (
  driver: SqlDriver,
  plan: DatabasePlan,
  location: PlannedLocation,
  signal: AbortSignal | undefined
): Promise<ReadonlyArray<string>> => {
  const text = idText(plan)
  const keys = keysOf(location).map(({ k }, at) => `b.${k} AS v${at + 1}`)
  const found: Array<string> = []
  const { same } = dialects[plan.dialect]
  const stands = same(columnOf(plan, location.column), "b.old_value")
  const row = `${tableOf(plan, location)} t ON ${matchEither(plan, { location, from: "old_value" })}`
  for (let last = 0; ;) {
    check(signal)
    const { rows } = await driver.run(
      `SELECT b.n AS n, ${keys.join(", ")}, ${text("b.old_value")} AS before_it, ${text("b.new_value")} AS after_it FROM ${ledgerRows(plan, location)} b JOIN ${row} WHERE b.n > ${last} AND b.stands = 'old_value' AND ${stands} AND ${hasKey(plan, text("b.new_value"), location)} ORDER BY b.n LIMIT ${chunk}`
    )
    for (const row of rows) {
      if (sizeOf(row["after_it"]) < sizeOf(row["before_it"])) found.push(keyOf(location, row))
    }
    if (rows.length < chunk) return found
    last = numberOf(rows.at(-1)?.["n"])
  }
}

/** Whether a text has an id of the runtime as a key. Only some rows need be read. */
const hasKey = ({ dialect }: DatabasePlan, value: string, { set }: PlannedLocation): string => {
  const lengths = set.entries.map(({ target }) => target.length)
  const [least, most] = [lengths.reduce((a, b) => Math.min(a, b)), lengths.reduce((a, b) => Math.max(a, b))]
  const key = `"[A-Za-z0-9_.-]{${least},${most}}"[[:space:]]*:`
  switch (dialect) {
    case "postgres":
      return `${value} ~ '${key}'`
    case "mysql":
      return `${value} REGEXP '${key}'`
    case "sqlite":
      return `${value} LIKE '%"%:%'`
  }
}

/** Values of a document, at any depth; 0 for what is none. */
const sizeOf = (text: unknown): number => {
  let size = 0
  try {
    JSON.parse(String(text), (_, value: unknown) => {
      size++
      return value
    })
  } catch {
    return 0
  }
  return size
}
