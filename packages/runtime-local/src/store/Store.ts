/**
 * The SQLite database, in one file or in memory. Its tables belong to the rooms above, which bring them along.
 */
import * as fs from "node:fs"
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite"
import { isBusy, storeMessage } from "./failure.ts"

/** Where rows live. */
export type StoreLocation = "memory" | { readonly file: string }

/** The tables of one room. */
export interface Tables {
  /** Creates those that are not there yet. */
  readonly sql: string
  /** Columns that joined a table later: files of earlier versions get them when they are opened. */
  readonly columns?: ReadonlyArray<{ readonly table: string; readonly name: string; readonly type: string }>
  /** Indexes over such columns: they are made when the columns are there. */
  readonly indexes?: string
  /** Names of the tables that hold what clients did: a reset empties them. */
  readonly data: ReadonlyArray<string>
}

/** The open database. */
export interface Store {
  /** The first row, or `undefined`. */
  readonly get: <Row>(sql: string, ...values: ReadonlyArray<SQLInputValue>) => Row | undefined
  readonly all: <Row>(sql: string, ...values: ReadonlyArray<SQLInputValue>) => ReadonlyArray<Row>
  /** Runs a statement and gives the number of rows that it changed. */
  readonly run: (sql: string, ...values: ReadonlyArray<SQLInputValue>) => number
  /**
   * Runs `f` in one `BEGIN IMMEDIATE` transaction; a throw rolls back. `f` must not await: other requests run between
   * two turns of the event loop, and they would land in this transaction.
   */
  readonly transaction: <A>(f: () => A) => A
  /** Empties every table of data. */
  readonly clear: () => void
  /** The file as it was when it was opened; `undefined` for memory. */
  readonly file: () => { readonly path: string; readonly inode: number } | undefined
  /** Closes the file and opens it again, as a restart of the process would; memory keeps its rows. */
  readonly reopen: () => void
  readonly close: () => void
}

/** Opens (and creates) a database with these tables; throws an error that says what to do. */
export const openStore = (location: StoreLocation, tables: ReadonlyArray<Tables>): Store => {
  let lock: DatabaseSync | undefined
  let database: DatabaseSync
  try {
    database = open(location, tables, () => {
      if (location !== "memory") lock = lockOf(location.file)
    })
  } catch (error) {
    lock?.close()
    throw error
  }
  let statements = new Map<string, StatementSync>()
  let inode = inodeOf(location)
  const prepare = (sql: string) => {
    let statement = statements.get(sql)
    if (statement === undefined) {
      statement = database.prepare(sql)
      statements.set(sql, statement)
    }
    return statement
  }
  return {
    // Each call names the columns that it selects, so the row's type is stated where the SQL is.
    get: <Row>(sql: string, ...values: ReadonlyArray<SQLInputValue>) => prepare(sql).get(...values) as Row | undefined,
    all: <Row>(sql: string, ...values: ReadonlyArray<SQLInputValue>) =>
      prepare(sql).all(...values) as unknown as ReadonlyArray<Row>,
    run: (sql, ...values) => Number(prepare(sql).run(...values).changes),
    transaction: (f) => {
      prepare("BEGIN IMMEDIATE").run()
      try {
        const value = f()
        prepare("COMMIT").run()
        return value
      } catch (error) {
        // SQLite may have rolled back already (disk full); a second ROLLBACK would hide the first error.
        if (database.isTransaction) prepare("ROLLBACK").run()
        throw error
      }
    },
    clear: () => {
      for (const name of tables.flatMap(({ data }) => data)) prepare(`DELETE FROM ${name}`).run()
    },
    reopen: () => {
      if (location === "memory") return
      database.close()
      statements = new Map()
      database = open(location, tables, () => {})
      inode = inodeOf(location)
    },
    file: () => (location === "memory" || inode === undefined ? undefined : { path: location.file, inode }),
    close: () => {
      database.close()
      lock?.close()
    }
  }
}

const inodeOf = (location: StoreLocation): number | undefined =>
  location === "memory" ? undefined : fs.statSync(location.file).ino

/** Milliseconds to wait for a lock of somebody else: nobody is served meanwhile. */
const busyMillis = 1000

/** Says whose file it is: "Aywa". */
const applicationId = 0x41_79_77_61

/** The version of the schema; a file of a later one is left alone. */
const schemaVersion = 1

/** Opens a database, writing nothing to it before it is known to be the runtime's, and `lock` has not thrown. */
const open = (location: StoreLocation, tables: ReadonlyArray<Tables>, lock: () => void): DatabaseSync => {
  const path = location === "memory" ? ":memory:" : location.file
  try {
    const database = new DatabaseSync(path, { timeout: busyMillis })
    try {
      assertOurs(database)
      lock()
      build(database, tables)
      return database
    } catch (error) {
      database.close()
      throw error
    }
  } catch (error) {
    throw new Error(`Cannot open the database ${path}: ${storeMessage(error)}`, { cause: error })
  }
}

const assertOurs = (database: DatabaseSync): void => {
  const one = (sql: string) => Number(Object.values(database.prepare(sql).get() ?? {})[0])
  const id = one("PRAGMA application_id")
  if (id === applicationId && one("PRAGMA user_version") > schemaVersion) {
    throw new Error("a newer version of the local runtime wrote it: update this one, or use another file")
  }
  if (id !== applicationId && (id !== 0 || one("SELECT count(*) FROM sqlite_schema") > 0)) {
    throw new Error("it belongs to another program: use another file")
  }
}

/**
 * Two runtimes on one file would each take the other's deliveries for those of a dead process, and make them again.
 * The lock is SQLite's own, on a file beside it: it goes with the process, however that ends.
 */
const lockOf = (file: string): DatabaseSync => {
  const lock = new DatabaseSync(`${fs.realpathSync(file)}-lock`, { timeout: busyMillis })
  try {
    lock.exec("BEGIN EXCLUSIVE")
    return lock
  } catch (error) {
    lock.close()
    if (!isBusy(error)) throw error
    throw new Error("another runtime has it open: stop that one, or use another file", { cause: error })
  }
}

/** Makes the tables that are not there yet, all or none. */
const build = (database: DatabaseSync, tables: ReadonlyArray<Tables>): void => {
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
  const sql = tables.map((one) => one.sql).join("")
  const marks = `PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion};`
  database.exec(`BEGIN IMMEDIATE; ${sql}`)
  for (const { table, name, type } of tables.flatMap(({ columns = [] }) => columns)) {
    const there = database.prepare("SELECT 1 FROM pragma_table_info(?) WHERE name = ?").get(table, name)
    if (there === undefined) database.exec(`ALTER TABLE ${table} ADD COLUMN ${name} ${type}`)
  }
  database.exec(`${tables.map(({ indexes = "" }) => indexes).join("")} ${marks} COMMIT`)
}
