/**
 * MySQL and MariaDB: accounts whose rights on a whole database, or on all of them, reach the ledgers. No table can be
 * taken out of such a grant.
 */

/** The current account as the catalog writes it. */
const me =
  "CONCAT('''', LEFT(CURRENT_USER(), CHAR_LENGTH(CURRENT_USER()) - CHAR_LENGTH(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)) - 1), '''@''', SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')"

const rights = "('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'ALTER', 'DROP')"

/**
 * Selects them with their rights, as `v`: `'app'@'%' (SELECT, UPDATE)`. Left out are this account, and administrators:
 * they can do anything. A database may be granted by a pattern, in which a backslash escapes.
 */
export const accountsWithRights = `SELECT CONCAT(p.GRANTEE, ' (', GROUP_CONCAT(DISTINCT p.PRIVILEGE_TYPE ORDER BY p.PRIVILEGE_TYPE SEPARATOR ', '), ')') AS v FROM (SELECT GRANTEE, PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES WHERE DATABASE() LIKE TABLE_SCHEMA ESCAPE CHAR(92) UNION SELECT GRANTEE, PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES) p WHERE p.PRIVILEGE_TYPE IN ${rights} AND p.GRANTEE <> ${me} AND p.GRANTEE NOT IN (SELECT a.GRANTEE FROM information_schema.USER_PRIVILEGES a WHERE a.PRIVILEGE_TYPE = 'SUPER') GROUP BY p.GRANTEE ORDER BY p.GRANTEE`

/** Counts, as `n`, the accounts that this one can see besides itself: none, and it does not see grants either. */
export const visibleAccounts = `SELECT COUNT(*) AS n FROM information_schema.USER_PRIVILEGES u WHERE u.GRANTEE <> ${me}`
