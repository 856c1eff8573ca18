/**
 * The SQLite database: rows of every resource, idempotency records, keys. One file or memory, the same SQL.
 */
import * as fs from "node:fs"
import { cursorTable } from "../rows/cursors.ts"
import { readinessTable } from "../operations/readiness.ts"
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite"
import { callsSchema } from "../calls/schema.ts"
import { importTableNames, importTables } from "../imports/store.ts"
import { outboxSchema } from "../outbox/schema.ts"
import { isBusy, storeMessage } from "./failure.ts"

/** Where rows live. */
export type StoreLocation = "memory" | { readonly file: string }

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
  /** The file as it was when it was opened; `undefined` for memory. */
  readonly file: () => { readonly path: string; readonly inode: number } | undefined
  /** Closes the file and opens it again, as a restart of the process would; memory keeps its rows. */
  readonly reopen: () => void
  readonly close: () => void
}

/** Opens (and creates) the database; throws an error that says what to do. */
export const openStore = (location: StoreLocation): Store => {
  let lock: DatabaseSync | undefined
  let database: DatabaseSync
  try {
    database = open(location, () => {
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
    reopen: () => {
      if (location === "memory") return
      database.close()
      statements = new Map()
      database = open(location, () => {})
      inode = inodeOf(location)
    },
    file: () => (location === "memory" || inode === undefined ? undefined : { path: location.file, inode }),
    close: () => {
      database.close()
      lock?.close()
    }
  }
}

/** The tables that hold what clients did: a reset empties them. */
export const dataTables: ReadonlyArray<string> = ["resource_rows", "file_content", "idempotency", ...importTableNames]

const inodeOf = (location: StoreLocation): number | undefined =>
  location === "memory" ? undefined : fs.statSync(location.file).ino

/** Milliseconds to wait for a lock of somebody else: nobody is served meanwhile. */
const busyMillis = 1000

/** Says whose file it is: "Aywa". */
const applicationId = 0x41_79_77_61

/** The version of the schema; a file of a later one is left alone. */
const schemaVersion = 1

/** Opens a database, writing nothing to it before it is known to be the runtime's, and `lock` has not thrown. */
const open = (location: StoreLocation, lock: () => void): DatabaseSync => {
  const path = location === "memory" ? ":memory:" : location.file
  try {
    const database = new DatabaseSync(path, { timeout: busyMillis })
    try {
      assertOurs(database)
      lock()
      build(database)
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
const build = (database: DatabaseSync): void => {
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
  const parts = [schema, importTables, outboxSchema, callsSchema, readinessTable, cursorTable]
  const marks = `PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion};`
  database.exec(`BEGIN IMMEDIATE; ${parts.join("")} ${marks} COMMIT`)
}

const schema = `
CREATE TABLE IF NOT EXISTS resource_rows (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  resource TEXT NOT NULL,
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  unique_key TEXT,
  version INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  body TEXT NOT NULL,
  secrets TEXT,
  UNIQUE (resource, id)
) STRICT;
CREATE INDEX IF NOT EXISTS resource_rows_newest ON resource_rows (resource, org_id, created_at DESC, seq DESC);
CREATE UNIQUE INDEX IF NOT EXISTS resource_rows_unique ON resource_rows (resource, org_id, unique_key)
  WHERE unique_key IS NOT NULL;
CREATE TABLE IF NOT EXISTS idempotency (
  org_id TEXT NOT NULL,
  method TEXT NOT NULL,
  path TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('in_flight', 'done')),
  status INTEGER,
  headers TEXT,
  body TEXT,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (org_id, method, path, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS idempotency_expires ON idempotency (expires_at);
CREATE TABLE IF NOT EXISTS file_content (
  file_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (file_id, at)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS organizations (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS api_keys (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  hash BLOB NOT NULL UNIQUE,
  org_id TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('full', 'read')),
  created_at INTEGER NOT NULL
) STRICT;
`
