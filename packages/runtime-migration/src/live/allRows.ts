/**
 * PostgreSQL: every step sees all rows, or is an error.
 */
import { fail } from "../errors/MigrationError.ts"
import type { ForeignKey } from "../sql/config.ts"
import { quoteText } from "../sql/names.ts"
import type { SqlPlan } from "../sql/plan.ts"
import { hiddenAnywhere, hiddenTables, hiddenWords, seeAllRows } from "../sql/rowSecurity.ts"
import { namingStatements } from "./databaseError.ts"
import type { Finding } from "./reports.ts"
import { numberOf, type SqlDriver } from "./SqlDriver.ts"

/**
 * Runs work with row-level security turned into an error, and with errors that name their statement. The session's settings are afterwards as they were: how a caller's
 * own statements are read (backslashes, quotes) depends on them.
 */
export const withAllRows = async <A>(driver: SqlDriver, work: (driver: SqlDriver) => Promise<A>): Promise<A> => {
  const restore = await settings(driver)
  if (driver.dialect === "postgres") await driver.run(seeAllRows)
  try {
    return await work(namingStatements(driver))
  } finally {
    // The connection may be what failed.
    for (const statement of restore) await driver.run(statement).catch(() => undefined)
  }
}

/** What puts a session back as it is now. */
const settings = async (driver: SqlDriver): Promise<ReadonlyArray<string>> => {
  if (driver.dialect === "sqlite") return []
  const mysql = driver.dialect === "mysql"
  const { rows } = await driver.run(`SELECT ${mysql ? "@@SESSION.sql_mode" : "current_setting('row_security')"} AS v`)
  const value = quoteText(String(rows[0]?.["v"] ?? ""))
  return [mysql ? `SET SESSION sql_mode = ${value}` : `SET row_security = ${value}`]
}

/** What a plan says about tables of which the role would see some rows only. */
export const aboutHiddenRows = async (
  driver: SqlDriver,
  plan: SqlPlan,
  references: ReadonlyArray<ForeignKey>
): Promise<ReadonlyArray<Finding>> => {
  if (plan.dialect !== "postgres") return []
  const tables = references.flatMap(({ schema, table, refSchema, refTable }) => [
    { schema, table },
    { schema: refSchema, table: refTable }
  ])
  const { rows } = await driver.run(hiddenTables(plan, tables))
  return rows.map(({ t, p, forced, role }) => {
    const way =
      numberOf(forced) === 1
        ? `ALTER TABLE ${String(t)} NO FORCE ROW LEVEL SECURITY; and FORCE again after cleanup`
        : `run every step as its owner, or have an administrator run: ALTER ROLE ${String(role)} BYPASSRLS;`
    const message = `row-level security would hide rows from ${String(role)} (${String(p)}): they would be neither rewritten nor counted. To see all of them: ${way}`
    return { level: "error", subject: String(t), message }
  })
}

/** Refuses to look for ids where rows are hidden: what is not found there is not known to be absent. */
export const assertSeesAllRows = async (driver: SqlDriver): Promise<void> => {
  if (driver.dialect !== "postgres") return
  const { rows } = await driver.run(hiddenAnywhere)
  if (rows.length === 0) return
  const tables = rows.map(({ v }) => String(v)).join("; ")
  fail({ _tag: "Refused", problems: [`Row-level security hides rows from this role: ${tables}. ${hiddenWords}`] })
}
