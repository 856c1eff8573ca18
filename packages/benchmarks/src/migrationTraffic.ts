/**
 * A migration beside an application: three writers of two-row transactions and a reader, on PostgreSQL and MariaDB, with and
 * without foreign keys. Printed are the application's slowest statements before and meanwhile, and what died of deadlocks.
 *
 *   node packages/benchmarks/src/migrationTraffic.ts [--rows 100000] [--postgres postgres://…] [--mysql mysql://…]
 */
import { parseArgs } from "node:util"
import {
  applyDatabase,
  dryRunDatabase,
  type Mapping,
  openDatabase,
  planDatabase,
  rollbackDatabase,
  type SqlDriver,
  verifyDatabase
} from "@aywa-ai/runtime-migration"

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "100000" },
    postgres: { type: "string", default: "postgres://postgres@127.0.0.1:5432/postgres" },
    mysql: { type: "string", default: "mysql://root@127.0.0.1:3306/mysql" }
  }
})
const rows = Number(values.rows)
const ids = 500
const oldId = (n: number) => `0d000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`
const newId = (n: number) => `1e000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`
const mappings: ReadonlyArray<Mapping> = Array.from({ length: ids }, (_, n) => ({
  source: "vapi",
  resource: "assistant",
  sourceId: oldId(n),
  runtimeId: newId(n)
}))

const fill = async (driver: SqlDriver, keys: boolean) => {
  await driver.run("DROP TABLE IF EXISTS calls")
  await driver.run("DROP TABLE IF EXISTS agents")
  await driver.run("CREATE TABLE agents (ext varchar(40) PRIMARY KEY)")
  await driver.run(
    `CREATE TABLE calls (id int PRIMARY KEY, ext varchar(40), n int NOT NULL${keys ? ", CONSTRAINT calls_ext FOREIGN KEY (ext) REFERENCES agents (ext)" : ""})`
  )
  await driver.run("CREATE INDEX calls_by_ext ON calls (ext)").catch(() => undefined)
  for (let at = 0; at < ids; at += 500) {
    const some = Array.from({ length: Math.min(500, ids - at) }, (_, n) => `('${oldId(at + n)}')`)
    await driver.run(`INSERT INTO agents VALUES ${some.join(", ")}`)
  }
  for (let at = 0; at < rows; at += 2000) {
    const some = Array.from(
      { length: Math.min(2000, rows - at) },
      (_, n) => `(${at + n}, '${oldId((at + n) % ids)}', 0)`
    )
    await driver.run(`INSERT INTO calls VALUES ${some.join(", ")}`)
  }
}

interface Load {
  readonly reads: Array<number>
  readonly writes: Array<number>
  readonly errors: Array<string>
}

/** Runs the application until it is told to stop. */
const application = (url: string, load: Load) => {
  const stop = new AbortController()
  const random = () => Math.floor(Math.random() * rows)
  const timed = async (into: Array<number>, work: () => Promise<unknown>) => {
    const begin = performance.now()
    await work().catch((error: unknown) => load.errors.push(String(error)))
    into.push(performance.now() - begin)
  }
  const worker = async (once: (driver: SqlDriver) => Promise<void>) => {
    const driver = await openDatabase(url)
    while (!stop.signal.aborted) {
      await once(driver)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await driver.close()
  }
  const write = (driver: SqlDriver) =>
    timed(load.writes, async () => {
      // In one order: the application is without deadlocks of its own.
      const [one, two] = [random(), random()].toSorted((a, b) => a - b)
      await driver.run(driver.dialect === "mysql" ? "START TRANSACTION" : "BEGIN")
      try {
        await driver.run(`UPDATE calls SET n = n + 1 WHERE id = ${one}`)
        await driver.run(`UPDATE calls SET n = n + 1 WHERE id = ${two}`)
        await driver.run("COMMIT")
      } catch (error) {
        await driver.run("ROLLBACK")
        throw error
      }
    })
  const read = (driver: SqlDriver) => timed(load.reads, () => driver.run(`SELECT * FROM calls WHERE id = ${random()}`))
  const work = Promise.all([worker(write), worker(write), worker(write), worker(read)])
  return async () => {
    stop.abort()
    await work
  }
}

const worst = (times: ReadonlyArray<number>) => `${times.reduce((a, b) => Math.max(a, b), 0).toFixed(0)} ms`
const p99 = (times: ReadonlyArray<number>) =>
  `${(times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0).toFixed(0)} ms`

const during = async (url: string, work: () => Promise<unknown>): Promise<Load> => {
  const load: Load = { reads: [], writes: [], errors: [] }
  const stop = application(url, load)
  try {
    await work()
  } finally {
    await stop()
  }
  return load
}

const line = (what: string, { reads, writes, errors }: Load) =>
  console.log(
    `  ${what.padEnd(12)} reads ${reads.length}: p99 ${p99(reads)}, worst ${worst(reads)}; transactions ${writes.length}: p99 ${p99(writes)}, worst ${worst(writes)}; errors ${errors.length}${errors.length > 0 ? ` (${errors[0]})` : ""}`
  )

const measure = async (name: string, url: string) => {
  const driver = await openDatabase(url)
  for (const keys of [false, true]) {
    await fill(driver, keys)
    const plan = await planDatabase(driver, {
      mappings,
      locations: [
        { table: "calls", column: "ext", kind: "id" },
        { table: "agents", column: "ext", kind: "id" }
      ],
      prefix: `run_${keys ? 2 : 1}`
    })
    console.log(`${name}, ${rows} rows, ${keys ? "with" : "without"} foreign keys`)
    line("before", await during(url, () => new Promise((resolve) => setTimeout(resolve, 3000))))
    line("dry run", await during(url, () => dryRunDatabase(driver, plan)))
    line("apply", await during(url, () => applyDatabase(driver, plan)))
    const { problems } = await verifyDatabase(driver, plan)
    if (problems.length > 0) throw new Error(problems.join("\n"))
    line("roll back", await during(url, () => rollbackDatabase(driver, plan)))
  }
  await driver.close()
}

for (const [name, address] of [
  ["PostgreSQL", values.postgres],
  ["MariaDB", values.mysql]
] as const) {
  const admin = await openDatabase(address).catch(() => undefined)
  if (admin === undefined) {
    console.log(`SKIPPED: no ${name} at the given address`)
    continue
  }
  const database = `aywa_traffic_${process.pid}`
  await admin.run(`CREATE DATABASE ${database}`)
  try {
    await measure(name, Object.assign(new URL(address), { pathname: database }).href)
  } finally {
    await admin.run(`DROP DATABASE ${database}${name === "PostgreSQL" ? " WITH (FORCE)" : ""}`)
    await admin.close()
  }
}
