/** The four databases that the mapping SQL is tested on: each a fresh one, dropped afterwards. */
import { execFileSync } from "node:child_process"
import { connect } from "node:net"
import { createConnection } from "mysql2/promise"
import { DatabaseSync } from "node:sqlite"
import { Client } from "pg"
import { afterAll, assert, beforeAll, beforeEach, describe, inject } from "vitest"
import {
  type DatabasePlan,
  type Finding,
  isMigrationError,
  type Mapping,
  mysqlDriver,
  pgDriver,
  pgliteDriver,
  type SqlDriver,
  sqliteDriver
} from "../src/index.ts"
import { quoteName } from "../src/sql/names.ts"
import { readCatalog } from "../src/live/catalog.ts"
import { frames, isAnswer, type Question, send } from "./pgliteWire.ts"
import { type Describe, describeWith } from "../../runtime-sdk/test/support/services.ts"

export interface TestDatabase {
  readonly driver: SqlDriver
  /** The connection's URL, for programs outside of this process. */
  readonly url: string
  readonly name: string
  /** Runs statements one after the other. */
  readonly sql: (...statements: ReadonlyArray<string>) => Promise<void>
  /** Runs a file of statements by the database's own client, or as one query where it has none; gives what was printed. */
  readonly script: (text: string) => Promise<string>
  /** Drops all that is in it. */
  readonly reset: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Ids of the source, and those that stand in the runtime for them. */
export const old = (n: number): string => `abcdef00-0000-4000-8000-${n.toString(16).padStart(12, "0")}`
export const fresh = (n: number): string => old(0xa00000 + n)

export const mapping = (from: string, to: string, resource = "assistant"): Mapping => ({
  source: "vapi",
  resource,
  sourceId: from,
  runtimeId: to
})
export const simple: ReadonlyArray<Mapping> = [1, 2, 3, 4].map((n) => mapping(old(n), fresh(n)))

const unique = () => `aywa_mig_${process.pid}_${Math.random().toString(36).slice(2, 8)}`

const sqlOf =
  (driver: SqlDriver): TestDatabase["sql"] =>
  async (...statements) => {
    for (const statement of statements) await driver.run(statement)
  }

const byInput = (input: string) => ({ input, encoding: "utf8", stdio: "pipe" }) as const

const resetPostgres = (sql: TestDatabase["sql"]) =>
  sql("DROP SCHEMA IF EXISTS aywa_migration CASCADE", "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")

const openPostgres = async (): Promise<TestDatabase> => {
  const name = unique()
  const at = "postgres://postgres@127.0.0.1:5432/"
  const admin = new Client({ connectionString: `${at}postgres` })
  await admin.connect()
  await admin.query(`CREATE DATABASE ${name}`)
  const client = new Client({ connectionString: `${at}${name}` })
  await client.connect()
  const driver = await pgDriver(client)
  const sql = sqlOf(driver)
  return {
    driver,
    url: `${at}${name}`,
    name,
    sql,
    // Its loops commit, which a file that is sent as one query cannot.
    script: async (text) =>
      execFileSync("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-A", "-f", "-", `${at}${name}`], byInput(text)),
    reset: () => resetPostgres(sql),
    close: async () => {
      await client.end()
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`)
      await admin.end()
    }
  }
}

const openMariaDb = async (): Promise<TestDatabase> => {
  const name = unique()
  const admin = await createConnection("mysql://root@127.0.0.1:3306/mysql")
  await admin.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`)
  const url = `mysql://root@127.0.0.1:3306/${name}`
  const driver = await mysqlDriver(url)
  const sql = sqlOf(driver)
  return {
    driver,
    url,
    name,
    sql,
    script: async (text) => execFileSync("mysql", ["-h127.0.0.1", "-uroot", "--table", name], byInput(text)),
    reset: () =>
      sql(
        "SET SESSION foreign_key_checks = 1",
        `DROP DATABASE ${name}`,
        `CREATE DATABASE ${name} CHARACTER SET utf8mb4`,
        `USE ${name}`
      ),
    close: async () => {
      await driver.close()
      await admin.query(`DROP DATABASE ${name}`)
      await admin.end()
    }
  }
}

/** A PGlite of the process that has those of all test files. */
const lendPglite = () => {
  const socket = connect(inject("pglites"))
  const answers = frames(socket)
  let last: Promise<unknown> = Promise.resolve()
  const ask = async (question: Question): Promise<object> => {
    send(socket, question)
    const { value } = await answers.next()
    if (!isAnswer(value)) throw new Error("the process with the PGlites is gone")
    if ("given" in value) return value.given
    throw Object.assign(new Error(value.message), value.fields)
  }
  // One question at a time, as with PGlite itself.
  const asked = (question: Question): Promise<object> => {
    const answer = last.then(() => ask(question))
    last = answer.catch(() => undefined)
    return answer
  }
  return {
    query: (sql: string, parameters: ReadonlyArray<string | number> = []) => asked({ sql, parameters }),
    exec: (sql: string) => asked({ sql }),
    close: async () => {
      await last
      socket.end()
    }
  }
}

const openPglite = async (): Promise<TestDatabase> => {
  const database = lendPglite()
  const driver = await pgliteDriver(database)
  const sql = sqlOf(driver)
  return {
    driver,
    url: "",
    name: "pglite",
    sql,
    script: async (text) => JSON.stringify(await database.exec(text)),
    reset: () => resetPostgres(sql),
    close: () => database.close()
  }
}

const openSqlite = async (): Promise<TestDatabase> => {
  const database = new DatabaseSync(":memory:")
  database.exec("PRAGMA foreign_keys = ON")
  const driver = await sqliteDriver(database)
  const sql = sqlOf(driver)
  return {
    driver,
    url: ":memory:",
    name: "sqlite",
    sql,
    script: async (text) => {
      try {
        database.exec(text)
      } catch (error) {
        // As a shell that ends at the first error.
        if (database.isTransaction) database.exec("ROLLBACK")
        throw error
      }
      return ""
    },
    reset: async () => {
      const { rows } = await driver.run(
        "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite%'"
      )
      database.exec("PRAGMA foreign_keys = OFF")
      for (const { name, type } of rows) await sql(`DROP ${String(type)} "${String(name).replaceAll('"', '""')}"`)
      database.exec("PRAGMA foreign_keys = ON")
    },
    close: async () => database.close()
  }
}

const postgres = await describeWith("PostgreSQL")

/** PGlite is PostgreSQL, in one thread that all test files share: beside a server it tells nothing new in most of them. */
const describePglite = (): Describe => {
  if (postgres === describe.skip || process.env["AYWA_PGLITE"] === "1") return describe
  console.log("SKIPPED: PGlite, which PostgreSQL stands for in this file (AYWA_PGLITE=1 runs it)")
  return describe.skip
}

interface Tried {
  readonly name: "PostgreSQL" | "MariaDB" | "PGlite" | "SQLite"
  readonly describe: Describe
  readonly open: () => Promise<TestDatabase>
}

/** Every database with the `describe` that skips it, aloud, where its server is missing. */
export const everywhere: ReadonlyArray<Tried> = [
  { name: "PostgreSQL", describe: postgres, open: openPostgres },
  { name: "MariaDB", describe: await describeWith("MariaDB"), open: openMariaDb },
  { name: "PGlite", describe, open: openPglite },
  { name: "SQLite", describe, open: openSqlite }
]

/** The same for files in which PGlite is tried where there is no PostgreSQL. */
export const databases: ReadonlyArray<Tried> = everywhere.map((one) =>
  one.name === "PGlite" ? { ...one, describe: (name, suite) => describePglite()(name, suite) } : one
)

/** What a plan says about the customer's tables. About its own it always has something to say. */
export const aboutTables = ({ findings }: DatabasePlan): ReadonlyArray<Finding> =>
  findings.filter(({ subject }) => subject !== "ledgers")

/** Every value of every table, as text: what must be the same after apply and rollback. */
export const snapshot = async (
  { driver }: TestDatabase,
  prefix = "aywa_migration"
): Promise<Record<string, ReadonlyArray<string>>> => {
  const { tables } = await readCatalog(driver)
  const all: Record<string, ReadonlyArray<string>> = {}
  for (const { table, columns, view } of tables) {
    if (view || table.startsWith(prefix)) continue
    const text = (name: string) => {
      const column = quoteName(driver.dialect, name)
      if (driver.dialect === "postgres") return `${column}::text AS ${column}`
      if (driver.dialect === "mysql") return `CONVERT(${column} USING utf8mb4) AS ${column}`
      return column
    }
    const { rows } = await driver.run(
      `SELECT ${columns.map(({ name }) => text(name)).join(", ")} FROM ${quoteName(driver.dialect, table)}`
    )
    all[table] = rows.map((row) => JSON.stringify(row)).sort()
  }
  return all
}

/** One column of a table, in the order of another. */
export const column = async (
  { driver }: TestDatabase,
  table: string,
  name: string,
  order: string
): Promise<ReadonlyArray<string | null>> => {
  const q = (text: string) => quoteName(driver.dialect, text)
  const value =
    driver.dialect === "postgres"
      ? `${q(name)}::text`
      : driver.dialect === "mysql"
        ? `CONVERT(${q(name)} USING utf8mb4)`
        : q(name)
  const { rows } = await driver.run(`SELECT ${value} AS v FROM ${q(table)} ORDER BY ${q(order)}`)
  return rows.map((row) => (row["v"] === null ? null : String(row["v"])))
}

/** The message of a refusal, or of another reason by its tag. */
export const refused = async (work: Promise<unknown>, tag = "Refused"): Promise<string> => {
  const error: unknown = await work.then(
    () => undefined,
    (error: unknown) => error
  )
  assert(isMigrationError(error) && error.reason._tag === tag, String(error))
  return error.message
}

/** A driver that breaks down at its n-th statement. What ends a transaction still arrives: a server does that by itself. */
export const breaking = (driver: SqlDriver, at: number): SqlDriver => {
  let left = at
  return {
    ...driver,
    run: (sql, parameters) => {
      if (sql === "ROLLBACK" || /foreign_key_checks = 1/.test(sql)) return driver.run(sql, parameters)
      if (left-- <= 0) return Promise.reject(new Error("crash"))
      return driver.run(sql, parameters)
    }
  }
}

/** A database for the tests of a `describe`: opened before the first of them, and closed behind the last. */
export const testDatabase = (open: () => Promise<TestDatabase>): TestDatabase => {
  let db: TestDatabase | undefined
  const now = (): TestDatabase => db ?? assert.fail("there is no database outside of a test")
  beforeAll(async () => {
    db = await open()
  }, 60_000)
  afterAll(() => db?.close())
  return {
    get driver() {
      return now().driver
    },
    get url() {
      return now().url
    },
    get name() {
      return now().name
    },
    sql: (...statements) => now().sql(...statements),
    script: (text) => now().script(text),
    reset: () => now().reset(),
    close: () => now().close()
  }
}

/** The same, empty before each of them. */
export const emptyDatabase = (open: () => Promise<TestDatabase>): TestDatabase => {
  const db = testDatabase(open)
  beforeEach(() => db.reset())
  return db
}
