/**
 * The layers of the inbox, for two tenants: a database each. After every question both databases are looked into, with
 * clients of the test's own: what a tenant stored must be in its own, all of it.
 */
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as SqlClient from "effect/sql/SqlClient"
import { randomUUID } from "node:crypto"
import { DatabaseSync } from "node:sqlite"
import { Client } from "pg"
import { createClient } from "redis"
import { NodeSqlite, WebhookDedupe, WebhookInbox } from "../../src/inbox.ts"
import { delivery, makePlace, until } from "../inbox/support.ts"
import { type Case, overProvided, perTenant, type Tenant } from "./modes.ts"

/** Where a delivery, and the leases of an inbox, are. */
interface Found {
  readonly queue: boolean
  readonly parked: boolean
  readonly lease: boolean
}

/** Looks into one database. */
type Look = (id: string, lease: string) => Promise<Found>

const tenants: ReadonlyArray<Tenant> = ["a", "b"]

/** In which databases something is. */
const whereIs = async (looks: Readonly<Record<Tenant, Look>>, what: keyof Found, id: string, lease: string) => {
  const found = await Promise.all(tenants.map(async (tenant) => ((await looks[tenant](id, lease))[what] ? tenant : "")))
  return found.join("")
}

/** Short, so that a delivery that waits in another tenant's queue ends the test soon. */
const quick = { pollInterval: 20, backoff: 20, maxAttempts: 1, order: "call", partitions: 1 } as const

/** Stores a delivery, handles it, and lets it fail: where was it queued, leased and parked? */
const inboxOf = (looks: Readonly<Record<Tenant, Look>>, name: string) =>
  Effect.gen(function* () {
    const inbox = yield* WebhookInbox.WebhookInbox
    const id = `evt-${randomUUID()}`
    const where = (what: keyof Found) => Effect.promise(() => whereIs(looks, what, id, `${name}:0`))
    yield* inbox.offer(delivery(id, "call-1"))
    const queue = yield* where("queue")
    let lease = ""
    const handler = () =>
      Effect.flatMap(where("lease"), (found) => {
        // The other tenant may be handling too: then it holds one of its own.
        lease = found.includes(queue) ? queue : found
        return Effect.fail("parked by the test")
      })
    const parked = until(
      Effect.map(inbox.parked(), (all) => all.some((one) => one.id === id)),
      "the delivery is parked",
      5000
    )
    yield* Effect.raceFirst(parked, inbox.run(handler))
    const answers = { queue, lease, parked: yield* where("parked") }
    return new Set(Object.values(answers)).size === 1 ? queue : JSON.stringify(answers)
  })

/** Claims an id: where is its claim? */
const dedupeOf = (looks: Readonly<Record<Tenant, Look>>) =>
  Effect.gen(function* () {
    const dedupe = yield* WebhookDedupe.WebhookDedupe
    const id = `evt-${randomUUID()}`
    yield* dedupe.claim(id, Effect.void)
    return yield* Effect.promise(() => whereIs(looks, "lease", id, `seen:${id}`))
  })

type Cases = Record<string, Case>

interface Made {
  readonly cases: Cases
  readonly close: () => Promise<void>
}

const both = async <A>(make: (tenant: Tenant) => Promise<A>) => ({ a: await make("a"), b: await make("b") })

/** Cases over SQL databases. */
const sqlCases = (
  store: string,
  database: (tenant: Tenant) => Layer.Layer<SqlClient.SqlClient, unknown>,
  looks: Readonly<Record<Tenant, Look>>
): Cases => ({
  [`@aywa-ai/runtime-sdk/inbox WebhookInbox.layerSql${store}`]: overProvided(
    () => WebhookInbox.layerSql({ ...quick, name: "shared" }),
    database,
    inboxOf(looks, "shared")
  ),
  [`@aywa-ai/runtime-sdk/inbox WebhookDedupe.layerSql${store}`]: overProvided(
    () => WebhookDedupe.layerSql,
    database,
    dedupeOf(looks)
  )
})

export const sqliteCases = async (): Promise<Made> => {
  const made = await both(() => makePlace("sqlite"))
  const fileOf = (tenant: Tenant) => {
    const { place } = made[tenant]
    return place.kind === "sqlite" ? place.file : ""
  }
  const look =
    (tenant: Tenant): Look =>
    async (id, lease) => {
      using database = new DatabaseSync(fileOf(tenant), { timeout: 10_000 })
      const has = (sql: string, value: string) => database.prepare(sql).get(value) !== undefined
      const known = (table: string, sql: string, value: string) =>
        has("SELECT 1 FROM sqlite_master WHERE name = ?", table) && has(sql, value)
      const inbox = (where: string) =>
        known("aywa_inbox_deliveries", `SELECT 1 FROM aywa_inbox_deliveries WHERE id = ? AND ${where}`, id)
      return {
        queue: inbox("true"),
        parked: inbox("state = 'parked'"),
        lease:
          inbox("lock IS NOT NULL") ||
          known("aywa_inbox_leases", "SELECT 1 FROM aywa_inbox_leases WHERE name = ?", lease)
      }
    }
  const opened = (tenant: Tenant) => NodeSqlite.layer(fileOf(tenant))
  return {
    cases: {
      ...sqlCases("", opened, { a: look("a"), b: look("b") }),
      "@aywa-ai/runtime-sdk/inbox NodeSqlite.layer": perTenant(
        opened,
        Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          const rows = yield* sql<{ readonly file: string }>`SELECT file FROM pragma_database_list`
          return tenants.find((tenant) => fileOf(tenant) === rows[0]?.file) ?? "neither"
        })
      )
    },
    close: async () => {
      await Promise.all([made.a.remove(), made.b.remove()])
    }
  }
}

export const postgresCases = async (): Promise<Made> => {
  const made = await both(() => makePlace("postgres"))
  const urlOf = (tenant: Tenant) => {
    const { place } = made[tenant]
    return place.kind === "postgres" ? place.url : ""
  }
  const clients = await both(async (tenant) => {
    const client = new Client({ connectionString: urlOf(tenant) })
    await client.connect()
    return client
  })
  const look =
    (tenant: Tenant): Look =>
    async (id, lease) => {
      const has = async (sql: string, value: string) => (await clients[tenant].query(sql, [value])).rowCount === 1
      const known = async (table: string, sql: string, value: string) =>
        (await has("SELECT 1 FROM pg_tables WHERE tablename = $1", table)) && (await has(sql, value))
      const inbox = (where: string) =>
        known("aywa_inbox_deliveries", `SELECT 1 FROM aywa_inbox_deliveries WHERE id = $1 AND ${where}`, id)
      return {
        queue: await inbox("true"),
        parked: await inbox("state = 'parked'"),
        lease:
          (await inbox("lock IS NOT NULL")) ||
          (await known("aywa_inbox_leases", "SELECT 1 FROM aywa_inbox_leases WHERE name = $1", lease))
      }
    }
  const opened = (tenant: Tenant) => PgClient.layer({ url: Redacted.make(urlOf(tenant)), maxConnections: 3 })
  return {
    cases: sqlCases(" over PostgreSQL", opened, { a: look("a"), b: look("b") }),
    close: async () => {
      await Promise.all([clients.a.end(), clients.b.end()])
      await Promise.all([made.a.remove(), made.b.remove()])
    }
  }
}

type RedisClient = Awaited<ReturnType<typeof openRedis>>
const openRedis = (url: string) => createClient({ url }).connect()

export const redisCases = async (): Promise<Made> => {
  // Two databases of one server, and one prefix in both: what goes to the wrong one is seen.
  const prefix = `{aywa-layers-${randomUUID().slice(0, 8)}}:`
  const urls = { a: "redis://127.0.0.1:6379/0", b: "redis://127.0.0.1:6379/1" }
  const clients = await both((tenant) => openRedis(urls[tenant]))
  const look =
    (tenant: Tenant): Look =>
    async (id, lease) => {
      const client = clients[tenant]
      const [stored, parked, held, leased] = await Promise.all([
        client.hExists(`${prefix}shared/data`, id),
        client.zScore(`${prefix}shared/parked`, id),
        client.hExists(`${prefix}shared/locks`, id),
        client.exists(`${prefix}lease:${lease}`)
      ])
      return { queue: stored === 1, parked: parked !== null, lease: held === 1 || leased === 1 }
    }
  const opened = (tenant: Tenant) => NodeRedis.layer({ url: urls[tenant] })
  const looks = { a: look("a"), b: look("b") }
  return {
    cases: {
      "@aywa-ai/runtime-sdk/inbox WebhookInbox.layerRedis": overProvided(
        () => WebhookInbox.layerRedis({ ...quick, name: "shared", prefix }),
        opened,
        inboxOf(looks, "shared")
      ),
      "@aywa-ai/runtime-sdk/inbox WebhookDedupe.layerRedis": overProvided(
        () => WebhookDedupe.layerRedis(prefix),
        opened,
        dedupeOf(looks)
      )
    },
    close: async () => {
      for (const tenant of tenants) {
        const keys = await keysOf(clients[tenant], prefix)
        if (keys.length > 0) await clients[tenant].del(keys)
        await clients[tenant].close()
      }
    }
  }
}

const keysOf = async (client: RedisClient, prefix: string): Promise<Array<string>> => {
  const found: Array<string> = []
  for await (const keys of client.scanIterator({ MATCH: `${prefix}*`, COUNT: 1000 })) found.push(...keys)
  return found
}

const memoryId = "evt-of-both"

/** In memory a tenant has nothing to look into: an id that `a` handled must be new to `b`, whose options are others. */
export const memoryCases = (): Cases => ({
  "@aywa-ai/runtime-sdk/inbox WebhookInbox.layerMemory": perTenant(
    (tenant) => WebhookInbox.layerMemory({ ...quick, maxAttempts: tenant === "a" ? 1 : 2 }),
    Effect.gen(function* () {
      const inbox = yield* WebhookInbox.WebhookInbox
      const before = yield* inbox.parked()
      yield* inbox.offer(delivery(memoryId))
      const parked = Effect.map(inbox.parked(), (all) => all.length === 1)
      yield* Effect.raceFirst(
        until(parked, "the delivery is parked", 5000),
        inbox.run(() => Effect.fail("parked"))
      )
      const attempts = before.length > 0 ? before[0]?.attempts : (yield* inbox.parked())[0]?.attempts
      return attempts === 1 ? "a" : "b"
    })
  )
})
