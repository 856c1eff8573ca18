/**
 * Connections to Redis that die without a word: nothing comes back any more, and TCP alone would say so after a quarter of
 * an hour. Who waits too long for an answer gives the connection up, and the client makes another one.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Redis from "effect/persistence/Redis"
import type * as Scope from "effect/Scope"
import { InboxError } from "./model.ts"

/** As much of the client of `redis` as is used. */
interface Client {
  readonly isOpen: boolean
  readonly isReady: boolean
  /** Ends it; what it was asked and has not answered fails. */
  destroy(): void
  connect(): Promise<unknown>
}

/** What `NodeRedis.layer` gives beside `Redis`, by its name: its package is not ours to import. */
const NodeRedis = Context.Reference<unknown>("@effect/platform-node/NodeRedis", { defaultValue: () => undefined })

const isClient = (client: unknown): client is Client =>
  typeof client === "object" &&
  client !== null &&
  "isOpen" in client &&
  "isReady" in client &&
  ["destroy", "connect"].every((name) => typeof Reflect.get(client, name) === "function")

/** Longer than a client waits before it tries again by itself: until then it may not have seen that it was ended. */
const pauseMillis = 3000

interface Renewal {
  /** How often it was done. */
  count: number
  isPausing: boolean
}

/** Inboxes may share a client: what one has done the other does not do again. */
const renewals = new WeakMap<Client, Renewal>()

const renewalOf = (client: Client): Renewal => {
  const renewal = renewals.get(client) ?? { count: 0, isPausing: false }
  renewals.set(client, renewal)
  return renewal
}

/** Makes another connection, unless that was done since a command was sent. */
const renew = (client: Client, before: number, scope: Scope.Scope): Effect.Effect<unknown> =>
  Effect.suspend(() => {
    const renewal = renewalOf(client)
    if (before !== renewal.count || renewal.isPausing) return Effect.void
    renewal.count++
    const connect = Effect.sync(() => {
      // Who does not get one says so at the next command.
      if (!client.isOpen) client.connect().catch(() => undefined)
    })
    // It was about to connect, and nobody answered that either.
    renewal.isPausing = client.isOpen && !client.isReady
    if (client.isOpen) client.destroy()
    if (!renewal.isPausing) return connect
    const pause = Effect.ensuring(
      Effect.sleep(pauseMillis),
      Effect.sync(() => {
        renewal.isPausing = false
      })
    )
    return Effect.forkIn(Effect.andThen(pause, connect), scope)
  })

/** How an inbox asks its Redis. */
export type Ask = <A>(doing: string, command: Effect.Effect<A, Redis.RedisError>) => Effect.Effect<A, InboxError>

/** Gives what ends a command that goes without an answer for so long, and sees to another connection. */
export const makeAsk = Effect.fnUntraced(function* (millis: number) {
  const service = yield* NodeRedis
  const scope = yield* Effect.scope
  const found: unknown = Object(service).client
  const client = isClient(found) ? found : undefined
  const late = (doing: string) =>
    Effect.fail(new InboxError(doing, new Error(`No answer within ${Math.round(millis / 1000)} s`)))
  const ask: Ask = (doing, command) =>
    Effect.suspend(() => {
      const failing = Effect.mapError(command, ({ cause }) => new InboxError(doing, cause))
      if (client === undefined) return Effect.timeoutOrElse(failing, { duration: millis, orElse: () => late(doing) })
      const again = renew(client, renewalOf(client).count, scope)
      return failing.pipe(
        // It gave up by itself.
        Effect.tapError(() => (client.isOpen ? Effect.void : again)),
        Effect.timeoutOrElse({ duration: millis, orElse: () => Effect.andThen(again, late(doing)) })
      )
    })
  return ask
})
