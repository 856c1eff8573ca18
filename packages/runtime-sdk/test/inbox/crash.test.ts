/**
 * The inbox over several processes, through all that happens to processes, connections and servers: nothing is lost, and
 * what a handler does through `Once.run` is done exactly once. The same for our stores and for the adapters.
 *
 * AYWA_CRASH_EVENTS says how many deliveries each test takes; with 5,000 or more of them everything runs without an order,
 * and on servers that end, too. AYWA_CRASH_OUTAGE says for how many milliseconds the store is away.
 */
import { describe, it } from "vitest"
import { startPostgres, startRedis } from "../support/ownServers.ts"
import { describeWith, describeWithPrograms } from "../support/services.ts"
import { check as run, type Scenario } from "./crash/scenario.ts"

const events = Number(process.env["AYWA_CRASH_EVENTS"] ?? 60)
const outageMillis = Number(process.env["AYWA_CRASH_OUTAGE"] ?? 1000)
const isFull = events >= 5000

const trouble = { events, deaths: 6, freezes: 1, cuts: 10, outageMillis }

// Most of a test is waiting. More than two of them at once would want too many connections.
const waiting: Array<() => void> = []
let free = 2
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

const crashes = (kind: Scenario["kind"]) => {
  // What keeps the order happens once, too.
  for (const order of isFull ? (["none", "call"] as const) : (["call"] as const)) {
    it.concurrent(`every effect once, order: ${order}`, { timeout }, () =>
      check(() => run({ ...trouble, kind, order }))
    )
  }
}

const endings = (kind: "postgres" | "redis" | "pg-boss" | "bullmq") => {
  it.concurrent(`every effect once, in order, on ${kind}`, { timeout }, () =>
    check(async () => {
      await using server = await (kind === "postgres" || kind === "pg-boss"
        ? startPostgres()
        : startRedis(["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"]))
      await run({ ...trouble, kind, order: "call", freezes: 0, cuts: 0, outageMillis: 0, server, restarts: 2 })
    })
  )
}

describe("crashes, SQLite", () => {
  crashes("sqlite")
})
;(await describeWith("PostgreSQL"))("crashes, PostgreSQL", () => {
  crashes("postgres")
})
;(await describeWith("Redis"))("crashes, Redis", () => {
  crashes("redis")
})
;(await describeWith("PostgreSQL"))("crashes, pg-boss", () => {
  crashes("pg-boss")
})
;(await describeWith("Redis"))("crashes, BullMQ", () => {
  crashes("bullmq")
})
if (isFull) {
  describeWithPrograms("postgres", "initdb")("crashes, a PostgreSQL that ends twice", () => {
    endings("postgres")
    endings("pg-boss")
  })
  describeWithPrograms("redis-server")("crashes, a Redis that ends twice", () => {
    endings("redis")
    endings("bullmq")
  })
}
