/**
 * Leases: what one owner has at a time, until it ends.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redis from "effect/persistence/Redis"
import type * as Scope from "effect/Scope"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { InboxError } from "./model.ts"
import { makeAsk } from "./silence.ts"
import { type Dialect, nowOf } from "./tables.ts"

/** Leases in one database; times are the database's. */
export interface Leases {
  /** Takes or renews a lease; `false` while another owner has it. */
  readonly lease: (name: string, owner: string, millis: number) => Effect.Effect<boolean, InboxError>
  readonly release: (name: string, owner: string) => Effect.Effect<void, InboxError>
  /** Removes what is left of leases that ended. */
  readonly sweep: Effect.Effect<void, InboxError>
}

/** In the memory of one process. */
export const leasesMemory: Effect.Effect<Leases> = Effect.sync(() => {
  const leases = new Map<string, { readonly owner: string; readonly until: number }>()
  return {
    lease: (name, owner, millis) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const held = leases.get(name)
        if (held !== undefined && held.owner !== owner && held.until > now) return false
        leases.set(name, { owner, until: now + millis })
        return true
      }),
    release: (name, owner) =>
      Effect.sync(() => {
        if (leases.get(name)?.owner === owner) leases.delete(name)
      }),
    sweep: Effect.map(Clock.currentTimeMillis, (now) => {
      for (const [name, { until }] of leases) if (until <= now) leases.delete(name)
    })
  }
})

/** In a table that is there. */
export const leasesSql = (name: string): Effect.Effect<Leases, never, SqlClient.SqlClient> =>
  Effect.map(SqlClient.SqlClient, (client) => {
    const sql = client.withoutTransforms()
    const table = sql.literal(name)
    const now = sql.literal(
      nowOf(sql.onDialectOrElse({ pg: (): Dialect => "postgres", orElse: (): Dialect => "sqlite" }))
    )
    const failing = (doing: string) => Effect.mapError((cause: SqlError) => new InboxError(doing, cause))
    return {
      lease: (name, owner, millis) =>
        sql`INSERT INTO ${table} AS held (name, owner, until_ms) VALUES (${name}, ${owner}, ${now} + ${Math.ceil(millis)})
          ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until_ms = excluded.until_ms
          WHERE held.owner = excluded.owner OR held.until_ms <= ${now}
          RETURNING name`.unprepared.pipe(
          Effect.map((rows) => rows.length === 1),
          failing("taking a lease")
        ),
      release: (name, owner) =>
        Effect.asVoid(sql`DELETE FROM ${table} WHERE name = ${name} AND owner = ${owner}`.unprepared).pipe(
          failing("giving up a lease")
        ),
      sweep: Effect.asVoid(sql`DELETE FROM ${table} WHERE until_ms <= ${now}`.unprepared).pipe(
        failing("sweeping leases")
      )
    }
  })

const leaseScript = Redis.script((...args: [key: string, owner: string, millis: number]) => args, {
  numberOfKeys: 1,
  lua: `
local owner = redis.call("GET", KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
return 1
`
}).withReturnType<number>()

const releaseScript = Redis.script((...args: [key: string, owner: string]) => args, {
  numberOfKeys: 1,
  lua: `if redis.call("GET", KEYS[1]) == ARGV[1] then redis.call("DEL", KEYS[1]) end`
})

/** Milliseconds without an answer after which a connection is given up. */
const patience = 30_000

/** In Redis. */
export const leasesRedis = (prefix: string): Effect.Effect<Leases, never, Redis.Redis | Scope.Scope> =>
  Effect.gen(function* () {
    const redis = yield* Redis.Redis
    const ask = yield* makeAsk(patience)
    const lease = redis.eval(leaseScript)
    const release = redis.eval(releaseScript)
    return {
      lease: (name, owner, millis) =>
        Effect.map(
          ask("taking a lease", lease(`${prefix}lease:${name}`, owner, Math.ceil(millis))),
          (count) => count === 1
        ),
      release: (name, owner) => ask("giving up a lease", Effect.asVoid(release(`${prefix}lease:${name}`, owner))),
      sweep: Effect.void // Redis does.
    }
  })
