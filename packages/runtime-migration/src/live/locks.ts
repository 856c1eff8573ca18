/**
 * Locks that others hold: what is tried again, for how long, and how writing keeps out of the way.
 */
import { fail } from "../errors/MigrationError.ts"
import { check } from "./checks.ts"
import { seesAllSessions } from "../sql/accounts.ts"
import { isBusy } from "./databaseError.ts"
import type { DatabasePlan } from "./planDatabase.ts"
import type { StepOptions } from "./reports.ts"
import { makeReplicas } from "./replicas.ts"
import { numberOf, type SqlDriver } from "./SqlDriver.ts"

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Tries work again while others hold the locks that it needs; then says so. */
export const patiently = async <A>(
  location: string,
  work: () => Promise<A>,
  { signal, patience = 30_000 }: StepOptions,
  who: () => Promise<string> = async () => ""
): Promise<A> => {
  const begin = performance.now()
  for (let wait = 20; ; wait = Math.min(wait * 2, 500)) {
    check(signal)
    try {
      return await work()
    } catch (error) {
      if (!isBusy(error)) throw error
      if (performance.now() - begin > patience) {
        const holders = await who().catch(() => "")
        const words = error instanceof Error ? error.message : String(error)
        fail({ _tag: "Blocked", location, detail: holders === "" ? words : holders }, error)
      }
      await sleep(wait)
    }
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
