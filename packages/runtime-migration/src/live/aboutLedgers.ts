/**
 * What a plan says about its own tables: what they hold, who can get at them.
 */
import type { Dialect } from "../sql/config.ts"
import { accountsWithAllRights, visibleAccounts } from "../sql/accounts.ts"
import { ledgerSchema } from "../sql/dialect.ts"
import { accountGuards, ownGuards } from "../sql/guards.ts"
import { mayCreateSchema } from "../sql/ledgerSchema.ts"
import type { SqlPlan } from "../sql/plan.ts"
import { aboutFile } from "./closedFile.ts"
import { violations } from "./checks.ts"
import type { Finding } from "./reports.ts"
import { numberOf, type SqlDriver } from "./SqlDriver.ts"

/** The findings about ledgers. */
export const aboutLedgers = async (driver: SqlDriver, plan: SqlPlan): Promise<ReadonlyArray<Finding>> => {
  const finding = (level: Finding["level"], message: string): Finding => ({ level, subject: "ledgers", message })
  const labels = plan.locations.map(({ label }) => label).join(", ")
  const copies = finding(
    "info",
    `they hold copies of your customers' rows (key, value before, value after) of ${labels} until cleanup drops them, and so does every backup made meanwhile`
  )
  const rights = await rightsOf[plan.dialect](driver, plan)
  return [copies, ...rights.map(([level, message]) => finding(level, message))]
}

type Words = readonly [level: Finding["level"], message: string]

const owner = async (driver: SqlDriver, plan: SqlPlan): Promise<ReadonlyArray<Words>> => {
  const foreign = await violations(driver, ownGuards(plan))
  if (foreign.length > 0) return foreign.map(({ message }) => ["error", message])
  const { ok, role } = (await driver.run(mayCreateSchema)).rows[0] ?? {}
  if (numberOf(ok) === 1) return []
  return [
    [
      "error",
      `${String(role)} may not make a schema in this database. Have its owner run: CREATE SCHEMA ${ledgerSchema} AUTHORIZATION ${String(role)};`
    ]
  ]
}

const accounts = async (driver: SqlDriver, plan: SqlPlan): Promise<ReadonlyArray<Words>> => {
  const inherited = (await violations(driver, accountGuards(plan))).map(({ message }): Words => ["error", message])
  const { rows } = await driver.run(accountsWithAllRights)
  if (rows.length > 0) {
    const list = rows.map(({ v }) => String(v)).join(", ")
    const words = `these accounts have rights on every database, and with them on the ledgers: ${list}. Who must not see those values has to lose that grant until cleanup`
    return [...inherited, ["warning", words]]
  }
  if (inherited.length > 0) return inherited
  if (numberOf((await driver.run(visibleAccounts)).rows[0]?.["n"]) > 0) return []
  return [
    [
      "warning",
      "this account cannot see the grants of other accounts: whoever has rights on the whole database has them on the ledgers, too. Have an administrator look into information_schema.SCHEMA_PRIVILEGES"
    ]
  ]
}

const rightsOf: Readonly<Record<Dialect, (driver: SqlDriver, plan: SqlPlan) => Promise<ReadonlyArray<Words>>>> = {
  postgres: owner,
  mysql: accounts,
  sqlite: aboutFile
}
