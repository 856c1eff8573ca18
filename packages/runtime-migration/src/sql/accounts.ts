/**
 * MySQL and MariaDB: accounts whose rights on a whole database, or on all of them, reach the ledgers. No table can be
 * taken out of such a grant, so the ledgers can be given a database of their own.
 */
import { quoteText } from "./names.ts"
import type { SqlPlan } from "./plan.ts"

/** The current account as the catalog writes it. */
const me =
  "CONCAT('''', LEFT(CURRENT_USER(), CHAR_LENGTH(CURRENT_USER()) - CHAR_LENGTH(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)) - 1), '''@''', SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')"

const rights = "('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'ALTER', 'DROP')"

/** The database of the ledgers, as an expression. */
export const ledgerPlace = ({ ledgerDatabase }: SqlPlan): string =>
  ledgerDatabase === undefined ? "DATABASE()" : quoteText(ledgerDatabase)

/** Grants as rows of account and right, without this account and without administrators, who can do anything. */
const named = (grants: string): string =>
  `SELECT CONCAT(p.GRANTEE, ' (', GROUP_CONCAT(DISTINCT p.PRIVILEGE_TYPE ORDER BY p.PRIVILEGE_TYPE SEPARATOR ', '), ')') AS v FROM (${grants}) p WHERE p.PRIVILEGE_TYPE IN ${rights} AND p.GRANTEE <> ${me} AND p.GRANTEE NOT IN (SELECT a.GRANTEE FROM information_schema.USER_PRIVILEGES a WHERE a.PRIVILEGE_TYPE = 'SUPER') GROUP BY p.GRANTEE ORDER BY p.GRANTEE`

/**
 * Selects, as `v`, accounts with rights on the database of the ledgers, `'app'@'%' (SELECT, UPDATE)`, or on a table of
 * their name: such a grant outlives its table. A database may be granted by a pattern, in which a backslash escapes.
 */
export const accountsWithRights = (plan: SqlPlan): string => {
  const place = ledgerPlace(plan)
  const ours = `TABLE_SCHEMA = ${place} AND LEFT(TABLE_NAME, ${plan.prefix.length + 1}) = ${quoteText(`${plan.prefix}_`)}`
  return named(
    `SELECT GRANTEE, PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES WHERE ${place} LIKE TABLE_SCHEMA ESCAPE CHAR(92) UNION SELECT GRANTEE, PRIVILEGE_TYPE FROM information_schema.TABLE_PRIVILEGES WHERE ${ours} UNION SELECT GRANTEE, PRIVILEGE_TYPE FROM information_schema.COLUMN_PRIVILEGES WHERE ${ours}`
  )
}

/** Selects, as `v`, accounts with rights on every database there is. */
export const accountsWithAllRights: string = named(
  "SELECT GRANTEE, PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES"
)

/** Counts, as `n`, the accounts that this one can see besides itself: none, and it does not see grants either. */
export const visibleAccounts = `SELECT COUNT(*) AS n FROM information_schema.USER_PRIVILEGES u WHERE u.GRANTEE <> ${me}`

/** Counts whether this account sees the sessions of others. */
export const seesAllSessions = `SELECT COUNT(*) FROM information_schema.USER_PRIVILEGES u WHERE u.GRANTEE = ${me} AND u.PRIVILEGE_TYPE = 'PROCESS'`
