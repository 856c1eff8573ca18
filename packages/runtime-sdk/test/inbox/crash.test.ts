/**
 * The inbox over several processes, some of which are killed (SIGKILL) while they handle deliveries: nothing is lost,
 * and what a handler does through `Once.run` is done exactly once.
 */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createClient, type RedisClientType } from "redis"
import { assert, describe, it } from "vitest"
import { Once, WebhookInbox } from "../../src/inbox.ts"
import { describeWith } from "../support/services.ts"
import type { Point, Task } from "./process.ts"
import { inboxLayer, makePlace, type Place, sqlLayer } from "./support.ts"

type Work = Task["work"]

/** Starts a process; gives its last words, and how it ended. */
const start = async (task: Task, children: Set<ReturnType<typeof spawn>>) => {
  const child = spawn(process.execPath, [new URL("./process.ts", import.meta.url).pathname, JSON.stringify(task)], {
    // Its input ends with us: a process must not outlive the test that started it.
    stdio: ["pipe", "pipe", "pipe"]
  })
  children.add(child)
  let output = ""
  let errors = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text))
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors = (errors + text).slice(-2000)))
  const [code, signal] = (await once(child, "close")) as [number | null, string | null]
  children.delete(child)
  return { code, signal, output, errors }
}

interface Scenario {
  readonly events: number
  readonly calls: number
  readonly workers: number
  /** One worker after the other dies like this; afterwards nobody dies any more. */
  readonly deaths: ReadonlyArray<{ readonly point: Point; readonly after: number }>
  readonly offers: ReadonlyArray<Extract<Work, { as: "offer" }>>
  readonly options: WebhookInbox.Options
}

interface Effects {
  readonly killed: ReadonlyArray<string>
  /** In the order in which they were committed. */
  readonly effects: ReadonlyArray<{ readonly id: string; readonly call_id: string }>
  readonly totals: number
  readonly parked: number
}

const crash = async (kind: "sqlite" | "postgres" | "redis", scenario: Scenario): Promise<Effects> => {
  const { place, remove } = await makePlace(kind)
  const beside = kind === "redis" ? await makePlace("sqlite") : undefined
  const effects = beside?.place ?? place
  assert(effects.kind === "sqlite" || effects.kind === "postgres")
  const children = new Set<ReturnType<typeof spawn>>()
  const query = <A, E>(program: Effect.Effect<A, E, SqlClient.SqlClient>) =>
    program.pipe(Effect.provide(sqlLayer(effects)), Effect.scoped, Effect.runPromise)
  try {
    await query(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const id = sql.onDialectOrElse({ pg: () => "SERIAL PRIMARY KEY", orElse: () => "INTEGER PRIMARY KEY" })
        yield* Once.createTable
        yield* sql`CREATE TABLE effects (n ${sql.literal(id)}, id TEXT NOT NULL, call_id TEXT NOT NULL)`
        yield* sql`CREATE TABLE totals (call_id VARCHAR(255) PRIMARY KEY, n INTEGER NOT NULL)`
      })
    )
    const task = (work: Work): Task => ({ place, effects, options: scenario.options, work })
    const killed: Array<string> = []
    const deaths = [...scenario.deaths]
    const state = { stopping: false }
    /** Keeps one worker alive: a dead one is replaced. */
    const keep = async (): Promise<void> => {
      while (!state.stopping) {
        const ended = await start(task({ as: "handle", kill: deaths.shift() }), children)
        if (state.stopping) return
        assert.strictEqual(ended.signal, "SIGKILL", ended.errors)
        killed.push(ended.output.trim())
      }
    }
    const workers = Array.from({ length: scenario.workers }, keep)
    const offered = await Promise.all(scenario.offers.map((work) => start(task(work), children)))
    for (const { code, errors } of offered) assert.strictEqual(code, 0, errors)
    await Promise.race([Promise.all(workers), settled(place)])
    state.stopping = true
    for (const child of children) child.kill("SIGKILL")
    await Promise.all(workers)
    const done = await query(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const [total] = yield* sql<{ n: number | string }>`SELECT sum(n) AS n FROM totals`
        return {
          effects: yield* sql<{ id: string; call_id: string }>`SELECT id, call_id FROM effects ORDER BY n`,
          totals: Number(total?.n)
        }
      })
    )
    const parked = await Effect.flatMap(WebhookInbox.WebhookInbox, (inbox) => inbox.parked()).pipe(
      Effect.provide(inboxLayer(place, scenario.options)),
      Effect.runPromise
    )
    return { ...done, killed, parked: parked.length }
  } finally {
    for (const child of children) child.kill("SIGKILL")
    await remove()
    await beside?.remove()
  }
}

/** Waits until the queue has nothing left, deliveries of the dead included. */
const settled = async (place: Place): Promise<void> => {
  for (let i = 0; i < 1200; i++) {
    if ((await left(place)) === 0) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${await left(place)} deliveries are left after two minutes`)
}

/** Deliveries that are stored and not yet acknowledged. */
const left = async (place: Place): Promise<number> => {
  if (place.kind === "sqlite" || place.kind === "postgres") {
    const rows = await Effect.flatMap(
      SqlClient.SqlClient,
      (sql) => sql<{ n: number | string }>`SELECT count(*) AS n FROM aywa_inbox_deliveries WHERE state = 'waiting'`
    ).pipe(Effect.provide(sqlLayer(place)), Effect.scoped, Effect.runPromise)
    return Number(rows[0]?.n)
  }
  if (place.kind === "memory") return 0
  const redis: RedisClientType = createClient()
  await redis.connect()
  try {
    return await redis.zCard(`${place.prefix}webhooks/stored`)
  } finally {
    await redis.close()
  }
}

const points: ReadonlyArray<Point> = ["before", "inside", "after"]
const count = Number(process.env["AYWA_CRASH_EVENTS"] ?? 10_000)

/** A third of the deliveries are stored by two processes at once; four workers, and twelve of them die. */
const many: Scenario = {
  events: count,
  calls: 100,
  workers: 4,
  deaths: Array.from({ length: 12 }, (_, i) => ({ point: points[i % 3] ?? "inside", after: 40 + 37 * i })),
  offers: [
    { as: "offer", from: 0, to: Math.floor(count * 0.65), calls: 100, inOrder: false },
    { as: "offer", from: Math.floor(count * 0.35), to: count, calls: 100, inOrder: false }
  ],
  options: { lockExpiration: "3 seconds" }
}

/** Handled call by call. */
const ordered: Scenario = {
  events: 600,
  calls: 20,
  workers: 2,
  deaths: Array.from({ length: 6 }, (_, i) => ({ point: points[i % 3] ?? "inside", after: 15 })),
  offers: [{ as: "offer", from: 0, to: 600, calls: 20, inOrder: true }],
  options: { lockExpiration: "1 second", order: "call", partitions: 6 }
}

const check = ({ events, deaths, workers }: Scenario, { effects, totals, parked, killed }: Effects) => {
  // The last ones may find no work left to die of.
  assert.isAbove(killed.length, deaths.length - workers, "workers died")
  assert.deepStrictEqual([...new Set(killed)].toSorted(), points.map((point) => `killed ${point}`).toSorted())
  assert.strictEqual(new Set(effects.map(({ id }) => id)).size, events, "none lost")
  assert.strictEqual(effects.length, events, "none twice")
  assert.strictEqual(totals, events)
  assert.strictEqual(parked, 0)
}

const crashes = (kind: "sqlite" | "postgres" | "redis") => {
  it(`${count} deliveries with duplicates, 12 workers killed: every effect once`, { timeout: 180_000 }, async () => {
    check(many, await crash(kind, many))
  })
}

const keepsOrder = (kind: "sqlite" | "postgres" | "redis") => {
  it(`order: call holds over processes that are killed`, { timeout: 120_000 }, async () => {
    const done = await crash(kind, ordered)
    check(ordered, done)
    for (const [call, effects] of Map.groupBy(done.effects, (effect) => effect.call_id)) {
      const numbers = effects.map(({ id }) => Number(id.slice("evt_".length)))
      assert.deepStrictEqual(
        numbers,
        numbers.toSorted((a, b) => a - b),
        call
      )
    }
  })
}

describe("crashes, SQLite", () => {
  crashes("sqlite")
  keepsOrder("sqlite")
})
;(await describeWith("PostgreSQL"))("crashes, PostgreSQL", () => {
  crashes("postgres")
  keepsOrder("postgres")
})
;(await describeWith("Redis"))("crashes, Redis", () => {
  crashes("redis")
  keepsOrder("redis")
})
