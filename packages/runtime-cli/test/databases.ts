/** The databases that `migrate` is tested on: each a fresh one, with a table of the application in it. */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { PGlite } from "@electric-sql/pglite"
import { openDatabase, type SqlDriver, sqliteDriver } from "@aywa-ai/runtime-migration"
import { describe, onTestFinished } from "vitest"
import { type Describe, describeWith } from "../../runtime-sdk/test/support/services.ts"
import { temporaryFolder } from "./support.ts"

/** A row of the application's `calls`. */
export interface Call {
  readonly id: number
  readonly assistant: string
  readonly settings: string
}

export interface TestDatabase {
  readonly url: string
  /** `calls.assistant_id` by id. */
  readonly read: () => Promise<ReadonlyArray<unknown>>
  /** Runs a file by the database's own client. */
  readonly runFile: (file: string) => Promise<unknown>
}

const withDriver = async <A>(opening: Promise<SqlDriver>, work: (driver: SqlDriver) => Promise<A>): Promise<A> => {
  const driver = await opening
  try {
    return await work(driver)
  } finally {
    await driver.close()
  }
}

const create = (opening: Promise<SqlDriver>, calls: ReadonlyArray<Call>) =>
  withDriver(opening, async (driver) => {
    await driver.run("CREATE TABLE calls (id integer PRIMARY KEY, assistant_id varchar(60), settings text)")
    for (const { id, assistant, settings } of calls) {
      await driver.run(`INSERT INTO calls VALUES (${id}, '${assistant}', '${settings}')`)
    }
  })

const read = (url: string): TestDatabase["read"] => {
  const select = async (driver: SqlDriver) =>
    (await driver.run("SELECT assistant_id AS a FROM calls ORDER BY id")).rows.map((row) => row["a"])
  return () => withDriver(openDatabase(url), select)
}

const serverDatabase = async (server: string, admin: string, calls: ReadonlyArray<Call>) => {
  const name = `aywa_cli_${process.pid}_${Math.random().toString(36).slice(2, 8)}`
  const run = (sql: string) => withDriver(openDatabase(`${server}/${admin}`), (driver) => driver.run(sql))
  await run(`CREATE DATABASE ${name}`)
  onTestFinished(async () => void (await run(`DROP DATABASE ${name}`)))
  await create(openDatabase(`${server}/${name}`), calls)
  return { name, url: `${server}/${name}`, read: read(`${server}/${name}`) }
}

const postgres = async (calls: ReadonlyArray<Call>): Promise<TestDatabase> => {
  const database = await serverDatabase("postgres://postgres@127.0.0.1:5432", "postgres", calls)
  const runFile = async (file: string) =>
    execFileSync("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", file, database.url], { stdio: "pipe" })
  return { ...database, runFile }
}

const mariaDb = async (calls: ReadonlyArray<Call>): Promise<TestDatabase> => {
  const database = await serverDatabase("mariadb://root@127.0.0.1:3306", "mysql", calls)
  const runFile = async (file: string) =>
    execFileSync("mysql", ["-h127.0.0.1", "-uroot", database.name], { input: readFileSync(file), stdio: "pipe" })
  return { ...database, runFile }
}

const pglite = async (calls: ReadonlyArray<Call>): Promise<TestDatabase> => {
  const folder = join(temporaryFolder(), "pglite")
  const url = `pglite:${folder}`
  const sql = async (text: string) => {
    await using database = await PGlite.create(folder)
    await database.exec(text)
  }
  await sql("")
  await create(openDatabase(url), calls)
  return { url, read: read(url), runFile: (file) => sql(readFileSync(file, "utf8")) }
}

const sqlite = async (calls: ReadonlyArray<Call>): Promise<TestDatabase> => {
  const file = join(temporaryFolder(), "app.sqlite")
  await create(sqliteDriver(file), calls)
  const runFile = async (script: string) => {
    const database = new DatabaseSync(file)
    database.exec(readFileSync(script, "utf8"))
    database.close()
  }
  return { url: `sqlite:${file}`, read: read(`sqlite:${file}`), runFile }
}

/** Every database that the command line reaches, with the `describe` that skips it, aloud, where its server is missing. */
/** Each command starts PGlite anew, in WebAssembly: minutes, which `AYWA_FULL=1 bash .ci/run` takes. */
const describePGlite = (): Describe => {
  if (process.env["AYWA_PGLITE"] !== undefined) return describe
  console.log("skipped: PGlite through the command line takes minutes; AYWA_PGLITE=1 runs it")
  return describe.skip
}

export const databases: ReadonlyArray<{
  readonly name: string
  readonly dialect: "postgres" | "mysql" | "sqlite"
  readonly describe: Describe
  readonly open: (calls: ReadonlyArray<Call>) => Promise<TestDatabase>
}> = [
  { name: "SQLite", dialect: "sqlite", describe, open: sqlite },
  { name: "PostgreSQL", dialect: "postgres", describe: await describeWith("PostgreSQL", "psql"), open: postgres },
  { name: "MariaDB", dialect: "mysql", describe: await describeWith("MariaDB", "mysql"), open: mariaDb },
  { name: "PGlite", dialect: "postgres", describe: describePGlite(), open: pglite }
]
