/**
 * Opens the tables: created where they are not there, refused where they are another version's or may not be used.
 */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { InboxError } from "./model.ts"
import { type Finding, refuse } from "./report.ts"
import { checkSql } from "./settingsSql.ts"
import { columnNames, createDeliveries, createLeases, deliveries, type Dialect, leases, qualified } from "./tables.ts"

/** What a role needs of a table. */
const rights = ["SELECT", "INSERT", "UPDATE", "DELETE"]

const reading = Effect.mapError((cause: SqlError) => new InboxError("reading its tables", cause))

/** A connection that is lost while tables are made is no lack of a right. */
const isLost = ({ reason }: SqlError): boolean =>
  reason._tag === "ConnectionError" || reason._tag === "AuthenticationError"

/** Checks the server, and sees to the deliveries' table. */
export const openDeliveries = Effect.fnUntraced(function* (schema: string | undefined) {
  const { dialect, sql } = yield* opening(schema)
  const isOlder = yield* exists(sql, dialect, qualified("aywa_inbox", schema))
  if (isOlder) return yield* refuse(serverOf(dialect), olderVersion(dialect, schema))
  yield* openTable(sql, dialect, schema, deliveries, createDeliveries(dialect, schema))
  const found = yield* columnsOf(sql, dialect, qualified(deliveries, schema))
  if (columnNames.some((name) => !found.includes(name))) {
    return yield* refuse(serverOf(dialect), otherVersion(columnNames.filter((name) => !found.includes(name))))
  }
})

/** The same for the leases of the dedupe. */
export const openLeases = Effect.fnUntraced(function* (schema: string | undefined) {
  const { dialect, sql } = yield* opening(schema)
  yield* openTable(sql, dialect, schema, leases, [createLeases(schema)])
})

const opening = Effect.fnUntraced(function* (schema: string | undefined) {
  yield* checkSql
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  const dialect = sql.onDialectOrElse({ pg: (): Dialect => "postgres", orElse: (): Dialect => "sqlite" })
  if (schema !== undefined && dialect === "sqlite") {
    return yield* Effect.fail(new InboxError("schema of an inbox is an option of PostgreSQL", undefined, "options"))
  }
  return { dialect, sql }
})

const serverOf = (dialect: Dialect) => (dialect === "postgres" ? "PostgreSQL" : "SQLite")

const exists = (sql: SqlClient.SqlClient, dialect: Dialect, table: string) =>
  Effect.map(
    reading(
      (dialect === "postgres"
        ? sql`SELECT 1 AS found WHERE to_regclass(${table}) IS NOT NULL`
        : sql`SELECT 1 AS found FROM sqlite_master WHERE type = 'table' AND name = ${table}`
      ).unprepared
    ),
    (rows) => rows.length > 0
  )

const columnsOf = (sql: SqlClient.SqlClient, dialect: Dialect, table: string) =>
  Effect.map(
    reading(
      (dialect === "postgres"
        ? sql<{ readonly name: string }>`SELECT attname AS name FROM pg_attribute
            WHERE attrelid = to_regclass(${table}) AND attnum > 0 AND NOT attisdropped`
        : sql<{ readonly name: string }>`SELECT name FROM pragma_table_info(${table})`
      ).unprepared
    ),
    (rows) => rows.map(({ name }) => name)
  )

const openTable = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  dialect: Dialect,
  schema: string | undefined,
  name: string,
  statements: ReadonlyArray<string>
) {
  const table = qualified(name, schema)
  if (yield* exists(sql, dialect, table)) return yield* checkRights(sql, dialect, schema, table)
  yield* Effect.forEach(together(dialect, statements), (statement) => sql.unsafe(statement).unprepared, {
    discard: true
  }).pipe(
    Effect.catch((cause) =>
      isLost(cause)
        ? Effect.fail(new InboxError("creating its tables", cause))
        : refuse(serverOf(dialect), notCreated(table, schema), cause)
    )
  )
})

/** In PostgreSQL one statement, and one process at a time: those that begin at once would fail each other. */
const together = (dialect: Dialect, statements: ReadonlyArray<string>): ReadonlyArray<string> =>
  dialect === "sqlite"
    ? statements
    : [
        `DO $inbox$ BEGIN PERFORM pg_advisory_xact_lock(hashtext('aywa_inbox')); ${statements.map((one) => `${one};`).join(" ")} END $inbox$`
      ]

const checkRights = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  dialect: Dialect,
  schema: string | undefined,
  table: string
) {
  if (dialect === "sqlite") return
  const [row] = yield* reading(
    sql<Readonly<Record<string, unknown>>>`SELECT quote_ident(current_user) AS role,
      ${sql.literal(rights.map((right) => `has_table_privilege('${table.replaceAll("'", "''")}', '${right}') AS ${right.toLowerCase()}`).join(", "))}`
      .unprepared
  )
  const missing = rights.filter((right) => row?.[right.toLowerCase()] !== true)
  const role = String(row?.["role"])
  if (missing.length > 0) yield* refuse("PostgreSQL", noRights(table, schema, missing, role))
  const forbidden = yield* unpoliced(sql, table)
  if (forbidden.length > 0) yield* refuse("PostgreSQL", noPolicy(table, forbidden, role))
})

/** What row level security lets this role do to no row of a table: a policy of its own may still forbid some. */
const unpoliced = (sql: SqlClient.SqlClient, table: string) =>
  Effect.map(
    reading(
      sql<{ readonly name: string }>`SELECT command.name FROM (VALUES ('SELECT', 'r'), ('INSERT', 'a'), ('UPDATE', 'w'),
        ('DELETE', 'd')) AS command (name, letter) WHERE row_security_active(${table}::text) AND NOT EXISTS (
          SELECT 1 FROM pg_policy AS policy WHERE policy.polrelid = to_regclass(${table}::text) AND policy.polpermissive
            AND policy.polcmd::text IN (command.letter, '*') AND EXISTS (SELECT 1 FROM unnest(policy.polroles) AS role (id)
              WHERE CASE WHEN role.id = 0 THEN true ELSE pg_has_role(role.id, 'USAGE') END))`.unprepared
    ),
    (rows) => rows.map(({ name }) => name)
  )

const command = (flags: ReadonlyArray<string>) => ["aywa-runtime inbox sql", ...flags].join(" ")

const schemaFlag = (schema: string | undefined) => (schema === undefined ? [] : [`--schema ${schema}`])

const notCreated = (table: string, schema: string | undefined): Finding => ({
  setting: `Its table ${table} is not there, and this role could not create it`,
  effect: "nothing can be stored",
  remedy: `Let the owner of the database run what ${command(schemaFlag(schema))} prints, with --grant ROLE for a role that only reads and writes`
})

const noRights = (
  table: string,
  schema: string | undefined,
  missing: ReadonlyArray<string>,
  role: string
): Finding => ({
  setting: `This role may not ${missing.join(", ")} on ${table}`,
  effect: "deliveries cannot be stored or handled",
  remedy: `Run ${schema === undefined ? "" : `GRANT USAGE ON SCHEMA "${schema}" TO ${role}; `}GRANT ${rights.join(", ")} ON ${table} TO ${role}`
})

const noPolicy = (table: string, forbidden: ReadonlyArray<string>, role: string): Finding => ({
  setting: `Row level security is on for ${table}, and no policy lets this role ${forbidden.join(", ")}`,
  effect: "deliveries cannot be stored or handled",
  remedy: `Run CREATE POLICY aywa_inbox ON ${table} TO ${role} USING (true) WITH CHECK (true), or ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY`
})

const otherVersion = (missing: ReadonlyArray<string>): Finding => ({
  setting: `Its table ${deliveries} lacks ${missing.join(", ")}`,
  effect: "another version of the inbox made it",
  remedy: `Give both processes the same version, or compare the table with what ${command([])} prints`
})

const olderVersion = (dialect: Dialect, schema: string | undefined): Finding => {
  const flags = [...schemaFlag(schema), ...(dialect === "sqlite" ? ["--dialect sqlite"] : []), "--move"]
  const shell = dialect === "sqlite" ? "sqlite3 FILE" : `psql -v ON_ERROR_STOP=1 "$DATABASE_URL"`
  return {
    setting: "Its table aywa_inbox is that of version 0.1.0, whose times are those of any session's time zone",
    effect: "what waits there would not be handled, and what it remembers would run again",
    remedy: `End the processes of the older version, then run ${command(flags)} | ${shell}`
  }
}
