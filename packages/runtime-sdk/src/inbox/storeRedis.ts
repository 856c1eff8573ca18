/**
 * The store in Redis, through the scripts beside it.
 */
import * as Effect from "effect/Effect"
import * as Redis from "effect/persistence/Redis"
import * as Queue from "effect/Queue"
import { beyond, type Limit, redisDefault, redisLimit } from "./limits.ts"
import { type Delivery, InboxError, type LineStats, type Parked, storing } from "./model.ts"
import { keyOf, partitionOf } from "./names.ts"
import type { Settings } from "./options.ts"
import * as scripts from "./scriptsRedis.ts"
import type { Claim, Store } from "./Store.ts"

/** A delivery as its text in `data`. */
const read = (text: string): Delivery => JSON.parse(text) as Delivery // Written by `offer` below.

const pairsOf = (claims: ReadonlyArray<Claim>): ReadonlyArray<string> => claims.flatMap(({ key, lock }) => [key, lock])

/** Where an inbox's keys begin. */
export const baseOf = (prefix: string, name: string): string => `${prefix}${name}/`

/** Where it is told that there is something to take. */
export const channelOf = (prefix: string, name: string): string => `${baseOf(prefix, name)}stored`

/** Makes the store. */
export const makeRedis = Effect.fnUntraced(function* (
  prefix: string,
  settings: Settings,
  limit: Limit = redisLimit(redisDefault)
) {
  const redis = yield* Redis.Redis
  const { name, lines, lockMillis } = settings
  const base = baseOf(prefix, name)
  const channel = channelOf(prefix, name)
  const failing = (doing: string) => Effect.mapError(({ cause }: Redis.RedisError) => new InboxError(doing, cause))
  const lineOf = (callId: string | undefined) => (lines === 0 ? "" : String(partitionOf(callId, lines)))
  const [offer, take, extend, begin, complete, release, retry, park] = [
    redis.eval(scripts.offer),
    redis.eval(scripts.take),
    redis.eval(scripts.extend),
    redis.eval(scripts.begin),
    redis.eval(scripts.complete),
    redis.eval(scripts.release),
    redis.eval(scripts.retry),
    redis.eval(scripts.park)
  ] as const
  const [parked, requeue, discard, forget, stats, sweep] = [
    redis.eval(scripts.parked),
    redis.eval(scripts.requeue),
    redis.eval(scripts.discard),
    redis.eval(scripts.forget),
    redis.eval(scripts.stats),
    redis.eval(scripts.sweep)
  ] as const
  const dataOf = (id: string) => redis.send<string | null>("HGET", `${base}data`, id)

  const forgetAll = Effect.fnUntraced(function* (fits: (delivery: Delivery) => boolean) {
    let cursor = "0"
    let forgotten = 0
    do {
      const [next, page] = yield* redis.send<[string, ReadonlyArray<string>]>(
        "HSCAN",
        `${base}data`,
        cursor,
        "COUNT",
        "200"
      )
      cursor = next
      const keys = page.filter((_, i) => i % 2 === 0 && fits(read(page[i + 1] ?? "{}")))
      if (keys.length > 0) forgotten += yield* forget(base, keys)
    } while (cursor !== "0")
    return forgotten
  })

  const store: Store = {
    refusal: (delivery) => beyond(delivery, limit, (one) => Buffer.byteLength(JSON.stringify(one))),
    offer: (list) =>
      offer(
        base,
        list.flatMap((delivery) => [keyOf(delivery.id), lineOf(delivery.callId), JSON.stringify(delivery)])
      ).pipe(Effect.asVoid, failing(storing)),
    take: ({ max, lapsedBefore, handled }) =>
      Effect.suspend(() => {
        const lock = globalThis.crypto.randomUUID()
        const wish = [max, lapsedBefore, lockMillis, lock, lines] as const
        return Effect.map(take(base, wish, pairsOf(handled)), (reply) => {
          const claims: Array<Claim> = []
          for (let i = 2; i < reply.length; i += 4) {
            const [key = "", data = "{}", attempts, lapses] = reply.slice(i, i + 4)
            claims.push({ ...read(data), key, lock, attempts: Number(attempts), suspect: Number(lapses) > 0 })
          }
          return { claims, now: Number(reply[0]), next: reply[1] === "" ? Infinity : Number(reply[1]) }
        })
      }).pipe(failing("taking deliveries")),
    extend: (claims) =>
      Effect.map(extend(base, [lockMillis], pairsOf(claims)), (ids) => {
        const held = new Set(ids)
        return new Set(claims.filter(({ key }) => held.has(key)).map(({ lock, key }) => lock + key))
      }).pipe(failing("renewing locks")),
    begin: (claim) =>
      Effect.map(begin(base, [], pairsOf([claim])), (ids) => ids.length === 1).pipe(
        failing("beginning a delivery alone")
      ),
    complete: (claims) => Effect.asVoid(complete(base, [], pairsOf(claims))).pipe(failing("acknowledging deliveries")),
    retry: (claim, millis) =>
      Effect.asVoid(retry(base, [Math.ceil(millis), claim.attempts + 1], pairsOf([claim]))).pipe(
        failing("putting a delivery back")
      ),
    release: (claims) => Effect.asVoid(release(base, [], pairsOf(claims))).pipe(failing("giving deliveries back")),
    park: (claim, attempts, reason) =>
      Effect.asVoid(park(base, [attempts, reason], pairsOf([claim]))).pipe(failing("parking a delivery")),
    parked: (limit, after) =>
      Effect.map(parked(base, limit, after?.parkedAt ?? 0, after === undefined ? "" : keyOf(after.id)), (reply) => {
        const page: Array<Parked> = []
        for (let i = 0; i < reply.length; i += 5) page.push(parkedOf(reply.slice(i, i + 5)))
        return page
      }).pipe(failing("listing what is parked")),
    requeue: (id) =>
      Effect.gen(function* () {
        const key = keyOf(id)
        const data = yield* dataOf(key)
        if (data === null) return false
        return (yield* requeue(base, key, lineOf(read(data).callId))) === 1
      }).pipe(failing("putting a parked delivery back")),
    discard: (id) =>
      Effect.map(discard(base, keyOf(id)), (gone) => gone === 1).pipe(failing("removing a parked delivery")),
    forget: (fits) => forgetAll(fits).pipe(failing("forgetting deliveries")),
    stats: Effect.map(stats(base, lines), statsOf).pipe(failing("counting deliveries")),
    sweep: (rememberMillis) =>
      sweep(base, rememberMillis, 2 * Math.max(lockMillis, settings.backoffMillis, 300_000)).pipe(
        failing("sweeping ids")
      ),
    listen: (wake, onState) =>
      Effect.gen(function* () {
        const messages = yield* redis.subscribe(channel)
        // A first message says that the subscription stands.
        yield* redis.send("PUBLISH", channel, "")
        while (true) {
          yield* Queue.take(messages)
          onState(true)
          wake()
        }
      }).pipe(failing("listening for deliveries"))
  }
  return store
})

const parkedOf = ([, time = "0", data = "{}", reason = "0 ", requeued = "0"]: ReadonlyArray<string>): Parked => {
  const space = reason.indexOf(" ")
  return {
    ...read(data),
    attempts: Number(reason.slice(0, space)),
    reason: reason.slice(space + 1),
    parkedAt: Number(time),
    requeued: Number(requeued)
  }
}

const statsOf = (reply: ReadonlyArray<string>) => {
  const [waiting, inFlight, retrying, maxAttempts, oldestAgeMillis, parked, handledLastMinute] = reply.map(Number)
  const lines: Array<LineStats> = []
  for (let i = 7; i < reply.length; i += 3) {
    lines.push({ line: Number(reply[i]), waiting: Number(reply[i + 1]), lagMillis: Number(reply[i + 2]) })
  }
  return {
    waiting: waiting ?? 0,
    inFlight: inFlight ?? 0,
    retrying: retrying ?? 0,
    maxAttempts: maxAttempts ?? 0,
    oldestAgeMillis: oldestAgeMillis ?? 0,
    parked: parked ?? 0,
    handledLastMinute: handledLastMinute ?? 0,
    lines
  }
}
