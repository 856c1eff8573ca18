/**
 * The store in Redis. All keys share the prefix, which is also their hash tag: they live in one slot of a cluster.
 */
import * as Effect from "effect/Effect"
import * as Redis from "effect/persistence/Redis"
import { InboxError, type Parked } from "./model.ts"
import type { Store } from "./Store.ts"

// A newer parking of the same delivery stays: only the record that was read is removed.
const unparkScript = Redis.script((...args: [key: string, id: string, record: string]) => args, {
  numberOfKeys: 1,
  lua: `if redis.call("HGET", KEYS[1], ARGV[1]) == ARGV[2] then redis.call("HDEL", KEYS[1], ARGV[1]) end`
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

/** Makes the store. */
export const makeRedis = Effect.fnUntraced(function* (prefix: string, inbox = "webhooks") {
  const redis = yield* Redis.Redis
  const key = `${prefix}${inbox}:parked`
  const failing = (doing: string) => Effect.mapError((cause: Redis.RedisError) => new InboxError(doing, cause))
  const read = (text: string): Parked => JSON.parse(text) as Parked // Written by `park` below.
  const unpark = redis.eval(unparkScript)
  const lease = redis.eval(leaseScript)
  const release = redis.eval(releaseScript)
  const store: Store = {
    park: (one) =>
      Effect.asVoid(redis.send("HSET", key, one.id, JSON.stringify(one))).pipe(failing("parking a delivery")),
    parked: (limit) =>
      redis.send<ReadonlyArray<string>>("HVALS", key).pipe(
        Effect.map((values) =>
          values
            .map(read)
            .toSorted((a, b) => a.parkedAt - b.parkedAt)
            .slice(0, limit)
        ),
        failing("listing what is parked")
      ),
    find: (id) =>
      redis.send<string | null>("HGET", key, id).pipe(
        Effect.map((text) => (text === null ? undefined : read(text))),
        failing("looking for a parked delivery")
      ),
    unpark: (one) =>
      Effect.asVoid(unpark(key, one.id, JSON.stringify(one))).pipe(failing("removing a parked delivery")),
    lease: (name, owner, millis) =>
      lease(`${prefix}lease:${name}`, owner, Math.ceil(millis)).pipe(
        Effect.map((taken) => taken === 1),
        failing("taking a lease")
      ),
    release: (name, owner) =>
      Effect.asVoid(release(`${prefix}lease:${name}`, owner)).pipe(failing("giving up a lease")),
    sweep: Effect.void // Redis does.
  }
  return store
})
