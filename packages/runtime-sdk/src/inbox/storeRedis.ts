/**
 * The store in Redis, through the scripts beside it.
 */
import * as Effect from "effect/Effect"
import * as Redis from "effect/persistence/Redis"
import * as Queue from "effect/Queue"
import { beyond, type Limit, redisDefault, redisLimit } from "./limits.ts"
import { type Delivery, InboxError, type LineStats, type Parked, storing } from "./model.ts"
import { keyOf, partitionOf } from "./names.ts"
import { patienceOf, type Settings } from "./options.ts"
import * as scripts from "./scriptsRedis.ts"
import { makeAsk } from "./silence.ts"
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
  const patience = patienceOf(settings)
  const ask = yield* makeAsk(patience)
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
  const [probe, parked, requeue, discard, forget, stats, sweep] = [
    redis.eval(scripts.probe),
    redis.eval(scripts.parked),
    redis.eval(scripts.requeue),
    redis.eval(scripts.discard),
    redis.eval(scripts.forget),
    redis.eval(scripts.stats),
    redis.eval(scripts.sweep)
  ] as const
  const scan = (cursor: string) =>
    redis.send<[string, ReadonlyArray<string>]>("HSCAN", `${base}data`, cursor, "COUNT", "200")

  const forgetAll = Effect.fnUntraced(function* (fits: (delivery: Delivery) => boolean) {
    const doing = "forgetting deliveries"
    let cursor = "0"
    let forgotten = 0
    do {
      const [next, page] = yield* ask(doing, scan(cursor))
      cursor = next
      const keys = page.filter((_, i) => i % 2 === 0 && fits(read(page[i + 1] ?? "{}")))
      if (keys.length > 0) forgotten += yield* ask(doing, forget(base, keys))
    } while (cursor !== "0")
    return forgotten
  })

  const putBack = Effect.fnUntraced(function* (id: string) {
    const doing = "putting a parked delivery back"
    const key = keyOf(id)
    const data = yield* ask(doing, redis.send<string | null>("HGET", `${base}data`, key))
    if (data === null) return false
    return (yield* ask(doing, requeue(base, key, lineOf(read(data).callId)))) === 1
  })

  const listen: Store["listen"] = Effect.fnUntraced(function* (wake, onState) {
    const doing = "listening for deliveries"
    const messages = yield* redis.subscribe(channel)
    let heard = 0
    const hear = Effect.forever(
      Effect.map(Queue.take(messages), ({ message }) => {
        heard++
        onState(true)
        // Whoever looks whether it hears something has stored nothing.
        if (message === "") wake()
      })
    )
    const look = Effect.gen(function* () {
      const before = heard
      yield* ask(doing, redis.send("PUBLISH", channel, globalThis.crypto.randomUUID()))
      yield* Effect.sleep(patience)
      if (heard === before) yield* Effect.fail(new InboxError(doing, new Error("Nothing is heard any more")))
      yield* Effect.sleep(patience)
    })
    return yield* Effect.raceFirst(
      Effect.mapError(hear, ({ cause }) => new InboxError(doing, cause)),
      Effect.forever(look)
    )
  })

  const store: Store = {
    refusal: (delivery) => beyond(delivery, limit, (one) => Buffer.byteLength(JSON.stringify(one))),
    offer: (list) =>
      ask(
        storing,
        Effect.asVoid(
          offer(
            base,
            list.flatMap((delivery) => [keyOf(delivery.id), lineOf(delivery.callId), JSON.stringify(delivery)])
          )
        )
      ),
    probe: ask(storing, Effect.asVoid(probe(base))),
    take: ({ max, lapsedBefore, handled }) =>
      Effect.suspend(() => {
        const lock = globalThis.crypto.randomUUID()
        const wish = [max, lapsedBefore, lockMillis, lock, lines] as const
        return Effect.map(ask("taking deliveries", take(base, wish, pairsOf(handled))), (reply) => {
          const claims: Array<Claim> = []
          for (let i = 2; i < reply.length; i += 4) {
            const [key = "", data = "{}", attempts, lapses] = reply.slice(i, i + 4)
            claims.push({ ...read(data), key, lock, attempts: Number(attempts), suspect: Number(lapses) > 0 })
          }
          return { claims, now: Number(reply[0]), next: reply[1] === "" ? Infinity : Number(reply[1]) }
        })
      }),
    extend: (claims) =>
      Effect.map(ask("renewing locks", extend(base, [lockMillis], pairsOf(claims))), (ids) => {
        const held = new Set(ids)
        return new Set(claims.filter(({ key }) => held.has(key)).map(({ lock, key }) => lock + key))
      }),
    begin: (claim) =>
      Effect.map(ask("beginning a delivery alone", begin(base, [], pairsOf([claim]))), (ids) => ids.length === 1),
    complete: (claims) => Effect.asVoid(ask("acknowledging deliveries", complete(base, [], pairsOf(claims)))),
    retry: (claim, millis) =>
      Effect.asVoid(
        ask("putting a delivery back", retry(base, [Math.ceil(millis), claim.attempts + 1], pairsOf([claim])))
      ),
    release: (claims) => Effect.asVoid(ask("giving deliveries back", release(base, [], pairsOf(claims)))),
    park: (claim, attempts, reason) =>
      Effect.asVoid(ask("parking a delivery", park(base, [attempts, reason], pairsOf([claim])))),
    parked: (limit, after) =>
      Effect.map(
        ask(
          "listing what is parked",
          parked(base, limit, after?.parkedAt ?? 0, after === undefined ? "" : keyOf(after.id))
        ),
        (reply) => {
          const page: Array<Parked> = []
          for (let i = 0; i < reply.length; i += 5) page.push(parkedOf(reply.slice(i, i + 5)))
          return page
        }
      ),
    requeue: putBack,
    discard: (id) => Effect.map(ask("removing a parked delivery", discard(base, keyOf(id))), (gone) => gone === 1),
    forget: forgetAll,
    stats: Effect.map(ask("counting deliveries", stats(base, lines)), statsOf),
    sweep: (rememberMillis) =>
      ask("sweeping ids", sweep(base, rememberMillis, 2 * Math.max(lockMillis, settings.backoffMillis, 300_000))),
    listen
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
