/**
 * Locks that others hold: what is tried again, for how long, and how writing keeps out of the way.
 */
import { fail } from "../errors/MigrationError.ts"
import { check } from "./checks.ts"
import { isBusy } from "./databaseError.ts"
import type { StepOptions } from "./reports.ts"
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
}

/** A transaction holds the locks of its rows: it is not to take longer than this. */
const longest = 100

/** Between two looks at replicas. */
const lookEvery = 1000

/** Follows the load: slower statements make smaller transactions with pauses between them, replicas that lag make it wait. */
export const makePace = (driver: SqlDriver, chunk: number, { signal, replicaLag = 5000 }: StepOptions): Pace => {
  let rows = chunk
  let usual: number | undefined
  let lastLook = performance.now()
  const lag = async (): Promise<number> => {
    if (driver.dialect !== "postgres") return 0
    const sql =
      "SELECT COALESCE(MAX(EXTRACT(EPOCH FROM r.replay_lag)), 0) * 1000 AS ms FROM pg_stat_replication r WHERE r.state = 'streaming'"
    return numberOf((await driver.run(sql)).rows[0]?.["ms"])
  }
  return {
    rows: () => rows,
    after: async (milliseconds, written) => {
      if (milliseconds > longest && rows > 10) rows = Math.max(10, Math.floor(rows / 2))
      else if (milliseconds < longest / 2 && rows < chunk) rows = Math.min(chunk, rows * 2)
      if (written > 0) {
        const each = milliseconds / written
        // Others wait for the same disks and locks as we do.
        if (usual !== undefined && each > usual * 3) await sleep(Math.min(milliseconds, 500))
        usual = usual === undefined ? each : usual * 0.9 + each * 0.1
      }
      if (replicaLag === 0 || performance.now() - lastLook < lookEvery) return
      while ((await lag()) > replicaLag) {
        check(signal)
        await sleep(500)
      }
      lastLook = performance.now()
    }
  }
}
