/**
 * Rewriting the ids of a large table: the ledger way of the SDK beside a plain join and one UPDATE per id.
 *
 * One million rows, three columns, ten thousand mappings; 90 % of the rows change. SQLite (a file) and, where they answer,
 * PostgreSQL and MariaDB. One UPDATE per id is measured on a few ids and extrapolated: it would take hours.
 *
 *   node packages/benchmarks/src/migration.ts [--rows 1000000] [--ids 10000] [--postgres postgres://…] [--mysql mysql://…]
 */
import { mkdtempSync, rmSync } from "node:fs"
import { cpus, tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import {
  applyDatabase,
  cleanupDatabase,
  dryRunDatabase,
  type Location,
  openDatabase,
  planDatabase,
  rollbackDatabase,
  type SqlDriver,
  verifyDatabase
} from "@aywa-ai/runtime-migration"
import { mappingsOf, servers } from "./migrationParts.ts"

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "1000000" },
    ids: { type: "string", default: "10000" },
    ...servers
  }
})
const rows = Number(values.rows)
const ids = Number(values.ids)
/** Ids of the one-by-one way that are measured. */
const measured = 10

const columns = ["assistant_id", "tool_id", "phone_number_id"] as const

const mappings = mappingsOf(ids)
const locations: ReadonlyArray<Location> = columns.map((column) => ({
  table: "calls",
  column,
  kind: "id",
  key: ["id"]
}))

const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const begin = performance.now()
  await work()
  return (performance.now() - begin) / 1000
}

/** What each database calls the same. */
const words = {
  postgres: {
    key: "bigint",
    id: "uuid",
    hex: (n: string) => `lpad(to_hex(${n}), 12, '0')`,
    joined: (...parts: ReadonlyArray<string>) => parts.join(" || "),
    cast: (value: string) => `(${value})::uuid`,
    text: (value: string) => `${value}::text`,
    series: `generate_series(1, ${rows}) AS g(n)`,
    analyze: "VACUUM ANALYZE calls"
  },
  mysql: {
    key: "bigint",
    id: "varchar(40)",
    hex: (n: string) => `LPAD(LOWER(HEX(${n})), 12, '0')`,
    joined: (...parts: ReadonlyArray<string>) => `CONCAT(${parts.join(", ")})`,
    cast: (value: string) => value,
    text: (value: string) => `CAST(${value} AS CHAR)`,
    series: `(WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < ${rows}) SELECT n FROM g) g`,
    analyze: "ANALYZE TABLE calls"
  },
  sqlite: {
    key: "INTEGER",
    id: "TEXT",
    hex: (n: string) => `printf('%012x', ${n})`,
    joined: (...parts: ReadonlyArray<string>) => parts.join(" || "),
    cast: (value: string) => value,
    text: (value: string) => `CAST(${value} AS text)`,
    series: `(WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < ${rows}) SELECT n FROM g) g`,
    analyze: "PRAGMA wal_checkpoint(TRUNCATE)"
  }
} as const

/** Fills the table anew: a tenth of the rows has ids that are not mapped. */
const fill = async (driver: SqlDriver) => {
  const { key, id, hex, joined, cast, series, analyze } = words[driver.dialect]
  await driver.run("DROP TABLE IF EXISTS calls")
  await driver.run(
    `CREATE TABLE calls (id ${key} PRIMARY KEY, ${columns.map((name) => `${name} ${id}`).join(", ")}, note text)`
  )
  const value = (step: number) =>
    cast(
      joined(
        "CASE WHEN g.n % 10 = 0 THEN '99000000-0000-4000-8000-' ELSE '0d000000-0000-4000-8000-' END",
        hex(`(g.n * ${step}) % ${ids}`)
      )
    )
  if (driver.dialect === "mysql") await driver.run("SET SESSION max_recursive_iterations = 4294967295")
  await driver.run(
    `INSERT INTO calls SELECT g.n, ${[7, 11, 13].map(value).join(", ")}, ${joined("'call '", "g.n")} FROM ${series}`
  )
  await driver.run(analyze)
}

const left = async (driver: SqlDriver): Promise<number> => {
  const like = columns.map((name) => `${words[driver.dialect].text(name)} LIKE '0d%'`).join(" OR ")
  return Number((await driver.run(`SELECT COUNT(*) AS n FROM calls WHERE ${like}`)).rows[0]?.["n"])
}

/** What any pass takes: every row, as text, through the driver. */
const readAll = async (driver: SqlDriver): Promise<void> => {
  const sql = `SELECT ${columns.map((name) => `${words[driver.dialect].text(name)} AS ${name}`).join(", ")}, note FROM calls`
  let read = 0
  if (driver.stream === undefined) throw new Error("the driver has no stream")
  for await (const row of driver.stream(sql)) read += Object.keys(row).length
  if (read !== rows * 4) throw new Error(`${read} values were read`)
}

const oneByOne = async (driver: SqlDriver): Promise<number> => {
  await fill(driver)
  const time = await seconds(async () => {
    for (const { sourceId, runtimeId } of mappings.slice(0, measured)) {
      for (const name of columns)
        await driver.run(`UPDATE calls SET ${name} = '${runtimeId}' WHERE ${name} = '${sourceId}'`)
    }
  })
  return (time / Math.min(measured, ids)) * ids
}

const join_ = async (driver: SqlDriver): Promise<number> => {
  await fill(driver)
  const { id } = words[driver.dialect]
  return seconds(async () => {
    await driver.run("DROP TABLE IF EXISTS plain_map")
    await driver.run(`CREATE TABLE plain_map (source ${id} PRIMARY KEY, target ${id})`)
    for (let at = 0; at < ids; at += 500) {
      const some = mappings.slice(at, at + 500).map(({ sourceId, runtimeId }) => `('${sourceId}', '${runtimeId}')`)
      await driver.run(`INSERT INTO plain_map VALUES ${some.join(", ")}`)
    }
    for (const name of columns) {
      const [before, after] =
        driver.dialect === "mysql"
          ? [`JOIN plain_map m ON m.source = calls.${name}`, ""]
          : ["", `FROM plain_map m WHERE m.source = calls.${name}`]
      await driver.run(`UPDATE calls ${before} SET ${name} = m.target ${after}`)
    }
  })
}

const ledger = async (driver: SqlDriver) => {
  await fill(driver)
  const plan = await planDatabase(driver, { mappings, locations })
  const dryRun = await seconds(() => dryRunDatabase(driver, plan))
  const apply = await seconds(() => applyDatabase(driver, plan))
  if ((await left(driver)) !== 0) throw new Error("ids of the source are left")
  let problems: ReadonlyArray<string> = []
  const locationsAlone = await seconds(() => verifyDatabase(driver, plan, { scan: false }))
  const verify = await seconds(async () => ({ problems } = await verifyDatabase(driver, plan)))
  const pass = await seconds(() => readAll(driver))
  if (problems.length > 0) throw new Error(problems.join("\n"))
  const again = await seconds(() => applyDatabase(driver, plan))
  const rollback = await seconds(() => rollbackDatabase(driver, plan))
  await cleanupDatabase(driver, plan)
  return { dryRun, apply, locationsAlone, verify, pass, again, rollback }
}

const measure = async (name: string, driver: SqlDriver) => {
  const times = await ledger(driver)
  const joined = await join_(driver)
  if ((await left(driver)) !== 0) throw new Error("ids of the source are left")
  const single = await oneByOne(driver)
  await driver.run("DROP TABLE calls")
  await driver.run("DROP TABLE plain_map")
  const whole = times.dryRun + times.apply
  const line = (what: string, time: number, of = whole) =>
    console.log(`  ${what.padEnd(44)} ${time.toFixed(1).padStart(9)} s   x ${(time / of).toFixed(2)}`)
  console.log(`${name}: ${rows} rows, ${columns.length} columns, ${ids} mappings`)
  line("ledger: dry run + apply", whole)
  line("  dry run (mapping, ledgers, report)", times.dryRun)
  line("  apply", times.apply)
  line("  verify, the locations alone", times.locationsAlone)
  line("  verify, with the pass over the database", times.verify)
  line("  that pass, of reading every row once", times.verify - times.locationsAlone, times.pass)
  line("  apply again (changes nothing)", times.again)
  line("  rollback", times.rollback)
  line("plain join (no way back, wrong when run twice)", joined)
  console.log(
    `  of the join: ledger ${(whole / joined).toFixed(2)}, apply ${(times.apply / joined).toFixed(2)}, rollback ${(times.rollback / joined).toFixed(2)}`
  )
  line(`one UPDATE per id, extrapolated from ${Math.min(measured, ids)} ids`, single)
  console.log("")
}

console.log(`${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? "?"}\n`)
const folder = mkdtempSync(join(tmpdir(), "aywa-bench-"))
try {
  const driver = await openDatabase(join(folder, "bench.db"))
  await driver.run("PRAGMA journal_mode = WAL")
  const { rows: version } = await driver.run("SELECT sqlite_version() AS v")
  await measure(`SQLite ${String(version[0]?.["v"])}`, driver)
  await driver.close()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

const onServer = async (address: string, what: string, version: string, force: string) => {
  const admin = await openDatabase(address).catch(() => undefined)
  if (admin === undefined) {
    console.log(`SKIPPED: no ${what} at the given address`)
    return
  }
  const name = `aywa_bench_${process.pid}`
  await admin.run(`CREATE DATABASE ${name}`)
  try {
    const driver = await openDatabase(Object.assign(new URL(address), { pathname: name }).href)
    const { rows } = await driver.run(version)
    await measure(`${what} ${String(rows[0]?.["v"])}`, driver)
    await driver.close()
  } finally {
    await admin.run(`DROP DATABASE ${name} ${force}`)
    await admin.close()
  }
}
await onServer(values.postgres, "PostgreSQL", "SELECT current_setting('server_version') AS v", "WITH (FORCE)")
await onServer(values.mysql, "MySQL/MariaDB", "SELECT version() AS v", "")
