/**
 * An application beside a migration, in a process of its own: three writers of two-row transactions and a reader, and a session
 * that looks at the locks of another one. Ends when it is told to, with what it has seen.
 */
import { openDatabase, type SqlDriver } from "@aywa-ai/runtime-migration"

/** What an application has seen. */
export interface Load {
  readonly reads: ReadonlyArray<number>
  readonly writes: ReadonlyArray<number>
  readonly errors: ReadonlyArray<string>
  /** Milliseconds for which locks were held, at most, in so many looks. */
  readonly locked: number
  readonly looks: number
}

const [url = "", count = "0", session = "0"] = process.argv.slice(2)
const rows = Number(count)
const reads: Array<number> = []
const writes: Array<number> = []
const errors: Array<string> = []
const stop = new AbortController()

const random = () => Math.floor(Math.random() * rows)

const timed = async (into: Array<number>, work: () => Promise<unknown>) => {
  const begin = performance.now()
  await work().catch((error: unknown) => errors.push(String(error)))
  into.push(performance.now() - begin)
}

const worker = async (driver: SqlDriver, once: (driver: SqlDriver) => Promise<void>) => {
  while (!stop.signal.aborted) {
    await once(driver)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await driver.close()
}

const write = (driver: SqlDriver) =>
  timed(writes, async () => {
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

const read = (driver: SqlDriver) => timed(reads, () => driver.run(`SELECT * FROM calls WHERE id = ${random()}`))

/**
 * Asks for how many milliseconds a transaction of one session has held locks that keep others from a row or a table of the
 * application. PostgreSQL: its locks by relation; those of a reader keep nobody from anything. MariaDB has no such list, and
 * looks at its transactions every tenth of a second only: there it is a transaction that has locked rows, since it was first
 * seen; what is shorter is seen by `timing`.
 */
const locksOf = (driver: SqlDriver) => {
  const seen = new Map<string, number>()
  return async (): Promise<number> => {
    if (driver.dialect === "postgres") {
      const { rows } = await driver.run(
        `SELECT COALESCE(MAX(EXTRACT(EPOCH FROM clock_timestamp() - a.xact_start) * 1000), 0) AS ms FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.pid = ${session} AND l.granted AND l.mode NOT IN ('AccessShareLock', 'RowShareLock') AND l.relation IN (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind = 'r')`
      )
      return Number(rows[0]?.["ms"])
    }
    const { rows } = await driver.run(
      `SELECT trx_id AS id FROM information_schema.INNODB_TRX WHERE trx_mysql_thread_id = ${session} AND trx_rows_locked > 0 AND trx_tables_locked > 0 AND trx_id < 35184372088832`
    )
    const now = performance.now()
    return rows.reduce((longest, { id }) => {
      const first = seen.get(String(id)) ?? now
      seen.set(String(id), first)
      return Math.max(longest, now - first)
    }, 0)
  }
}

let [locked, looks] = [0, 0]

const open = () => openDatabase(url)
const drivers = await Promise.all([open(), open(), open(), open(), open()])
const [one, two, three, reader, watcher] = drivers
const locks = locksOf(watcher)
const look = async () => {
  locked = Math.max(locked, await locks())
  looks++
}
const work = Promise.all([
  worker(one, write),
  worker(two, write),
  worker(three, write),
  worker(reader, read),
  worker(watcher, look)
])

const end = async () => {
  stop.abort()
  await work
  const load: Load = { reads, writes, errors, locked, looks }
  process.send?.(load, () => process.exit())
}
process.on("message", () => void end())
process.on("disconnect", () => process.exit(1))
process.send?.("ready")
