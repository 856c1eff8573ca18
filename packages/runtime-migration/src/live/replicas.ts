/**
 * How far replicas are behind, so that writing waits for them.
 */
import { fail, invalid } from "../errors/MigrationError.ts"
import { check } from "./checks.ts"
import type { StepOptions } from "./reports.ts"
import { numberOf, type SqlDriver } from "./SqlDriver.ts"

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Between two looks at replicas that are behind. */
const askAgain = 500

/** Milliseconds by which the replica that is furthest behind is. */
type Lag = () => Promise<number>

/**
 * PostgreSQL knows its replicas. What it says of a delay is that of what was replayed last: where a replica replays nothing any
 * more, it is how long ago the primary was where that replica is.
 */
const postgresLag = (driver: SqlDriver): Lag => {
  const positions: Array<{ readonly position: number; readonly time: number }> = []
  return async () => {
    const { rows } = await driver.run(
      "SELECT pg_current_wal_lsn() - '0/0' AS here, MIN(r.replay_lsn - '0/0') AS there, COALESCE(MAX(EXTRACT(EPOCH FROM r.replay_lag)), 0) * 1000 AS ms FROM pg_stat_replication r WHERE r.state = 'streaming'"
    )
    const { here, there, ms } = rows[0] ?? {}
    if (there === null || there === undefined) return 0
    positions.push({ position: numberOf(here), time: performance.now() })
    while ((positions[0]?.position ?? Infinity) <= numberOf(there)) positions.shift()
    const [oldest] = positions
    return Math.max(numberOf(ms), oldest === undefined ? 0 : performance.now() - oldest.time)
  }
}

/** Statements that ask a replica, by the age of the server; what a privilege is missing for is the last one's error. */
const statuses = ["SHOW REPLICA STATUS", "SHOW SLAVE STATUS"]

/** MySQL, MariaDB: replicas are asked themselves. Without a number one has stopped: nobody knows how far it is behind. */
const mysqlLag =
  (replicas: ReadonlyArray<SqlDriver>): Lag =>
  async () => {
    let most = 0
    for (const [at, replica] of replicas.entries()) {
      const { rows } = await replica
        .run(statuses[0] ?? "")
        .catch(() => replica.run(statuses[1] ?? ""))
        .catch((error: unknown) => {
          const detail = error instanceof Error ? error.message : String(error)
          return fail({ _tag: "InvalidConfig", field: `replicas[${at}]`, detail: `cannot be asked: ${detail}` }, error)
        })
      if (rows.length === 0) return invalid(`replicas[${at}]`, "this server is no replica")
      for (const row of rows) {
        const seconds = row["Seconds_Behind_Source"] ?? row["Seconds_Behind_Master"]
        most = Math.max(most, seconds === null || seconds === undefined ? Infinity : numberOf(seconds) * 1000)
      }
    }
    return most
  }

/** Waits while replicas are further behind than they may be. */
export const makeReplicas = (
  driver: SqlDriver,
  { replicas = [], replicaLag = 5000, onPause, signal }: StepOptions
): (() => Promise<void>) => {
  if (replicas.length > 0 && driver.dialect !== "mysql")
    return invalid("replicas", "are for MySQL and MariaDB: PostgreSQL knows its own, and SQLite has none")
  if (replicaLag === 0 || driver.dialect === "sqlite") return async () => undefined
  const lag = driver.dialect === "postgres" ? postgresLag(driver) : mysqlLag(replicas)
  return async () => {
    for (let told = false; ;) {
      const behind = await lag()
      if (behind <= replicaLag) return
      if (!told) onPause?.(wordsOf(behind))
      told = true
      check(signal)
      await sleep(askAgain)
    }
  }
}

const wordsOf = (behind: number): string =>
  Number.isFinite(behind)
    ? `A replica is ${(behind / 1000).toFixed(1)} s behind: writing waits for it.`
    : "A replica has stopped: writing waits until it goes on."
