/**
 * The inbox over several processes, through all that happens to processes, connections and servers: nothing is lost, and
 * what a handler does through `Once.run` is done exactly once. The same for our stores and for the adapters.
 *
 * AYWA_CRASH_EVENTS says how many deliveries each test takes, and AYWA_CRASH_OUTAGE for how many milliseconds the store
 * is away.
 */
import { describe, it } from "vitest"
import { startPostgres, startRedis } from "../support/ownServers.ts"
import { describeWith, describeWithPrograms } from "../support/services.ts"
import { check, type Scenario } from "./crash/scenario.ts"

const events = Number(process.env["AYWA_CRASH_EVENTS"] ?? 200)
const outageMillis = Number(process.env["AYWA_CRASH_OUTAGE"] ?? 1000)

const minutes = 60_000 * (2 + events / 1000)

const trouble = { events, deaths: 6, freezes: 1, cuts: 10, outageMillis }

const crashes = (kind: Scenario["kind"]) => {
  for (const order of ["none", "call"] as const) {
    it(`every effect once, order: ${order}`, { timeout: minutes }, () => check({ ...trouble, kind, order }))
  }
}

const endings = (kind: "postgres" | "redis" | "pg-boss" | "bullmq") => {
  it(`every effect once, in order, on ${kind}`, { timeout: minutes }, async () => {
    await using server = await (kind === "postgres" || kind === "pg-boss"
      ? startPostgres()
      : startRedis(["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"]))
    await check({ ...trouble, kind, order: "call", freezes: 0, cuts: 0, outageMillis: 0, server, restarts: 2 })
  })
}

describe("crashes, SQLite", () => crashes("sqlite"))
;(await describeWith("PostgreSQL"))("crashes, PostgreSQL", () => crashes("postgres"))
;(await describeWith("Redis"))("crashes, Redis", () => crashes("redis"))
;(await describeWith("PostgreSQL"))("crashes, pg-boss", () => crashes("pg-boss"))
;(await describeWith("Redis"))("crashes, BullMQ", () => crashes("bullmq"))
describeWithPrograms("postgres", "initdb")("crashes, a PostgreSQL that ends twice", () => {
  endings("postgres")
  endings("pg-boss")
})
describeWithPrograms("redis-server")("crashes, a Redis that ends twice", () => {
  endings("redis")
  endings("bullmq")
})
