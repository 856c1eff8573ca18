/**
 * Settings of a SQL server that the inbox's promises depend on.
 */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { InboxError } from "./model.ts"
import { type Finding, refuse, warn } from "./report.ts"

/**
 * Refuses a database that cannot keep deliveries: a standby, one that is read-only, one of another dialect. Warns of
 * what weakens the inbox.
 */
export const checkSql = Effect.gen(function* () {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  const other = (name: string) => () => refuse(name, otherDialect)
  return yield* sql.onDialectOrElse({
    pg: () => checkPostgres(sql),
    mysql: other("MySQL or MariaDB"),
    mssql: other("SQL Server"),
    clickhouse: other("ClickHouse"),
    orElse: () => checkSqlite(sql)
  })
})

const failing = Effect.mapError((cause: SqlError) => new InboxError("reading the server's settings", cause))

const checkPostgres = Effect.fnUntraced(function* (sql: SqlClient.SqlClient) {
  const [row] = yield* sql<{
    readonly standby: boolean
    readonly read_only: string
    readonly synchronous_commit: string
    readonly fsync: string
    readonly isolation: string
    readonly statement_timeout: string
    readonly role: string
    readonly encoding: string
  }>`SELECT pg_is_in_recovery() AS standby, current_setting('transaction_read_only') AS read_only,
    current_setting('synchronous_commit') AS synchronous_commit, current_setting('fsync') AS fsync,
    current_setting('default_transaction_isolation') AS isolation,
    (SELECT setting FROM pg_settings WHERE name = 'statement_timeout') AS statement_timeout,
    current_setting('server_encoding') AS encoding, quote_ident(current_user) AS role`.unprepared.pipe(failing)
  if (row === undefined) return
  if (row.standby) return yield* refuse("PostgreSQL", standby)
  if (row.read_only === "on") return yield* refuse("PostgreSQL", readOnly(row.role))
  if (!takesAll(row.encoding)) return yield* refuse("PostgreSQL", encoded(row.encoding))
  yield* warn("PostgreSQL", [
    ...(row.synchronous_commit === "off" ? [asynchronous(row.role)] : []),
    ...(row.fsync === "off" ? [noFsync] : []),
    ...(row.isolation === "read committed" ? [] : [isolated(row.isolation, row.role)]),
    ...(isShort(Number(row.statement_timeout)) ? [hurried(row.statement_timeout, row.role)] : [])
  ])
})

const checkSqlite = Effect.fnUntraced(function* (sql: SqlClient.SqlClient) {
  const [row] = yield* sql<{ readonly synchronous: number }>`PRAGMA synchronous`.pipe(failing)
  const databases = yield* sql<{ readonly name: string; readonly file: string | null }>`PRAGMA database_list`.pipe(
    failing
  )
  // In memory it has none, and neither has SQLite's own temporary one.
  const hasFile = databases.some(({ name, file }) => name === "main" && (file ?? "") !== "")
  yield* warn("SQLite", [
    ...(hasFile ? [] : [noFile]),
    ...(hasFile && Number(row?.synchronous) === 0 ? [notSynchronous] : [])
  ])
})

const otherDialect: Finding = {
  setting: "Its SQL",
  effect: "the inbox's statements are those of PostgreSQL and SQLite",
  remedy: "Give the inbox a client of one of them, or a Redis"
}

const standby: Finding = {
  setting: "It is a standby",
  effect: "nothing can be written there",
  remedy: "Give the inbox the address of the primary"
}

const readOnly = (role: string): Finding => ({
  setting: "transaction_read_only is on",
  effect: "nothing can be written",
  remedy: `Run ALTER ROLE ${role} SET default_transaction_read_only = off, or give the inbox another role`
})

/** SQL_ASCII keeps any bytes, as they are. */
const takesAll = (encoding: string): boolean => encoding === "UTF8" || encoding === "SQL_ASCII"

const encoded = (encoding: string): Finding => ({
  setting: `server_encoding is ${encoding}`,
  effect: "deliveries with characters that it does not have, such as an emoji, could never be stored",
  remedy: `Run CREATE DATABASE aywa_inbox ENCODING 'UTF8' TEMPLATE template0, and give the inbox the address of that database`
})

const asynchronous = (role: string): Finding => ({
  setting: "synchronous_commit is off",
  effect: "when the server crashes, deliveries that were acknowledged within the last second are lost",
  remedy: `Run ALTER ROLE ${role} SET synchronous_commit = on`
})

/** Milliseconds; 0 is none. */
const isShort = (millis: number): boolean => millis > 0 && millis < 5000

const isolated = (level: string, role: string): Finding => ({
  setting: `default_transaction_isolation is ${level}`,
  effect: "statements of workers that meet fail, and are tried again after a second",
  remedy: `Run ALTER ROLE ${role} SET default_transaction_isolation = 'read committed'`
})

const hurried = (millis: string, role: string): Finding => ({
  setting: `statement_timeout is ${millis} ms`,
  effect: "a busy server cuts off what stores or acknowledges many deliveries, and they run again",
  remedy: `Run ALTER ROLE ${role} SET statement_timeout = '5s', or more`
})

const noFsync: Finding = {
  setting: "fsync is off",
  effect: "when its machine stops, the database may be lost",
  remedy: `Run ALTER SYSTEM SET fsync = on, then SELECT pg_reload_conf()`
}

const noFile: Finding = {
  setting: "The database has no file",
  effect: "deliveries that were acknowledged are lost when the process ends",
  remedy: "Give the inbox the name of a file"
}

const notSynchronous: Finding = {
  setting: "PRAGMA synchronous is OFF",
  effect: "when the machine stops, the file may be lost",
  remedy: "Run PRAGMA synchronous = NORMAL on every connection"
}
