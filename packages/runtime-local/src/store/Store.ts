/**
 * The SQLite database, in one file or in memory. Its tables belong to the rooms above, which bring them along.
 */
import * as fs from "node:fs"
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite"
import { isBusy, StoreGone, storeMessage } from "./failure.ts"

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
  /** The tables that hold what clients did: a reset empties them, a snapshot copies them. */
  readonly data: ReadonlyArray<DataTable>
}

/** A table of what clients did. */
export interface DataTable {
  readonly name: string
  /** SQL that is true of the rows of one organization, whose id is `?`. */
  readonly owned: string
}

/** A table whose rows name their organization. */
export const dataTable = (name: string): DataTable => ({ name, owned: "org_id = ?" })

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
  /** Empties every table of data, and gives their space back. */
  readonly clear: () => void
  /**
   * Runs `begin` now and after each reopening, and calls `listener` after every commit, until the function that it gives
   * is called: then `end` is run. One at a time.
   */
  readonly watch: (statements: { readonly begin: string; readonly end: string }, listener: () => void) => () => void
  /** Names of the tables of data. */
  readonly data: ReadonlyArray<DataTable>
  /** Runs statements that are not worth keeping. */
  readonly execute: (sql: string) => void
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
  let watch: { readonly begin: string; readonly listener: () => void } | undefined
  const data = tables.flatMap((one) => one.data)
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
    run: (sql, ...values) => {
      const changes = Number(prepare(sql).run(...values).changes)
      if (watch !== undefined && !database.isTransaction) watch.listener()
      return changes
    },
    execute: (sql) => database.exec(sql),
    transaction: (f) => {
      prepare("BEGIN IMMEDIATE").run()
      try {
        const value = f()
        if (location !== "memory" && inode !== undefined) assertThere(location.file, inode)
        prepare("COMMIT").run()
        watch?.listener()
        return value
      } catch (error) {
        // SQLite may have rolled back already (disk full); a second ROLLBACK would hide the first error.
        if (database.isTransaction) prepare("ROLLBACK").run()
        throw error
      }
    },
    clear: () => {
      database.exec(`BEGIN IMMEDIATE; ${data.map(({ name }) => `DELETE FROM main.${name};`).join(" ")} COMMIT`)
      shrink(database)
      watch?.listener()
    },
    data,
    watch: ({ begin, end }, listener) => {
      const mine = { begin, listener }
      database.exec(begin)
      watch = mine
      return () => {
        if (watch !== mine) return
        watch = undefined
        // Whoever watched may be given up after the runtime was closed.
        if (database.isOpen) database.exec(end)
      }
    },
    reopen: () => {
      if (location === "memory") return
      database.close()
      statements = new Map()
      database = open(location, tables, () => {})
      inode = inodeOf(location)
      if (watch !== undefined) database.exec(watch.begin)
    },
    file: () => (location === "memory" || inode === undefined ? undefined : { path: location.file, inode }),
    close: () => {
      database.close()
      lock?.close()
    }
  }
}

/** Free pages that are worth rewriting the file for: 4 MiB. */
const manyPages = 1024

/** Gives the space of what was deleted back. */
const shrink = (database: DatabaseSync): void => {
  const free = Number(database.prepare("PRAGMA freelist_count").get()?.["freelist_count"] ?? 0)
  if (free < manyPages) return
  try {
    database.exec("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")
  } catch (error) {
    // Somebody reads the file: its space is used again, and given back another time.
    if (!isBusy(error)) throw error
  }
}

/** SQLite goes on happily with a file that was deleted: what it acknowledges then is gone with the process. */
const assertThere = (file: string, inode: number): void => {
  const status = fs.statSync(file, { throwIfNoEntry: false })
  if (status?.ino !== inode) throw new StoreGone(status === undefined ? "is gone" : "was replaced")
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
    // Before it is opened: under another name SQLite looks for another log beside it, and finds the file broken.
    if (location !== "memory") assertOneName(location.file)
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

/** The lock goes by the name: under another name of the same file another runtime would not see it. */
const assertOneName = (file: string): void => {
  const status = fs.statSync(file, { throwIfNoEntry: false })
  if (status?.isFile() === true && status.nlink > 1)
    throw new Error("it has another name as well (a hard link): use a copy, or delete the other name")
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
