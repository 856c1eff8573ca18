/**
 * A migration beside an application: three writers of two-row transactions and a reader, on PostgreSQL and MariaDB, with and
 * without foreign keys. Printed are the application's slowest statements before and meanwhile, what died of deadlocks, and how
 * long locks on the application's tables were held, as another session sees it. With `--check` the budgets below must hold.
 *
 *   node packages/benchmarks/src/migrationTraffic.ts [--rows 100000] [--check] [--postgres postgres://…] [--mysql mysql://…]
 */
import { parseArgs } from "node:util"
import {
  applyDatabase,
  cleanupDatabase,
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
    check: { type: "boolean", default: false },
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

/**
 * Milliseconds for which a transaction of one session has held locks that keep others from a row or a table of the application,
 * at the moment of asking. PostgreSQL: its locks by relation; those of a reader keep nobody from anything. MariaDB has no such
 * list: a transaction that has locked rows, since it was first seen.
 */
const locksOf = (driver: SqlDriver, session: number) => {
  const seen = new Map<string, number>()
  return async (): Promise<number> => {
    if (driver.dialect === "postgres") {
      const { rows } = await driver.run(
        `SELECT COALESCE(MAX(EXTRACT(EPOCH FROM clock_timestamp() - a.xact_start) * 1000), 0) AS ms FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.pid = ${session} AND l.granted AND l.mode NOT IN ('AccessShareLock', 'RowShareLock') AND l.relation IN (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind = 'r')`
      )
      return Number(rows[0]?.["ms"])
    }
    const { rows } = await driver.run(
      `SELECT trx_id AS id FROM information_schema.INNODB_TRX WHERE trx_mysql_thread_id = ${session} AND trx_rows_locked > 0 AND trx_tables_locked > 0`
    )
    const now = performance.now()
    return rows.reduce((most, { id }) => {
      const first = seen.get(String(id)) ?? now
      seen.set(String(id), first)
      return Math.max(most, now - first)
    }, 0)
  }
}

/** Looks at the locks of a session until it is told to stop; the longest time that one was held. */
const watchLocks = async (url: string, watched: SqlDriver) => {
  const postgres = watched.dialect === "postgres"
  const { rows } = await watched.run(`SELECT ${postgres ? "pg_backend_pid" : "CONNECTION_ID"}() AS id`)
  const driver = await openDatabase(url)
  const locks = locksOf(driver, Number(rows[0]?.["id"]))
  let longest = 0
  let looks = 0
  const stop = new AbortController()
  const looking = (async () => {
    while (!stop.signal.aborted) {
      longest = Math.max(longest, await locks())
      looks++
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await driver.close()
  })()
  return async () => {
    stop.abort()
    await looking
    return { longest, looks }
  }
}

const most = (times: ReadonlyArray<number>) => times.reduce((a, b) => Math.max(a, b), 0)
const worst = (times: ReadonlyArray<number>) => `${most(times).toFixed(0)} ms`
const p99 = (times: ReadonlyArray<number>) =>
  `${(times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0).toFixed(0)} ms`

interface Measured extends Load {
  /** Milliseconds, at most. */
  readonly locked: number
  readonly looks: number
}

const during = async (url: string, watched: SqlDriver, work: () => Promise<unknown>): Promise<Measured> => {
  const load: Load = { reads: [], writes: [], errors: [] }
  const stopLooking = await watchLocks(url, watched)
  const stop = application(url, load)
  try {
    await work()
  } finally {
    await stop()
  }
  const { longest, looks } = await stopLooking()
  return { ...load, locked: longest, looks }
}

const line = (what: string, { reads, writes, errors, locked, looks }: Measured) =>
  console.log(
    `  ${what.padEnd(12)} reads ${reads.length}: p99 ${p99(reads)}, worst ${worst(reads)}; transactions ${writes.length}: p99 ${p99(writes)}, worst ${worst(writes)}; errors ${errors.length}${errors.length > 0 ? ` (${errors[0]})` : ""}; locks held ${locked.toFixed(0)} ms at most, in ${looks} looks`
  )

/** Milliseconds that a lock may be held, and that a read may take beyond the slowest before. */
const budget = 200

/** What exceeds the budgets. */
const exceeded = (what: string, before: Measured, meanwhile: Measured): ReadonlyArray<string> => {
  const slower = most(meanwhile.reads) - most(before.reads)
  return [
    ...(meanwhile.errors.length > 0
      ? [`${what}: ${meanwhile.errors.length} errors of the application: ${meanwhile.errors[0]}`]
      : []),
    ...(slower > budget
      ? [`${what}: a read took ${slower.toFixed(0)} ms more than the slowest before, budget ${budget}`]
      : []),
    ...(meanwhile.locked > budget
      ? [`${what}: locks were held for ${meanwhile.locked.toFixed(0)} ms, budget ${budget}`]
      : []),
    ...(meanwhile.looks === 0 || meanwhile.reads.length === 0 || meanwhile.writes.length === 0
      ? [`${what}: nothing was measured`]
      : [])
  ]
}

const measure = async (name: string, url: string, keys: boolean): Promise<ReadonlyArray<string>> => {
  const driver = await openDatabase(url)
  try {
    await fill(driver, keys)
    const plan = await planDatabase(driver, {
      mappings,
      locations: [
        { table: "calls", column: "ext", kind: "id" },
        { table: "agents", column: "ext", kind: "id" }
      ]
    })
    const title = `${name}, ${rows} rows, ${keys ? "with" : "without"} foreign keys`
    console.log(title)
    const before = await during(url, driver, () => new Promise((resolve) => setTimeout(resolve, 3000)))
    line("before", before)
    const steps = {
      "dry run": () => dryRunDatabase(driver, plan),
      apply: () => applyDatabase(driver, plan),
      verify: async () => {
        const { problems } = await verifyDatabase(driver, plan)
        if (problems.length > 0) throw new Error(problems.join("\n"))
      },
      "roll back": () => rollbackDatabase(driver, plan)
    }
    const problems: Array<string> = []
    for (const [step, work] of Object.entries(steps)) {
      const meanwhile = await during(url, driver, work)
      line(step, meanwhile)
      problems.push(...exceeded(`${title}, ${step}`, before, meanwhile))
    }
    await cleanupDatabase(driver, plan)
    return problems
  } finally {
    await driver.close()
  }
}

/** A machine that others use holds a process up: what is really there is there again. */
const measureAgain = async (name: string, url: string, keys: boolean): Promise<ReadonlyArray<string>> => {
  const first = await measure(name, url, keys)
  return values.check && first.length > 0 ? measure(name, url, keys) : first
}

const problems: Array<string> = []
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
    const url = Object.assign(new URL(address), { pathname: database }).href
    for (const keys of [false, true]) problems.push(...(await measureAgain(name, url, keys)))
  } finally {
    await admin.run(`DROP DATABASE ${database}${name === "PostgreSQL" ? " WITH (FORCE)" : ""}`)
    await admin.close()
  }
}
if (values.check && problems.length > 0) {
  console.log(problems.map((problem) => `EXCEEDED ${problem}`).join("\n"))
  process.exitCode = 1
}
