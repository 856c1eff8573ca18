/**
 * One crash test: deliveries with duplicates go through an engine while processes are killed and frozen, connections
 * cut, the store is away, and servers end. Every effect must have happened once.
 */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import { type ChildProcess, spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { Client } from "pg"
import { createClient } from "redis"
import { assert } from "vitest"
import { Once } from "../../../src/inbox.ts"
import type { OwnServer } from "../../support/ownServers.ts"
import { makeProxy, type Proxy } from "../../support/proxy.ts"
import { type EffectsPlace, type Engine, leaseMillis, sqlOf, urlOf } from "./engines.ts"
import type { Point, Task } from "./process.ts"

/** What happens, and how much. */
export interface Scenario {
  readonly kind: Engine["kind"]
  readonly order: "none" | "call"
  readonly events: number
  /** Workers die one after the other, at each of the three points. */
  readonly deaths: number
  /** Workers are frozen for longer than their leases, and go on. */
  readonly freezes: number
  /** All connections are cut. */
  readonly cuts: number
  /** Then the store is away for so long. */
  readonly outageMillis: number
  /** Of its own, to be ended and started again; else the machine's. */
  readonly server?: OwnServer | undefined
  readonly restarts?: number | undefined
}

/** What a process has compiled, for those after it: most of what they do is to begin. */
const compiled = mkdtempSync(join(tmpdir(), "aywa-crash-compiled-"))
process.once("exit", () => rmSync(compiled, { recursive: true, force: true }))

const calls = 20
const workers = 3
const zones = ["Asia/Tokyo", "America/Los_Angeles"]
const points: ReadonlyArray<Point> = ["before", "inside", "after"]
const isPostgres = (kind: Engine["kind"]): boolean => kind === "postgres" || kind === "pg-boss"

const query = async (port: number, database: string, ...statements: ReadonlyArray<string>) => {
  const client = new Client({ connectionString: urlOf(port, database) })
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

interface Place extends AsyncDisposable {
  readonly engine: Engine
  readonly effects: EffectsPlace
  readonly proxy: Proxy | undefined
}

/** A database, or a name, for this test alone; its processes reach the server through a proxy. */
const makePlace = async (kind: Engine["kind"], server: OwnServer | undefined): Promise<Place> => {
  const name = `aywa_crash_${randomUUID().slice(0, 8)}`
  const folder = mkdtempSync(join(tmpdir(), "aywa-crash-"))
  const clear = () => rmSync(folder, { recursive: true, force: true })
  const file = join(folder, "effects.db")
  if (kind === "sqlite") {
    const place = { kind, file } as const
    return { engine: place, effects: place, proxy: undefined, [Symbol.asyncDispose]: async () => clear() }
  }
  const port = server?.port ?? (isPostgres(kind) ? 5432 : 6379)
  const proxy = await makeProxy(port)
  if (kind === "postgres" || kind === "pg-boss") {
    await query(port, "postgres", `CREATE DATABASE ${name}`)
    return {
      engine: { kind, port: proxy.port, database: name },
      effects: { kind: "postgres", port, database: name },
      proxy,
      [Symbol.asyncDispose]: async () => {
        await proxy.close()
        clear()
        await query(port, "postgres", `DROP DATABASE ${name} WITH (FORCE)`)
      }
    }
  }
  return {
    engine: { kind, port: proxy.port, name },
    effects: { kind: "sqlite", file },
    proxy,
    [Symbol.asyncDispose]: async () => {
      await proxy.close()
      clear()
      const redis = createClient({ socket: { port, host: "127.0.0.1" } })
      await redis.connect()
      for await (const keys of redis.scanIterator({ MATCH: `*${name}*`, COUNT: 1000 })) {
        if (keys.length > 0) await redis.del(keys)
      }
      await redis.close()
    }
  }
}

interface Effects {
  /** In the order in which they were committed. */
  readonly rows: ReadonlyArray<{ readonly id: string; readonly call_id: string }>
  readonly total: number
}

const createEffects = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const id = sql.onDialectOrElse({ pg: () => "SERIAL PRIMARY KEY", orElse: () => "INTEGER PRIMARY KEY" })
  yield* Once.createTable
  yield* sql`CREATE TABLE effects (n ${sql.literal(id)}, id TEXT NOT NULL, call_id TEXT NOT NULL)`
  yield* sql`CREATE TABLE totals (call_id VARCHAR(255) PRIMARY KEY, n INTEGER NOT NULL)`
})

const readEffects = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [total] = yield* sql<{ n: number | string | null }>`SELECT sum(n) AS n FROM totals`
  const rows = yield* sql<{ id: string; call_id: string }>`SELECT id, call_id FROM effects ORDER BY n`
  return { rows, total: Number(total?.n ?? 0) } satisfies Effects
})

const countEffects = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ n: number | string }>`SELECT count(*) AS n FROM effects`
  return Number(row?.n ?? 0)
})

/** The processes of a test. */
const makeProcesses = (place: Place, { order, deaths }: Scenario) => {
  const children = new Set<ChildProcess>()
  const killed: Array<string> = []
  const stop = new AbortController()
  let count = 0
  // The first ones of their first delivery: how many more each gets is the machine's affair.
  const kills = Array.from({ length: deaths }, (_, i) => ({
    point: points[i % 3] ?? "inside",
    after: 1 + 7 * Math.floor(i / 3)
  }))
  const ready = Promise.withResolvers<void>()
  let readyCount = 0

  const start = async (work: Task["work"]) => {
    const zone = zones[count++ % zones.length] ?? "UTC"
    const task: Task = { engine: place.engine, effects: place.effects, order, zone, work }
    const child = spawn(process.execPath, [new URL("./process.ts", import.meta.url).pathname, JSON.stringify(task)], {
      // Its input ends with us: a process must not outlive the test that started it.
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, TZ: zone, NODE_COMPILE_CACHE: compiled }
    })
    if (work.as === "handle") children.add(child)
    let output = ""
    let errors = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text
      if (text.includes("ready") && ++readyCount === workers) ready.resolve()
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors = (errors + text).slice(-4000)))
    const [code, signal] = (await once(child, "close")) as [number | null, string | null]
    children.delete(child)
    return { code, signal, output, errors }
  }

  /** Keeps one worker alive: a dead one is replaced. */
  const keep = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const ended = await start({ as: "handle", kill: kills.shift() })
      if (stop.signal.aborted) return
      assert.strictEqual(ended.signal, "SIGKILL", ended.errors)
      // Its last line: drivers log lost connections before it.
      killed.push(ended.output.trim().split("\n").at(-1) ?? "")
    }
  }

  return {
    killed,
    /** Until each worker waits for something to do. */
    ready: ready.promise,
    offer: async (from: number, to: number, spreadMillis: number) => {
      const { code, errors } = await start({ as: "offer", from, to, calls, spreadMillis })
      assert.strictEqual(code, 0, errors)
    },
    work: () => Promise.all(Array.from({ length: workers }, keep)),
    /** Freezes one worker for a while. It may die meanwhile of nothing. */
    freeze: async (millis: number) => {
      const [child] = children
      child?.kill("SIGSTOP")
      await sleep(millis)
      child?.kill("SIGCONT")
      // Not the same one next time.
      if (child !== undefined && children.delete(child)) children.add(child)
    },
    stop: () => {
      stop.abort()
      for (const child of children) child.kill("SIGKILL")
    }
  }
}

/** Runs a scenario, and checks its effects. */
export const check = async (scenario: Scenario): Promise<void> => {
  const { kind, order, events } = scenario
  await using place = await makePlace(kind, scenario.server)
  const sql = await sqlOf(place.effects)
  const program = <A, E>(effect: Effect.Effect<A, E, SqlClient.SqlClient>) =>
    effect.pipe(Effect.provide(sql), Effect.scoped, Effect.runPromise)
  await program(createEffects)
  const processes = makeProcesses(place, scenario)
  const spread = troubleMillis(scenario)
  try {
    const working = processes.work()
    // A third of the deliveries are stored by two processes at once; in an order, by one.
    const offering = async () => {
      await processes.ready
      if (order === "call") return processes.offer(0, events, spread)
      const [a, b] = [Math.floor(events * 0.35), Math.floor(events * 0.65)]
      await Promise.all([processes.offer(0, b, spread), processes.offer(a, events, spread)])
    }
    // The server may be away just now.
    const count = () =>
      program(countEffects).then(
        (n) => n,
        () => 0
      )
    // The first deaths come first: who is frozen meanwhile may find nothing left to die of.
    const troubled = async () => {
      await processes.ready
      while (processes.killed.length < points.length && (await count()) < events) await sleep(50)
      await trouble(scenario, place, processes.freeze)
    }
    await Promise.race([Promise.all([offering(), troubled()]), working])
    await finished(count, events)
    // What was in a dead or frozen hand comes again, and must find that it is done.
    await sleep(leaseMillis(kind) * 1.2)
    compare(scenario, await program(readEffects), processes.killed)
    processes.stop()
    await working
  } finally {
    processes.stop()
  }
}

/** Waits until so many are there, or nothing has come for a minute: a dead process is replaced long before. */
const finished = async (count: () => Promise<number>, events: number): Promise<void> => {
  let [last, since] = [0, performance.now()]
  while (last < events && performance.now() - since < 60_000) {
    await sleep(200)
    const now = await count()
    if (now > last) [last, since] = [now, performance.now()]
  }
}

const pauseMillis = 150

/** How long what happens takes. */
const troubleMillis = ({ kind, freezes, cuts, outageMillis, restarts = 0 }: Scenario): number =>
  freezes * leaseMillis(kind) * 1.6 + cuts * pauseMillis + outageMillis + restarts * 2000 + 1000

const trouble = async (
  { kind, freezes, cuts, outageMillis, server, restarts = 0 }: Scenario,
  { proxy }: Place,
  freeze: (millis: number) => Promise<void>
): Promise<void> => {
  for (let i = 0; i < freezes; i++) await freeze(leaseMillis(kind) * 1.6)
  for (let i = 0; i < cuts; i++) {
    await sleep(pauseMillis)
    proxy?.cut()
  }
  if (outageMillis > 0) {
    proxy?.down()
    await sleep(outageMillis)
    proxy?.up()
  }
  for (let i = 0; i < restarts; i++) {
    await server?.restart()
    await sleep(1000)
  }
}

const compare = (
  { order, events, deaths }: Scenario,
  { rows, total }: Effects,
  killed: ReadonlyArray<string>
): void => {
  assert.strictEqual(new Set(rows.map(({ id }) => id)).size, events, "none lost")
  assert.strictEqual(rows.length, events, "none twice")
  assert.strictEqual(total, events)
  // The last ones may find no work left to die of.
  assert.isAbove(killed.length, deaths - workers, "workers died")
  assert.deepStrictEqual([...new Set(killed)].toSorted(), points.map((point) => `killed ${point}`).toSorted())
  if (order === "none") return
  for (const [call, effects] of Map.groupBy(rows, ({ call_id }) => call_id)) {
    const numbers = effects.map(({ id }) => Number(id.slice("evt_".length)))
    assert.deepStrictEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
      call
    )
  }
}
