/**
 * Settings of a Redis server that the inbox's promises depend on.
 */
import * as Effect from "effect/Effect"
import * as Redis from "effect/persistence/Redis"
import { redisDefault, redisLimit } from "./limits.ts"
import { InboxError } from "./model.ts"
import type { Settings } from "./options.ts"
import { type Finding, refuse, warn } from "./report.ts"

/**
 * Refuses a server that would lose deliveries: a replica, and one that drops any key when its memory is full. Warns
 * of what weakens the inbox, and gives what it takes.
 */
export const checkRedis = Effect.fnUntraced(function* (prefix: string, channel?: string) {
  const redis = yield* Redis.Redis
  const isFull = yield* redis.send("SET", `${prefix}opening`, "", "PX", "1000").pipe(
    Effect.as(false),
    Effect.catch(({ cause }): Effect.Effect<boolean, InboxError> => {
      if (String(cause).includes("READONLY")) return refuse("Redis", replica)
      // Workers that begin now make room.
      if (/\bOOM\b/.test(String(cause))) return Effect.succeed(true)
      return Effect.fail(new InboxError("writing a first key", cause))
    })
  )
  const info = yield* read(redis, parseInfo, "INFO")
  // A replica that takes writes drops them when it copies its primary again.
  if (/^(slave|replica)$/.test(info?.get("role") ?? "")) return yield* refuse("Redis", replica)
  const setting = (name: string) => read(redis, (reply) => valueOf(reply, name), "CONFIG", "GET", name)
  const policy = (yield* setting("maxmemory-policy")) ?? info?.get("maxmemory_policy")
  if (policy?.startsWith("allkeys-")) return yield* refuse("Redis", evictsAll(policy))
  const fsync = yield* setting("appendfsync")
  const appendOnly = (yield* setting("appendonly")) ?? onOff(info?.get("aof_enabled"))
  const isHeard = channel === undefined || (yield* read(redis, () => true, "PUBLISH", channel, "")) !== undefined
  const findings: ReadonlyArray<Finding | undefined> = [
    isFull ? full : undefined,
    isHeard ? undefined : notHeard(channel),
    policy?.startsWith("volatile-") ? evictsExpiring(policy) : undefined,
    appendOnly === "no" ? noAppendOnly : undefined,
    appendOnly === "yes" && fsync === "no" ? noFsync : undefined,
    fsync === undefined ? notReadable(policy, appendOnly) : undefined
  ]
  yield* warn(
    "Redis",
    findings.filter((finding) => finding !== undefined)
  )
  return redisLimit(Number(yield* setting("proto-max-bulk-len")) || redisDefault)
})

/** What a command says; `undefined` where the server forbids it or does not have it. */
const read = <A>(
  redis: Redis.Redis["Service"],
  parse: (reply: unknown) => A | undefined,
  command: string,
  ...args: ReadonlyArray<string>
): Effect.Effect<A | undefined, InboxError> =>
  redis.send(command, ...args).pipe(
    Effect.map(parse),
    Effect.catch((error) =>
      /\b(ERR|NOPERM) /.test(String(error.cause))
        ? Effect.succeed(undefined)
        : Effect.fail(new InboxError("reading the server's settings", error.cause))
    )
  )

const parseInfo = (reply: unknown): ReadonlyMap<string, string> =>
  new Map(
    String(reply)
      .split(/\r?\n/)
      .map((line): [string, string] => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)])
  )

/** Name and value; clients that speak RESP3 give a map of them. */
const valueOf = (reply: unknown, name: string): string | undefined => {
  const value: unknown = Array.isArray(reply)
    ? reply[1]
    : reply instanceof Map
      ? reply.get(name)
      : Object.entries(reply ?? {}).find(([key]) => key === name)?.[1]
  return value === undefined ? undefined : String(value)
}

/** Refuses where version 0.1.0 left deliveries: nobody would handle them. */
export const refuseOlder = Effect.fnUntraced(function* (prefix: string, { name, lines }: Settings) {
  const redis = yield* Redis.Redis
  const queues = [name, ...Array.from({ length: lines }, (_, line) => `${name}:${line}`)].map((one) => prefix + one)
  const keys = [...queues.flatMap((key) => [key, `${key}:pending`, `${key}:delayed`]), `${prefix}${name}:parked`]
  const count = yield* Effect.mapError(
    redis.send<number>("EXISTS", ...keys),
    ({ cause }) => new InboxError("looking for deliveries of an older version", cause)
  )
  if (Number(count) > 0) yield* refuse("Redis", olderVersion(keys))
})

const olderVersion = (keys: ReadonlyArray<string>): Finding => ({
  setting: `Version 0.1.0 has left deliveries under ${keys[0]}`,
  effect: "they would not be handled",
  remedy:
    "Stop its intake and let its workers go on until nothing waits there, and put back or remove what it parked; then open again"
})

const onOff = (flag: string | undefined) => (flag === "1" ? "yes" : flag === "0" ? "no" : undefined)

const set = (name: string, value: string) =>
  `Run CONFIG SET ${name} ${value}, and write "${name} ${value}" into redis.conf so that it stays`

const replica: Finding = {
  setting: "It is a replica",
  effect: "nothing that is written there is kept",
  remedy: "Give the inbox the address of the primary"
}

const full: Finding = {
  setting: "its memory is full (maxmemory)",
  effect: "offers fail until workers have handled what waits",
  remedy: "Raise maxmemory, or let workers go on"
}

const evictsAll = (policy: string): Finding => ({
  setting: `maxmemory-policy is ${policy}`,
  effect: "when its memory is full, it drops deliveries that were acknowledged",
  remedy: set("maxmemory-policy", "noeviction")
})

const evictsExpiring = (policy: string): Finding => ({
  setting: `maxmemory-policy is ${policy}`,
  effect: "when its memory is full, it drops locks, leases and claims, and a delivery may run twice or out of order",
  remedy: set("maxmemory-policy", "noeviction")
})

const notHeard = (channel: string): Finding => ({
  setting: `this user may not PUBLISH to ${channel}`,
  effect: "workers of other processes, which listen there, find what is stored here after seconds only",
  remedy: `Allow it (ACL SETUSER <user> +publish &${channel})`
})

const noAppendOnly: Finding = {
  setting: "appendonly is no",
  effect: "when it stops, deliveries that were acknowledged since its last snapshot are lost",
  remedy: set("appendonly", "yes")
}

const noFsync: Finding = {
  setting: "appendfsync is no",
  effect: "when its machine stops, the deliveries of up to half a minute are lost",
  remedy: set("appendfsync", "everysec")
}

const notReadable = (policy: string | undefined, appendOnly: string | undefined): Finding => {
  const unknown = [
    ...(policy === undefined ? ["maxmemory-policy"] : []),
    ...(appendOnly === undefined ? ["appendonly"] : []),
    "appendfsync"
  ]
  return {
    setting: `CONFIG GET does not tell ${unknown.join(", ")}`,
    effect: "it is forbidden here, so nobody has checked them",
    remedy: "See to it that maxmemory-policy is noeviction, appendonly yes and appendfsync everysec or always"
  }
}
