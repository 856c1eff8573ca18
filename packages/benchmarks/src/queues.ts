/**
 * The inbox beside pg-boss, graphile-worker and BullMQ, in one run: offers and handled deliveries a second, pickup from
 * another process, and what an idle process asks. `node src/queues.ts`; needs `redis-server`, and PostgreSQL on its
 * standard port or where AYWA_QUEUE_POSTGRES says, a URL of the database `postgres`. Each measurement is a process of its
 * own, in rounds whose order rotates; medians are compared.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { Client } from "pg"
import { createClient } from "redis"
import { concurrency, type EngineName, engines, type Servers } from "./queueEngines.ts"
import type { Task } from "./queueWorker.ts"

const count = Number(process.env["AYWA_QUEUE_COUNT"] ?? 5000)
const rounds = Number(process.env["AYWA_QUEUE_ROUNDS"] ?? 3)
const idleSeconds = Number(process.env["AYWA_QUEUE_IDLE"] ?? 20)
const admin = process.env["AYWA_QUEUE_POSTGRES"] ?? "postgres://postgres@127.0.0.1:5432/postgres"

const query = async (url: string, text: string) => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

const start = (task: Task): ChildProcess =>
  spawn(process.execPath, [new URL("./queueWorker.ts", import.meta.url).pathname, JSON.stringify(task)], {
    stdio: ["pipe", "pipe", "inherit"]
  })

const outputOf = (child: ChildProcess): (() => string) => {
  let text = ""
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (text += chunk))
  return () => text
}

const measure = async (task: Task): Promise<number> => {
  const child = start(task)
  const output = outputOf(child)
  await once(child, "close")
  return Number(output().trim())
}

/** A Redis of its own, which writes every second what it has, and an empty database. */
const startServers = async () => {
  const probe = createServer().listen(0, "127.0.0.1")
  await once(probe, "listening")
  const address = probe.address()
  const redisPort = typeof address === "object" && address !== null ? address.port : 0
  probe.close()
  const folder = mkdtempSync(join(tmpdir(), "aywa-queues-"))
  const args = [
    "--port",
    String(redisPort),
    "--dir",
    folder,
    "--save",
    "",
    "--appendonly",
    "yes",
    "--maxmemory-policy",
    "noeviction"
  ]
  const redis = spawn("redis-server", args, { stdio: "ignore" })
  const name = `aywa_queues_${process.pid}`
  const servers: Servers = { postgres: admin.replace(/postgres$/, name), redisPort }
  const clear = async () => {
    await query(admin, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    await query(admin, `CREATE DATABASE ${name}`)
    const client = await connect(redisPort)
    await client.flushAll()
    await client.close()
  }
  const close = async () => {
    redis.kill()
    await query(admin, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    rmSync(folder, { recursive: true, force: true })
  }
  return { servers, name, clear, close }
}

const connect = async (port: number) => {
  const client = createClient({ socket: { host: "127.0.0.1", port } })
  client.on("error", () => {})
  await client.connect()
  return client
}

type Place = Awaited<ReturnType<typeof startServers>>

/** What the servers were asked so far, the question itself included. */
const questions = async ({ servers, name }: Place, on: "PostgreSQL" | "Redis"): Promise<number> => {
  if (on === "PostgreSQL") {
    const [row] = await query(
      admin,
      `SELECT xact_commit + xact_rollback AS n FROM pg_stat_database WHERE datname = '${name}'`
    )
    return Number(row?.n)
  }
  const client = await connect(servers.redisPort)
  const [, commands] = /total_commands_processed:(\d+)/.exec(await client.info("stats")) ?? []
  await client.close()
  return Number(commands)
}

const at = (values: ReadonlyArray<number>, share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN

interface Figures {
  readonly offers: Array<number>
  readonly handled: Array<number>
  pickup: ReadonlyArray<number>
  perMinute: number
}

const latencies = async (place: Place, engine: EngineName): Promise<Pick<Figures, "pickup" | "perMinute">> => {
  await place.clear()
  const { servers } = place
  const { on } = engines[engine]
  const worker = start({ engine, servers, measure: "idle", count: 0 })
  const output = outputOf(worker)
  while (!output().includes("ready")) await sleep(50)
  await sleep(3000)
  const before = await questions(place, on)
  await sleep(idleSeconds * 1000)
  const perMinute = ((await questions(place, on)) - before) * (60 / idleSeconds)
  await measure({ engine, servers, measure: "pickup", count: 200 })
  await sleep(1000)
  worker.stdin?.end()
  await once(worker, "close")
  const pickup = output()
    .split("\n")
    .filter((line) => /^[\d.]+$/.test(line))
    .map(Number)
  return { pickup, perMinute }
}

const place = await startServers()
const names = Object.keys(engines) as ReadonlyArray<EngineName> // Its own.
const figures = new Map(names.map((name) => [name, { offers: [], handled: [], pickup: [], perMinute: 0 } as Figures]))
try {
  await sleep(500)
  for (let round = 0; round < rounds; round++) {
    for (const [i] of names.entries()) {
      const engine = names[(i + round) % names.length]
      const of = engine === undefined ? undefined : figures.get(engine)
      if (engine === undefined || of === undefined) continue
      await place.clear()
      of.offers.push(await measure({ engine, servers: place.servers, measure: "offers", count }))
      of.handled.push(await measure({ engine, servers: place.servers, measure: "handled", count }))
      const [offers, handled] = [of.offers.at(-1) ?? 0, of.handled.at(-1) ?? 0]
      console.log(`round ${round + 1}, ${engine}: ${Math.round(offers)} offers/s, ${Math.round(handled)} handled/s`)
    }
  }
  for (const name of names) {
    const late = await latencies(place, name)
    Object.assign(figures.get(name) ?? {}, late)
    console.log(
      `${name}: picked up after ${at(late.pickup, 0.5).toFixed(1)} ms, ${Math.round(late.perMinute)} a minute`
    )
  }
} finally {
  await place.close()
}

console.log(`${count} deliveries of 400 bytes, ${concurrency} side by side, ${rounds} rounds, medians`)
console.table(
  Object.fromEntries(
    [...figures].map(([name, { offers, handled, pickup, perMinute }]) => [
      name,
      {
        "offers/s": Math.round(at(offers, 0.5)),
        "handled/s": Math.round(at(handled, 0.5)),
        "pickup p50 ms": Number(at(pickup, 0.5).toFixed(1)),
        "pickup p95 ms": Number(at(pickup, 0.95).toFixed(1)),
        "idle questions/min": Math.round(perMinute)
      }
    ])
  )
)
const ratio = (what: "offers" | "handled", ours: EngineName, theirs: EngineName) =>
  at(figures.get(ours)?.[what] ?? [], 0.5) / at(figures.get(theirs)?.[what] ?? [], 0.5)
const targets = [
  ["handled/s", "handled", "ours, PostgreSQL", "pg-boss", 1],
  ["handled/s", "handled", "ours, Redis", "BullMQ", 1.3],
  ["offers/s", "offers", "ours, PostgreSQL", "pg-boss", 2],
  ["offers/s", "offers", "ours, Redis", "BullMQ", 1.3]
] as const
for (const [title, what, ours, theirs, target] of targets) {
  const measured = ratio(what, ours, theirs)
  console.log(
    `${title}, ${ours} beside ${theirs}: ${measured.toFixed(2)}x, target ${target}x${measured >= target ? "" : "  NOT MET"}`
  )
}
