/**
 * Locks that others hold: what is tried again, for how long, and how writing keeps out of the way.
 */
import { fail, type MigrationReason } from "../errors/MigrationError.ts"
import { check } from "./checks.ts"
import { seesAllSessions } from "../sql/accounts.ts"
import { isBusy } from "./databaseError.ts"
import type { DatabasePlan } from "./planDatabase.ts"
import type { StepOptions } from "./reports.ts"
import { makeReplicas } from "./replicas.ts"
import { numberOf, type SqlDriver } from "./SqlDriver.ts"

/** Waits. */
export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

/** How long a step waits for locks of others, in total. */
export interface Patience {
  readonly isOver: () => boolean
  /** Waits, and counts that. */
  readonly wait: (milliseconds: number) => Promise<void>
  /** Counts the time of some work that is tried again. */
  readonly during: <A>(work: () => Promise<A>) => Promise<A>
}

/** The patience of a step. */
export const makePatience = ({ signal, patience = 30_000 }: StepOptions): Patience => {
  let left = patience
  const during = async <A>(work: () => Promise<A>): Promise<A> => {
    const begin = performance.now()
    try {
      return await work()
    } finally {
      left -= performance.now() - begin
    }
  }
  return {
    isOver: () => left <= 0,
    wait: async (milliseconds) => {
      check(signal)
      await during(() => sleep(Math.max(1, Math.min(milliseconds, left))))
    },
    during
  }
}

/** The waits between tries, in milliseconds. */
export const waits = (): (() => number) => {
  let next = 10
  return () => (next = Math.min(next * 2, 500))
}

/** Tries work again while others hold the locks that it needs; then says so. */
export const patiently = async <A>(
  location: string,
  work: () => Promise<A>,
  patience: Patience,
  who: () => Promise<Partial<BlockedBy>> = async () => ({})
): Promise<A> => {
  const next = waits()
  for (let tried = false; ; tried = true) {
    try {
      return await (tried ? patience.during(work) : work())
    } catch (error) {
      if (!isBusy(error)) throw error
      if (patience.isOver()) {
        const words = error instanceof Error ? error.message : String(error)
        const known = await who().catch((): Partial<BlockedBy> => ({}))
        fail({ _tag: "Blocked", location, detail: known.detail || words, rows: known.rows ?? [] }, error)
      }
      await patience.wait(next())
    }
  }
}

/** What is known of who holds locks. */
export type BlockedBy = Pick<Extract<MigrationReason, { readonly _tag: "Blocked" }>, "detail" | "rows">

/** Settings of a session, as names, by what is waited for at most; in seconds or milliseconds. */
const sessions = {
  // MySQL waits for a row for 50 seconds by itself, and for a table for a day.
  mysql: ["innodb_lock_wait_timeout", "lock_wait_timeout"],
  postgres: [],
  sqlite: []
} as const

/** Lets a session wait for no lock longer than a moment while some work is done: it is tried again by ourselves. */
export const withShortWaits = async <A>(driver: SqlDriver, work: () => Promise<A>): Promise<A> => {
  const restore: Array<string> = []
  if (driver.dialect === "sqlite") {
    const before = numberOf((await driver.run("PRAGMA busy_timeout")).rows[0]?.["timeout"])
    restore.push(`PRAGMA busy_timeout = ${before}`)
    await driver.run(`PRAGMA busy_timeout = ${Math.min(before, 100)}`)
  }
  for (const name of sessions[driver.dialect]) {
    const before = numberOf((await driver.run(`SELECT @@SESSION.${name} AS v`)).rows[0]?.["v"])
    restore.push(`SET SESSION ${name} = ${before}`)
    await driver.run(`SET SESSION ${name} = 1`)
  }
  try {
    return await work()
  } finally {
    // The connection may be what failed.
    for (const statement of restore) await driver.run(statement).catch(() => undefined)
  }
}

/** How many rows a transaction takes, and how long to wait after it. */
export interface Pace {
  readonly rows: () => number
  readonly after: (milliseconds: number, rows: number) => Promise<void>
  /** Others hold locks: from now on no transaction takes more than a chunk. */
  readonly contended: () => void
}

/** A transaction holds the locks of its rows: it is not to take longer than this. */
const longest = 100

/** Rows of a transaction that are never divided any more. */
const least = 10

/** Between two looks at replicas, and at who else is there. */
const lookEvery = 1000

/** Chunks that one transaction takes while nobody else uses the database, and as long as it is short. */
const mostChunks = 8

/**
 * Counts, as `n`, sessions that have done something within five seconds; where those of others cannot be seen, one. Whoever
 * comes meanwhile waits for a transaction that is as short as any.
 */
const othersThere: Readonly<Record<SqlDriver["dialect"], string>> = {
  postgres:
    "SELECT COUNT(*) AS n FROM pg_stat_activity a WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend' AND (a.state IS DISTINCT FROM 'idle' OR a.state_change > now() - interval '5 seconds')",
  mysql: `SELECT IF((${seesAllSessions}) = 0, 1, (SELECT COUNT(*) FROM information_schema.PROCESSLIST p WHERE p.ID <> CONNECTION_ID() AND p.DB = DATABASE() AND (p.COMMAND <> 'Sleep' OR p.TIME < 5))) AS n`,
  sqlite: "SELECT 1 AS n"
}

/**
 * Follows the load: slower statements make smaller transactions with pauses between them, replicas that lag make it wait;
 * where nobody else is there and no size of a chunk was asked for, a transaction takes several.
 */
export const makePace = (
  driver: SqlDriver,
  { chunk, config }: Pick<DatabasePlan, "chunk" | "config">,
  options: StepOptions
): Pace => {
  const replicas = makeReplicas(driver, options)
  let most = config.chunk === undefined ? chunk * mostChunks : chunk
  let ceiling = chunk
  // How long a row takes is known behind the first of them.
  let rows = Math.max(least, Math.ceil(chunk / 4))
  let usual: number | undefined
  let lastLook = -Infinity
  const { replicaLag = lookEvery } = options
  const lookAgain = replicaLag === 0 ? lookEvery : Math.min(lookEvery, replicaLag)
  const asked = async (sql: string, name: string) => numberOf((await driver.run(sql)).rows[0]?.[name])
  const look = async () => {
    await replicas()
    if (most > chunk) ceiling = (await asked(othersThere[driver.dialect], "n")) === 0 ? most : chunk
    lastLook = performance.now()
  }
  return {
    rows: () => Math.max(1, Math.min(rows, ceiling)),
    contended: () => {
      most = chunk
      ceiling = chunk
    },
    after: async (milliseconds, written) => {
      if (milliseconds > longest && rows > least) {
        const part = Math.min(0.5, longest / 2 / milliseconds)
        rows = Math.max(least, Math.floor(Math.min(rows, ceiling) * part))
      } else if (milliseconds < longest / 2 && rows < ceiling) rows = Math.min(ceiling, rows * 2)
      if (written > 0) {
        const each = milliseconds / written
        // Others wait for the same disks and locks as we do.
        if (usual !== undefined && each > usual * 3) await sleep(Math.min(milliseconds, 500))
        usual = usual === undefined ? each : usual * 0.9 + each * 0.1
      }
      if (performance.now() - lastLook > lookAgain) await look()
    }
  }
}
