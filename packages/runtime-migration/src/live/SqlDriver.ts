/**
 * The port to a live database: one connection that runs one statement at a time.
 *
 * @since 0.1.0
 */
import { invalid } from "../errors/MigrationError.ts"
import type { Dialect } from "../sql/config.ts"
import { quoteText } from "../sql/names.ts"
import { lossOf, typedLoss } from "./lostConnection.ts"
import { importDriver } from "./peers.ts"

/**
 * A row as a driver gives it.
 *
 * @since 0.1.0
 * @category models
 */
export type SqlRow = Readonly<Record<string, unknown>>

/**
 * What a statement gave.
 *
 * @since 0.1.0
 * @category models
 */
export interface SqlResult {
  readonly rows: ReadonlyArray<SqlRow>
  /** Rows changed. */
  readonly changes: number
}

/**
 * A connection to a database. Statements must run on one and the same session, or transactions mean nothing.
 *
 * @since 0.1.0
 * @category models
 */
export interface SqlDriver {
  readonly dialect: Dialect
  /** Runs one statement. Parameters are `$1…` in PostgreSQL and `?` elsewhere. */
  readonly run: (sql: string, parameters?: ReadonlyArray<string | number>) => Promise<SqlResult>
  /**
   * The rows of a query, a few of them in memory at a time. Without it a whole table is read at once where verify and detect
   * look over it.
   */
  readonly stream?: ((sql: string) => AsyncIterable<SqlRow>) | undefined
  /** Closes what the adapter opened; a connection that was handed in stays open. */
  readonly close: () => Promise<void>
}

/**
 * How a driver is found.
 *
 * @since 0.1.0
 * @category models
 */
export interface DriverOptions {
  /**
   * A folder whose own `pg` (8 or later), `mysql2` (3) or `@electric-sql/pglite` (0.3) is used, when it has one; default:
   * the one beside this package.
   */
  readonly project?: string | undefined
}

const isRow = (value: unknown): value is SqlRow => typeof value === "object" && value !== null && !Array.isArray(value)

const listOf = (value: unknown): ReadonlyArray<SqlRow> => (Array.isArray(value) ? value.filter(isRow) : [])

/**
 * As much of `node:sqlite`'s `DatabaseSync` as is used.
 *
 * @since 0.1.0
 * @category models
 */
export interface SqliteDatabase {
  readonly prepare: (sql: string) => {
    readonly all: (...parameters: Array<string | number>) => ReadonlyArray<unknown>
    readonly run: (...parameters: Array<string | number>) => { readonly changes: number | bigint }
    readonly columns: () => ReadonlyArray<unknown>
    readonly iterate?: (...parameters: Array<string | number>) => Iterable<unknown>
  }
  readonly close: () => void
}

/**
 * SQLite by `node:sqlite`: a path of a file, or an open database.
 *
 * @since 0.1.0
 * @category drivers
 */
export const sqliteDriver = async (database: string | SqliteDatabase): Promise<SqlDriver> => {
  const own = typeof database === "string"
  const open = own ? new (await import("node:sqlite")).DatabaseSync(database) : database
  const run: SqlDriver["run"] = async (sql, parameters = []) => {
    const statement = open.prepare(sql)
    if (statement.columns().length > 0) return { rows: listOf(statement.all(...parameters)), changes: 0 }
    return { rows: [], changes: Number(statement.run(...parameters).changes) }
  }
  if (own) {
    await run("PRAGMA busy_timeout = 10000")
    // 64 MiB of pages: ids of a large mapping are looked up all over it.
    await run("PRAGMA cache_size = -65536")
  }
  async function* stream(sql: string): AsyncGenerator<SqlRow> {
    const statement = open.prepare(sql)
    for (const row of statement.iterate?.() ?? statement.all()) if (isRow(row)) yield row
  }
  return { dialect: "sqlite", run, stream, close: async () => (own ? open.close() : undefined) }
}

/**
 * As much of a PostgreSQL client as is used: `pg`'s `Client` or a client of its pool, or PGlite.
 *
 * @since 0.1.0
 * @category models
 */
export interface PostgresConnection {
  readonly query: (sql: string, parameters?: Array<string | number>) => Promise<object>
}

const postgresRun =
  (connection: PostgresConnection): SqlDriver["run"] =>
  async (sql, parameters = []) => {
    const result = await connection.query(sql, [...parameters])
    const rows = listOf(Reflect.get(result, "rows"))
    const changes: unknown = Reflect.get(result, "affectedRows") ?? Reflect.get(result, "rowCount")
    return { rows, changes: typeof changes === "number" ? changes : 0 }
  }

/** Bytes of values that are fetched at a time, about. */
const fetched = 4_000_000

/** PostgreSQL: by a cursor, which needs a transaction; its rows are those of one moment. */
const postgresStream = (run: SqlDriver["run"]) =>
  async function* (sql: string): AsyncGenerator<SqlRow> {
    await run("BEGIN READ ONLY")
    try {
      await run(`DECLARE aywa_rows NO SCROLL CURSOR FOR ${sql}`)
      for (let size = 50; ;) {
        const { rows } = await run(`FETCH ${size} FROM aywa_rows`)
        if (rows.length === 0) return
        yield* rows
        const bytes = rows.reduce((sum, row) => sum + bytesOf(row), 0) / rows.length
        size = Math.max(1, Math.min(5000, size * 4, Math.floor(fetched / (bytes + 100))))
      }
    } finally {
      await run("ROLLBACK").catch(() => undefined)
    }
  }

const bytesOf = (row: SqlRow): number =>
  Object.values(row).reduce<number>(
    (sum, value) => sum + (typeof value === "string" || value instanceof Uint8Array ? value.length : 8),
    0
  )

/**
 * PostgreSQL by `pg`: a URL, or a connected client. Not a pool: its statements may run on several sessions.
 *
 * @since 0.1.0
 * @category drivers
 */
export const pgDriver = async (
  connection: string | PostgresConnection,
  options: DriverOptions = {}
): Promise<SqlDriver> => {
  if (typeof connection !== "string") {
    if ("totalCount" in connection) return invalid("connection", "a pool will not do: pass a client of it")
    const run = typedLoss(postgresRun(connection))
    return { dialect: "postgres", run, stream: postgresStream(run), close: async () => undefined }
  }
  const { default: pg } = await importDriver("pg", "pg", () => import("pg"), options.project)
  const client = new pg.Client({ connectionString: connection })
  const run = typedLoss(postgresRun(client), client)
  await client.connect()
  return { dialect: "postgres", run, stream: postgresStream(run), close: () => client.end() }
}

/**
 * PGlite: an open database, or the folder of one.
 *
 * @since 0.1.0
 * @category drivers
 */
export const pgliteDriver = async (
  database: string | PostgresConnection,
  options: DriverOptions = {}
): Promise<SqlDriver> => {
  if (typeof database !== "string") {
    const run = postgresRun(database)
    return { dialect: "postgres", run, stream: postgresStream(run), close: async () => undefined }
  }
  const { PGlite } = await importDriver(
    "@electric-sql/pglite",
    "@electric-sql/pglite",
    () => import("@electric-sql/pglite"),
    options.project
  )
  const open = await PGlite.create(database)
  const run = postgresRun(open)
  return { dialect: "postgres", run, stream: postgresStream(run), close: () => open.close() }
}

/**
 * As much of a `mysql2/promise` connection as is used.
 *
 * @since 0.1.0
 * @category models
 */
export interface MysqlConnection {
  readonly query: (sql: string, parameters?: Array<string | number>) => Promise<ReadonlyArray<unknown>>
}

/**
 * MySQL or MariaDB by `mysql2`: a URL, or a connection of `mysql2/promise`. Not a pool.
 *
 * @since 0.1.0
 * @category drivers
 */
export const mysqlDriver = async (
  connection: string | MysqlConnection,
  options: DriverOptions = {}
): Promise<SqlDriver> => {
  const own = typeof connection === "string"
  const open = own
    ? await (
        await importDriver("mysql2", "mysql2/promise", () => import("mysql2/promise"), options.project)
      ).createConnection({
        uri: connection,
        charset: "utf8mb4",
        supportBigNumbers: true
      })
    : connection
  const run: SqlDriver["run"] = async (sql, parameters = []) => {
    const [result] = await open.query(sql, [...parameters])
    if (Array.isArray(result)) return { rows: listOf(result), changes: 0 }
    const changes: unknown = isRow(result) ? result["affectedRows"] : 0
    return { rows: [], changes: typeof changes === "number" ? changes : 0 }
  }
  const close = async () => {
    if (own && "end" in open && typeof open.end === "function") await open.end()
  }
  const emitter = own && isEmitter(open) ? open : undefined
  return { dialect: "mysql", run: typedLoss(run, emitter), stream: mysqlStream(open), close }
}

/** As much of the connection behind one of `mysql2/promise` as is used. */
interface MysqlQueries {
  readonly query: (sql: string) => { readonly stream: (options: object) => AsyncIterable<unknown> }
}

const isQueries = (value: unknown): value is MysqlQueries =>
  typeof value === "object" && value !== null && "query" in value && typeof value.query === "function"

/** Rows as the server sends them. A connection has one answer at a time: what is not read to its end is read away. */
const mysqlStream = (open: object): SqlDriver["stream"] => {
  const behind: unknown = Reflect.get(open, "connection")
  if (!isQueries(behind)) return undefined
  return async function* (sql) {
    const rows = behind.query(sql).stream({ highWaterMark: 64 })[Symbol.asyncIterator]()
    let ended = false
    try {
      for (let next = await rows.next(); ; next = await rows.next()) {
        if (next.done === true) break
        if (isRow(next.value)) yield next.value
      }
      ended = true
    } catch (error) {
      ended = true
      throw lossOf(error) ?? error
    } finally {
      while (!ended) ended = (await rows.next()).done === true
    }
  }
}

const isEmitter = (value: object): value is Parameters<typeof typedLoss>[1] & object =>
  "on" in value && typeof value.on === "function"

/**
 * Opens a database by its URL: `postgres://`, `mysql://` or `mariadb://`, `pglite:<folder>`, `sqlite:<file>`, or the
 * path of a SQLite file.
 *
 * @since 0.1.0
 * @category drivers
 */
export const openDatabase = (url: string, options?: DriverOptions): Promise<SqlDriver> => {
  if (/^postgres(ql)?:\/\//.test(url)) return pgDriver(url, options)
  if (/^(mysql|mariadb):\/\//.test(url)) return mysqlDriver(url.replace(/^mariadb:/, "mysql:"), options)
  if (url.startsWith("pglite:")) return pgliteDriver(url.slice("pglite:".length), options)
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(url))
    return invalid("url", "expected postgres:, mysql:, mariadb:, pglite: or sqlite:")
  return sqliteDriver(url.replace(/^sqlite:/, ""))
}

/** A whole number that a driver may give as number, text or bigint. */
export const numberOf = (value: unknown): number => (value === null || value === undefined ? 0 : Number(value))

/** The rows of a query, few of them in memory at a time where the driver can. */
export async function* rowsOf(driver: SqlDriver, sql: string): AsyncGenerator<SqlRow> {
  if (driver.stream === undefined) yield* (await driver.run(sql)).rows
  else yield* driver.stream(sql)
}

/** Runs statements one after the other. */
export const runAll = async (driver: SqlDriver, statements: ReadonlyArray<string>): Promise<void> => {
  for (const statement of statements) await driver.run(statement)
}

/**
 * Runs work inside of a transaction. Processes that give the same `turn` go one after the other: SQLite has one writer
 * anyway, in PostgreSQL they wait for each other's transactions, in MySQL see `inTurn`.
 */
export const inTransaction = async <A>(
  driver: SqlDriver,
  turn: string | undefined,
  work: () => Promise<A>
): Promise<A> => {
  await driver.run(
    driver.dialect === "sqlite" ? "BEGIN IMMEDIATE" : driver.dialect === "mysql" ? "START TRANSACTION" : "BEGIN"
  )
  try {
    if (driver.dialect === "postgres" && turn !== undefined)
      await driver.run(`SELECT pg_advisory_xact_lock(hashtext(${quoteText(turn)}))`)
    const result = await work()
    await driver.run("COMMIT")
    return result
  } catch (error) {
    // The connection may be what failed: the first error is the one that tells.
    await driver.run("ROLLBACK").catch(() => undefined)
    throw error
  }
}

/**
 * Processes that work on the same plan go one after the other, over as many transactions as it takes; in SQLite, and where
 * one transaction is all, that transaction does it.
 */
export const inTurn = async <A>(driver: SqlDriver, plan: Turn, work: () => Promise<A>): Promise<A> => {
  const [take, give] = turnOf(driver, plan)
  if (take === undefined || give === undefined) return work()
  await driver.run(take)
  try {
    return await work()
  } finally {
    await driver.run(give).catch(() => undefined)
  }
}

interface Turn {
  readonly prefix: string
  readonly transaction: "single" | "chunks"
}

const turnOf = ({ dialect }: SqlDriver, { prefix, transaction }: Turn): ReadonlyArray<string> => {
  if (dialect === "mysql") {
    // Locks have names of 64 characters at most, and belong to the whole server.
    const lock = `SHA1(CONCAT(DATABASE(), '.', ${quoteText(prefix)}))`
    return [`SELECT GET_LOCK(${lock}, 86400)`, `SELECT RELEASE_LOCK(${lock})`]
  }
  if (dialect === "sqlite" || transaction === "single") return []
  const lock = `hashtext(${quoteText(prefix)})`
  return [`SELECT pg_advisory_lock(${lock})`, `SELECT pg_advisory_unlock(${lock})`]
}
