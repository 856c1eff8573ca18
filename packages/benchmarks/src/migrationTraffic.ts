/**
 * A migration beside an application: three writers of two-row transactions and a reader, on PostgreSQL and MariaDB, with and
 * without foreign keys. Printed are the application's slowest statements before and meanwhile, what died of deadlocks, and how
 * long locks on the application's tables were held, as another session sees it. With `--check` the budgets below must hold.
 *
 *   node packages/benchmarks/src/migrationTraffic.ts [--rows 100000] [--check] [--postgres postgres://…] [--mysql mysql://…]
 */
import { fork } from "node:child_process"
import { once } from "node:events"
import { parseArgs } from "node:util"
import {
  applyDatabase,
  cleanupDatabase,
  dryRunDatabase,
  openDatabase,
  planDatabase,
  rollbackDatabase,
  type SqlDriver,
  verifyDatabase
} from "@aywa-ai/runtime-migration"
import { mappingsOf, oldId, servers } from "./migrationParts.ts"
import type { Load } from "./migrationApplication.ts"

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "100000" },
    check: { type: "boolean", default: false },
    ...servers
  }
})
const rows = Number(values.rows)
const ids = 500
const mappings = mappingsOf(ids)

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

/** A driver that times its transactions that write a table of the application, from their first statement to their end. */
const timing = (driver: SqlDriver, told: (milliseconds: number) => void): SqlDriver => {
  let begin: number | undefined
  let writes = false
  return {
    ...driver,
    run: async (sql, parameters) => {
      if (/^(BEGIN|START TRANSACTION)/.test(sql)) {
        begin = performance.now()
        writes = false
      }
      writes ||=
        /^(UPDATE|WITH moved|ALTER TABLE|SELECT .* FOR UPDATE)/s.test(sql) && /[`"](calls|agents)[`"]/.test(sql)
      try {
        return await driver.run(sql, parameters)
      } finally {
        if (/^(COMMIT|ROLLBACK)$/.test(sql) && begin !== undefined) {
          if (writes) told(performance.now() - begin)
          begin = undefined
        }
      }
    }
  }
}

const most = (times: ReadonlyArray<number>) => times.reduce((a, b) => Math.max(a, b), 0)
const worst = (times: ReadonlyArray<number>) => `${most(times).toFixed(0)} ms`
const p99 = (times: ReadonlyArray<number>) =>
  `${(times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0).toFixed(0)} ms`

interface Measured extends Load {
  /** Milliseconds that our own transactions took, at most. */
  readonly longest: number
  readonly transactions: number
}

const during = async (
  url: string,
  watched: SqlDriver,
  work: (driver: SqlDriver) => Promise<unknown>
): Promise<Measured> => {
  const postgres = watched.dialect === "postgres"
  const { rows: ids } = await watched.run(`SELECT ${postgres ? "pg_backend_pid" : "CONNECTION_ID"}() AS id`)
  const application = fork(new URL("./migrationApplication.ts", import.meta.url), [
    url,
    `${rows}`,
    String(ids[0]?.["id"])
  ])
  try {
    await once(application, "message")
    const times: Array<number> = []
    await work(timing(watched, (milliseconds) => times.push(milliseconds)))
    const answer = once(application, "message")
    application.send("stop")
    const [load]: Array<Load> = await answer
    if (load === undefined) throw new Error("the application ended without a word")
    return { ...load, longest: most(times), transactions: times.length }
  } finally {
    application.kill()
  }
}

const line = (what: string, { reads, writes, errors, locked, looks, longest, transactions }: Measured) =>
  console.log(
    `  ${what.padEnd(12)} reads ${reads.length}: p99 ${p99(reads)}, worst ${worst(reads)}; transactions ${writes.length}: p99 ${p99(writes)}, worst ${worst(writes)}; errors ${errors.length}${errors.length > 0 ? ` (${errors[0]})` : ""}; locks held ${locked.toFixed(0)} ms at most in ${looks} looks, ${longest.toFixed(0)} ms in ${transactions} transactions of ours`
  )

/** Milliseconds that a lock may be held, and that a read may take beyond the slowest before. */
const budget = 200

/** What exceeds the budgets. */
const exceeded = (what: string, before: Measured, meanwhile: Measured): ReadonlyArray<string> => {
  const slower = most(meanwhile.reads) - most(before.reads)
  const held = Math.max(meanwhile.locked, meanwhile.longest)
  return [
    ...(meanwhile.errors.length > 0
      ? [`${what}: ${meanwhile.errors.length} errors of the application: ${meanwhile.errors[0]}`]
      : []),
    ...(slower > budget
      ? [`${what}: a read took ${slower.toFixed(0)} ms more than the slowest before, budget ${budget}`]
      : []),
    ...(held > budget ? [`${what}: locks were held for ${held.toFixed(0)} ms, budget ${budget}`] : []),
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
      "dry run": (driver: SqlDriver) => dryRunDatabase(driver, plan),
      apply: (driver: SqlDriver) => applyDatabase(driver, plan),
      verify: async (driver: SqlDriver) => {
        const { problems } = await verifyDatabase(driver, plan)
        if (problems.length > 0) throw new Error(problems.join("\n"))
      },
      "roll back": (driver: SqlDriver) => rollbackDatabase(driver, plan)
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
  let problems = await measure(name, url, keys)
  for (let tries = 1; values.check && problems.length > 0 && tries < 3; tries++)
    problems = await measure(name, url, keys)
  return problems
}

const problems: Array<string> = []
for (const [name, address] of [
  ["PostgreSQL", values.postgres],
  ["MariaDB", values.mysql]
] as const) {
  const admin = await openDatabase(address).catch(() => undefined)
  if (admin === undefined) {
    console.log(`SKIPPED: no ${name} at the given address`)
    if (process.env["AYWA_REQUIRE_SERVICES"] === "1") process.exitCode = 1
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
