/**
 * The inbox over several processes, through all that happens to processes, connections and servers: nothing is lost, and
 * what a handler does through `Once.run` is done exactly once. The same for our stores and for the adapters.
 *
 * AYWA_CRASH_EVENTS says how many deliveries each test takes; with 5,000 or more of them everything runs on the machine's
 * servers, without an order, too, and in order on servers that end twice. AYWA_CRASH_OUTAGE says for how many milliseconds
 * the store is away.
 */
import { describe, it } from "vitest"
import { type OwnServer, startPostgres, startRedis } from "../support/ownServers.ts"
import { describeWith, runsProgram } from "../support/services.ts"
import { check as run, type Scenario } from "./crash/scenario.ts"

const events = Number(process.env["AYWA_CRASH_EVENTS"] ?? 60)
const outageMillis = Number(process.env["AYWA_CRASH_OUTAGE"] ?? 1000)
const isFull = events >= 5000

// A worker dies at each of three points.
const trouble = { events, deaths: isFull ? 6 : 3, freezes: 1, cuts: 10, outageMillis }

// Most of a small test is waiting, so all of them go at once. Large ones would want too many connections.
const waiting: Array<() => void> = []
let free = isFull ? 2 : 5
const check = async (scenario: () => Promise<void>): Promise<void> => {
  if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve))
  else free--
  try {
    await scenario()
  } finally {
    const next = waiting.shift()
    if (next === undefined) free++
    else next()
  }
}
// Those before it included.
const timeout = 60_000 * (15 + events / 50)

type Kind = Scenario["kind"]

const startServer = (kind: Kind): Promise<OwnServer> =>
  kind === "postgres" || kind === "pg-boss"
    ? startPostgres()
    : startRedis(["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"])

/** On the machine's server, which nobody ends. */
const crashes = (kind: Kind, order: Scenario["order"]) => {
  it(`every effect once, order: ${order}`, { timeout }, () => check(() => run({ ...trouble, kind, order })))
}

/** On a server of its own, which ends without a word, and begins again. */
const endings = (kind: Kind, scenario: Partial<Scenario>) => {
  it("every effect once, in order, on a server that ends", { timeout }, () =>
    check(async () => {
      await using server = await startServer(kind)
      await run({ ...trouble, kind, order: "call", server, restarts: 1, ...scenario })
    })
  )
}

const canEnd: Readonly<Record<Kind, boolean>> = {
  sqlite: false,
  postgres: runsProgram("initdb") && runsProgram("postgres"),
  // Making one more is dear; the large test does.
  "pg-boss": isFull,
  redis: runsProgram("redis-server"),
  bullmq: runsProgram("redis-server")
}

const suite = (kind: Kind) => {
  if (isFull) {
    crashes(kind, "none")
    crashes(kind, "call")
    if (canEnd[kind]) endings(kind, { freezes: 0, cuts: 0, outageMillis: 0, restarts: 2 })
    return
  }
  // What keeps the order happens once, too.
  if (canEnd[kind]) endings(kind, {})
  else crashes(kind, "call")
}

const [withPostgres, withRedis] = [await describeWith("PostgreSQL"), await describeWith("Redis")]

describe.concurrent("crashes", () => {
  describe("SQLite", () => {
    suite("sqlite")
  })
  withPostgres("PostgreSQL", () => {
    suite("postgres")
  })
  withRedis("Redis", () => {
    suite("redis")
  })
  withPostgres("pg-boss", () => {
    suite("pg-boss")
  })
  withRedis("BullMQ", () => {
    suite("bullmq")
  })
})
