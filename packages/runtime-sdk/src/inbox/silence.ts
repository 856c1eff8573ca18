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

/** Gives what replaces the connection, and how often that was done. */
const renewalOf = (client: Client | undefined, scope: Scope.Scope) => {
  let count = 0
  const connect = Effect.sync(() => {
    // Who does not get one says so at the next command.
    if (client?.isOpen === false) client.connect().catch(() => undefined)
  })
  return {
    count: () => count,
    /** The client gave up by itself. */
    isClosed: () => client?.isOpen === false,
    /** Unless it was done since the command was sent. */
    renew: (before: number): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (client === undefined || before !== count) return Effect.void
        count++
        const { isOpen, isReady } = client
        if (isOpen) client.destroy()
        // It was about to connect, and the other side does not answer that either.
        const isBusy = isOpen && !isReady
        return isBusy ? Effect.forkIn(Effect.andThen(Effect.sleep(pauseMillis), connect), scope) : connect
      })
  }
}

/** How an inbox asks its Redis. */
export type Ask = <A>(doing: string, command: Effect.Effect<A, Redis.RedisError>) => Effect.Effect<A, InboxError>

/** Gives what ends a command that goes without an answer for so long, and sees to another connection. */
export const makeAsk = Effect.fnUntraced(function* (millis: number) {
  const service = yield* NodeRedis
  const client: unknown = Object(service).client
  const { count, isClosed, renew } = renewalOf(isClient(client) ? client : undefined, yield* Effect.scope)
  const late = (doing: string) => new InboxError(doing, new Error(`No answer within ${Math.round(millis / 1000)} s`))
  const ask: Ask = (doing, command) =>
    Effect.suspend(() => {
      const before = count()
      return command.pipe(
        Effect.mapError(({ cause }) => new InboxError(doing, cause)),
        Effect.tapError(() => (isClosed() ? renew(before) : Effect.void)),
        Effect.timeoutOrElse({
          duration: millis,
          orElse: () => Effect.andThen(renew(before), Effect.fail(late(doing)))
        })
      )
    })
  return ask
})
