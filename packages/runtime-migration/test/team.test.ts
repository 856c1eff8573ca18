/**
 * The whole procedure on schemas of forty tables, as ORMs make them and by hand, while a writer and a reader use the database
 * and steps are killed at any moment: what nobody else touched comes back byte for byte, and every other row is listed.
 * Here that is SQLite with few rows and one kill per step; `AYWA_TEAM_KILLS` runs it on all four with so many, as `.ci/run`
 * does, `AYWA_TEAM_ROWS` with more rows and `AYWA_TEAM_SEED` with others.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { setTimeout } from "node:timers/promises"
import { assert, it } from "vitest"
import {
  applyDatabase,
  cleanupDatabase,
  type DatabasePlan,
  dryRunDatabase,
  isMigrationError,
  type Location,
  openDatabase,
  planDatabase,
  rollbackDatabase,
  type SqlDriver,
  sqliteDriver,
  verifyDatabase
} from "../src/index.ts"
import { columnOf, keysOf, ledgerRows, tableOf } from "../src/sql/dialect.ts"
import { databases } from "./databases.ts"
import { type Chance, chanceOf, fill, locations, mappings, runtimeIdOf } from "./team/rows.ts"
import { type Table, tables } from "./team/tables.ts"
import { rowsOf, statementsOf } from "./team/schema.ts"
import { makeWriter, readChildren, type Touched, untilEnd, type Writer } from "./team/traffic.ts"

const whole = process.env["AYWA_TEAM_KILLS"] !== undefined
const size = Number(process.env["AYWA_TEAM_ROWS"] ?? (whole ? 12 : 6))
const kills = Number(process.env["AYWA_TEAM_KILLS"] ?? 1)
const seed = Number(process.env["AYWA_TEAM_SEED"] ?? 17)

/** A database of the team, and what uses it. */
interface Team {
  readonly driver: SqlDriver
  /** Other connections; PGlite has one. */
  readonly connect: (() => Promise<SqlDriver>) | undefined
  /** Ends a connection from outside, as the crash of its process would. */
  readonly kill: ((id: number) => Promise<unknown>) | undefined
  readonly close: () => Promise<void>
}

const server = async (name: "PostgreSQL" | "MariaDB" | "PGlite", schema: string): Promise<Team> => {
  const db = await (databases.find((one) => one.name === name) ?? assert.fail(name)).open()
  for (const statement of statementsOf(schema)) await db.driver.run(statement)
  const { driver, url, close } = db
  if (name === "PGlite") return { driver, connect: undefined, kill: undefined, close }
  const admin = await openDatabase(url)
  const kill = (id: number) =>
    admin.run(name === "PostgreSQL" ? `SELECT pg_terminate_backend(${id})` : `KILL ${id}`).catch(() => undefined)
  const closeAll = async () => {
    await admin.close()
    await close()
  }
  return { driver, connect: () => openDatabase(url), kill, close: closeAll }
}

const file = async (schema: string): Promise<Team> => {
  const folder = mkdtempSync(join(tmpdir(), "aywa-team-"))
  const path = join(folder, "team.db")
  const driver = await openDatabase(path)
  await driver.run("PRAGMA journal_mode = WAL")
  for (const statement of statementsOf(schema)) await driver.run(statement)
  const connect = async () => {
    const database = new DatabaseSync(path)
    database.exec("PRAGMA busy_timeout = 0; PRAGMA foreign_keys = ON")
    return { ...(await sqliteDriver(database)), close: async () => database.close() }
  }
  const close = async () => {
    await driver.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { driver: yielding(driver), connect, kill: undefined, close }
}

/** SQLite answers at once: the others in this process get their turn before every statement. */
const yielding = (driver: SqlDriver): SqlDriver => ({
  ...driver,
  run: async (sql, parameters) => {
    await setTimeout(2)
    return driver.run(sql, parameters)
  }
})

/** A driver whose connection breaks off at some statement; what was under way is taken back, as a server does. */
const breaking = (driver: SqlDriver, at: number): SqlDriver => {
  let left = at
  const gone = () => Promise.reject(new Error("killed"))
  return {
    ...driver,
    stream: undefined,
    run: async (sql, parameters) => {
      if (left > 0) {
        left--
        return driver.run(sql, parameters)
      }
      if (left === 0) {
        left--
        await driver.run("ROLLBACK").catch(() => undefined)
      }
      return gone()
    }
  }
}

/** Lets somebody else have the one connection between transactions. */
const between = (driver: SqlDriver, others: () => Promise<unknown>): SqlDriver => ({
  ...driver,
  run: async (sql, parameters) => {
    const result = await driver.run(sql, parameters)
    if (sql === "COMMIT") await others()
    return result
  }
})

const isLoss = (error: unknown): boolean =>
  error instanceof Error &&
  (error.message === "killed" || (isMigrationError(error) && error.reason._tag === "ConnectionLost"))

type Work<A> = (driver: SqlDriver) => Promise<A>

/** Runs a step that is killed some times before it gets through. */
const killed = async <A>(team: Team, chance: Chance, others: () => Promise<unknown>, step: Work<A>): Promise<A> => {
  const { driver, connect, kill } = team
  const mine = connect === undefined ? between(driver, others) : driver
  for (let at = 0; at < kills; at++) {
    try {
      if (connect === undefined || kill === undefined) await step(breaking(mine, 3 + chance(150)))
      else {
        const connection = await connect()
        const sql = driver.dialect === "mysql" ? "SELECT CONNECTION_ID() AS id" : "SELECT pg_backend_pid() AS id"
        const id = Number((await connection.run(sql)).rows[0]?.["id"])
        const ended = setTimeout(chance(400)).then(() => kill(id))
        await Promise.all([ended, step(connection)]).finally(() => ended)
        await connection.close().catch(() => undefined)
      }
    } catch (error) {
      if (!isLoss(error)) throw error
    }
  }
  return step(mine)
}

/** Rows of the ledgers whose row does not hold what stood there first, by location. */
const notBack = async (driver: SqlDriver, plan: DatabasePlan): Promise<Readonly<Record<string, number>>> => {
  const counts: Record<string, number> = {}
  for (const location of plan.locations) {
    // Another column of the key may stay at its new value.
    const match = keysOf(location).map(({ column, k, w }) => `${columnOf(plan, column)} IN (b.${k}, b.${w ?? k})`)
    const value = (name: string) =>
      plan.dialect === "postgres"
        ? `${name}::text COLLATE "C"`
        : plan.dialect === "mysql"
          ? `CAST(CONVERT(${name} USING utf8mb4) AS BINARY)`
          : name
    const same = `${value(columnOf(plan, location.column))} = ${value("b.old_value")}`
    const { rows } = await driver.run(
      `SELECT COUNT(*) AS n FROM ${ledgerRows(plan, location)} b WHERE NOT EXISTS (SELECT 1 FROM ${tableOf(plan, location)} t WHERE ${[...match, same].join(" AND ")})`
    )
    const n = Number(rows[0]?.["n"])
    if (n > 0) counts[location.label] = n
  }
  return counts
}

/** What is another than it was, of rows that nobody is known to have touched. */
const changedBehind = (
  before: ReadonlyMap<string, Readonly<Record<string, string>>>,
  after: ReadonlyMap<string, Readonly<Record<string, string>>>,
  touched: Touched
): ReadonlyArray<string> =>
  [...before].flatMap(([place, row]) => {
    const columns = touched.get(place) ?? new Set()
    const now = after.get(place)
    if (now === undefined) return columns.has("*") ? [] : [`${place} is gone`]
    return Object.keys(row)
      .filter((column) => row[column] !== now[column] && !columns.has(column))
      .map((column) => `${place}: ${column} was ${row[column]} and is ${now[column]}`)
  })

/** Until a pass finds nothing; the writer ends in the middle of it. */
const converge = async (
  step: Work<number>,
  run: (work: Work<number>) => Promise<number>,
  stop: () => Promise<void>
) => {
  await run(step)
  await stop()
  const passes = [await run(step), await run(step)]
  assert.strictEqual(passes[1], 0, `after the writer had stopped: ${passes.join(", ")} rows`)
}

/** No id of the runtime is left in a column of ids. */
const targetsLeft = async (driver: SqlDriver, all: ReadonlyArray<Table>): Promise<number> => {
  const targets = new Set(mappings.map(({ sourceId }) => runtimeIdOf(sourceId)))
  let left = 0
  for (const { name, columns } of all) {
    for (const column of columns.filter(({ type }) => type === "id")) {
      const { rows } = await driver.run(`SELECT ${column.name} AS v FROM ${name}`)
      left += rows.filter(({ v }) => targets.has(String(v))).length
    }
  }
  return left
}

const procedure = async (team: Team, chance: Chance, more: ReadonlyArray<Location>): Promise<number> => {
  const { driver, connect } = team
  const before = await rowsOf(driver)
  const config = { mappings, locations: [...locations, ...more], chunk: 10, keepUpdatedAt: true }
  const plan = await planDatabase(driver, config)
  assert.deepStrictEqual(
    plan.findings.filter(({ level }) => level === "error"),
    []
  )
  const own = connect === undefined ? [driver, driver] : [await connect(), await connect()]
  const [writing = driver, reading = driver] = own
  const writer: Writer = makeWriter(writing, size, chance)
  let stopped = false
  const others = async () => {
    if (stopped) return
    await writer.write()
    await readChildren(reading)
  }
  const users = connect === undefined ? [] : [untilEnd(writer.write, 15), untilEnd(() => readChildren(reading), 25)]
  const run = <A>(step: Work<A>) => killed(team, chance, () => (users.length > 0 ? Promise.resolve() : others()), step)

  await run((driver) => dryRunDatabase(driver, plan))
  await run((driver) => applyDatabase(driver, plan))
  const pass = async (driver: SqlDriver) => {
    await dryRunDatabase(driver, plan)
    return (await applyDatabase(driver, plan)).changed
  }
  await run(pass)
  writer.switchOver()
  // What an old writer had begun is written by now.
  await setTimeout(30)
  await converge(
    pass,
    (work) => work(driver),
    async () => {
      stopped = true
      for (const { end } of users) await end()
    }
  )
  const verified = await verifyDatabase(driver, plan)
  assert.deepStrictEqual(verified.problems, [])

  const { notRestored } = await run((driver) => rollbackDatabase(driver, plan))
  // Ids to which new rows refer stay until those go back as well.
  const behind = changedBehind(before, await rowsOf(driver), writer.touched)
  const related = behind.filter((line) => !relations.some((name) => line.startsWith(`${name} `)))
  assert.deepStrictEqual(related, [])
  const listed: Record<string, number> = {}
  for (const { location, rows } of notRestored) listed[location] = (listed[location] ?? 0) + rows
  assert.deepStrictEqual(listed, await notBack(driver, plan))
  // What was written with ids of the runtime goes back as well, when it is asked for.
  await run((driver) => rollbackDatabase(driver, plan, { reverse: true }))
  assert.deepStrictEqual(changedBehind(before, await rowsOf(driver), writer.touched), [])
  assert.strictEqual(await targetsLeft(driver, tables), 0)
  await cleanupDatabase(driver, plan, { drifted: "accept" })
  if (connect !== undefined) for (const one of own) await one.close()
  return writer.writes()
}

/** Tables between which foreign keys run. */
const relations = tables
  .filter(({ columns }) => columns.some(({ refers, unique }) => refers !== undefined || unique))
  .map(({ name }) => name)

const odd = 'Ünïcode "Tabelle"'
const oddLocations: ReadonlyArray<Location> = [
  { table: odd, column: "Kennung %s", kind: "id", resource: "assistant" },
  { table: odd, column: "Liste", kind: "array", resource: "assistant" },
  { table: odd, column: "Bytes", kind: "id", resource: "assistant" }
]

const teams: ReadonlyArray<readonly ["PostgreSQL" | "MariaDB" | "PGlite" | "SQLite", string, ReadonlyArray<Location>]> =
  [
    ["PostgreSQL", "by-hand", oddLocations],
    ["MariaDB", "typeorm", []],
    ["PGlite", "mikro-orm", []],
    ["SQLite", "drizzle", []]
  ]

if (!whole) console.log("skipped: forty tables on PostgreSQL, MariaDB and PGlite; AYWA_TEAM_KILLS=2 runs them")

for (const [name, schema, more] of teams) {
  if (!whole && name !== "SQLite") continue
  const describe = databases.find((one) => one.name === name)?.describe
  describe?.(name, () => {
    it(`forty tables of ${schema}, in use, with ${kills} kills per step, seed ${seed}`, async () => {
      const team = name === "SQLite" ? await file(schema) : await server(name, schema)
      try {
        await fill(team.driver, size, seed)
        assert.isAbove(await procedure(team, chanceOf(seed + 1), more), 5)
      } finally {
        await team.close()
      }
    }, 3_600_000)
  })
}
